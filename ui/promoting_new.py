"""Planning a release: what goes live, and how that is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from storage.access import allowed
from storage.errors import InvalidInput
from storage.model.courses import CourseEntry
from storage.model.people import Can
from storage.model.promotion import Scope
from storage.model.releases import Release
from storage.promotion.wanting import scope_of
from ui import confirming, errors, promoting, promoting_stored, promoting_undo
from ui.confirming import count
from ui.promoting import Scene
from ui.promoting_keys import keys_of
from ui.promoting_view import KINDS
from ui.recent import recent
from ui.text import plain_markdown, visible

_KEYS = "promoting:keys"  # of a selection made elsewhere, for the list
_MANIFEST = "manifest"  # the kind that a project with courses has
_TEXT_MAX = 60_000_000  # characters of a list: 200,000 keys
_PLAN_MAX_MB = 200  # a plan of 200,000 rows has 100 MB

Plan = Callable[[str, bool, bool], Release]
"""Of a note, whether to compare deeply, and whether by inventories."""


def hand_over(project: str, keys: Sequence[str]) -> None:
    """Fills the project's list with these keys when the page is next shown."""
    st.session_state[_slot(project)] = "\n".join(keys)


def _slot(project: str, selection: str = "") -> str:
    return f"{_KEYS}:{project}:{selection}"


def show(scene: Scene) -> None:
    """The form. What it makes is a release, which opens."""
    if not scene.may(Can.PROMOTE_PLAN):
        st.info(plain_markdown(scene.why_not("A release is planned", Can.PROMOTE_PLAN)))
        return
    st.markdown(f"From {promoting.live(scene.source)} to {promoting.live(scene.target)}")
    with st.container(border=True, key="promoting:new"):
        kind = _choose_kind(scene)
        draw = {"course": _courses, "prefix": _folder, "keys": _keys, "file": _file}[kind]
        given, deep, stored = draw(scene), False, False
        make = _planned(scene, given) if isinstance(given, Scope) else given
        if kind != "file":
            stored = promoting_stored.choose(scene, given if isinstance(given, Scope) else None)
            deep = st.toggle(
                "Also compare type, metadata and tags of what is the same",
                key="promoting:deep",
                help="Asks for every object twice. Without it, only what is copied is asked for.",
            )
        note = confirming.note("promoting:note")
        pressed = st.button(
            "Make the plan", key="promoting:make", type="primary", disabled=make is None
        )
        st.caption("Planning writes nothing to a bucket.")
    if pressed and make is not None:
        with st.spinner("Comparing both buckets …", show_time=True):
            release = errors.tried(lambda: make(note, deep, stored))
        if release is not None:
            st.session_state.pop(_slot(scene.layout.name), None)
            promoting.go(scene.view.opened(release.id))
            st.rerun()


def _choose_kind(scene: Scene) -> str:
    view, state = scene.view, st.session_state
    kinds = [one for one in KINDS if one != "course" or _has_courses(scene)]
    named = [one for one in ("course", "prefix") if getattr(view, one)]
    handed = view.selection or _slot(view.project) in state
    usual = next((one for one in named if one in kinds), "keys" if handed else kinds[0])
    state["promoting:kind"] = view.kind if view.kind in kinds else usual
    chosen = st.segmented_control(
        "What goes live",
        kinds,
        key="promoting:kind",
        format_func=KINDS.__getitem__,
        required=True,
        on_change=lambda: promoting.go(view.with_(kind=state["promoting:kind"])),
    )
    return chosen or usual


def _has_courses(scene: Scene) -> bool:
    return any(kind.kind == _MANIFEST for kind in scene.layout.kinds)


def _planned(scene: Scene, scope: Scope) -> Plan:
    promotions = scene.services.promotions
    return lambda note, deep, stored: promotions.plan(
        scene.actor, scene.layout.name, scope, note=note, deep=deep, inventories=stored
    )


def _scope(kind: str, names: list[str]) -> Scope | None:
    """What is named; None where nothing is yet, or it cannot be, which is then said."""
    if not any(names):
        return None
    return errors.tried(partial(scope_of, kind, names))


# -- courses --------------------------------------------------------------------------------------


def _courses(scene: Scene) -> Scope | None:
    known = {one.course: one for one in _known(scene)}
    asked = [code for code in scene.view.course.split(",") if code]
    key = f"promoting:courses:{scene.view.course}"

    def named(code: str) -> str:
        found = known.get(code)
        return visible(f"{found.title} ({code})" if found and found.title else code)

    chosen = st.multiselect(
        "Courses",
        list(dict.fromkeys([*known, *asked])),
        default=asked,
        key=key,
        format_func=named,
        accept_new_options=True,
        placeholder="Choose courses, or type a code such as ita_for_eng",
        help="Everything that a course's manifest refers to, welcome and encouragements included.",
    )
    return _scope("course", [code.strip() for code in chosen])


def _known(scene: Scene) -> tuple[CourseEntry, ...]:
    role = next((one.roles[0] for one in scene.layout.kinds if one.kind == _MANIFEST), "")
    if not role or not allowed(scene.actor, Can.OBJECT_READ, scene.layout, role):
        return ()
    who, name = scene.actor, scene.layout.name
    found = errors.tried(
        lambda: recent("courses", (who, name), lambda: scene.services.manifests.courses(who, name))
    )
    return found or ()


# -- a folder -------------------------------------------------------------------------------------


def _folder(scene: Scene) -> Scope | None:
    prefix = st.text_input(
        "Everything below",
        scene.view.prefix,
        key=f"promoting:prefix:{scene.view.prefix}",
        placeholder="mastered/",
    )
    return _scope("prefix", [(prefix or "").strip().lstrip("/")])


# -- a list ---------------------------------------------------------------------------------------


def _keys(scene: Scene) -> Scope | None:
    state, slot = st.session_state, _slot(scene.layout.name, scene.view.selection)
    if slot not in state and scene.view.selection:
        state[slot] = _selected(scene)
    handed: str = state.get(slot, "")
    text = st.text_area(
        "Objects, one a line",
        handed,
        key=f"promoting:list:{handed[:60]}:{len(handed)}",
        height=160,
        placeholder="mastered/0A6CCA1E-A89B-5AB5-8CF5-829968D746FB.mp3",
    )
    file = st.file_uploader(
        "Or a file: one a line, or a CSV with a column “key”",
        type=["txt", "csv"],
        key="promoting:list-file",
    )
    given = text or ""
    if file is not None:
        try:
            given = file.getvalue().decode("utf-8-sig")
        except UnicodeDecodeError:
            errors.box(InvalidInput("This file is no text.", "Give keys, one a line, or a CSV."))
            return None
    if not given.strip():
        return None
    if len(given) > _TEXT_MAX:
        errors.box(InvalidInput("This list is too long.", "Make several plans."))
        return None
    keys = errors.tried(lambda: keys_of(given, scene.source.bucket))
    if keys is None:
        return None
    st.caption(plain_markdown(count(len(keys)) + (f", from {file.name}" if file else "")))
    return _scope("keys", list(keys))


def _selected(scene: Scene) -> str:
    """The keys of a selection that Listen keeps."""
    place = (scene.actor, scene.layout.name, scene.rules.source)
    found = errors.tried(lambda: scene.services.review.selections(*place))
    keys = next((one.keys for one in found or () if one.id == scene.view.selection), None)
    if keys is None:
        st.info("That selection is no longer there.")
    return "\n".join(keys or ())


# -- a plan that was saved ------------------------------------------------------------------------


def _file(scene: Scene) -> Plan | None:
    file = st.file_uploader(
        "A plan, as “Plan as JSON” saved it",
        type=["json"],
        key="promoting:plan-file",
        max_upload_size=_PLAN_MAX_MB,
    )
    if file is None:
        st.caption("It is checked again: its hash, its buckets, and what holds here now.")
        return None
    promotions, data = scene.services.promotions, file.getvalue()
    return lambda note, _deep, _stored: promotions.import_plan(
        scene.actor, scene.layout.name, data, note=note
    )


def again(scene: Scene, release: Release) -> None:
    """The button that plans the same once more, by what the buckets hold now, and opens that."""
    if not scene.may(Can.PROMOTE_PLAN):
        return
    if not st.button("Plan it again", key="promoting:again", type="primary", width="stretch"):
        return
    if release.kind == "rollback":
        promoting_undo.begin(scene, release.header.of)
        return
    plan = _planned(scene, release.header.scope)
    with st.spinner("Comparing both buckets …", show_time=True):
        made = errors.tried(lambda: plan(release.planned.note, False, False))
    if made is not None:
        promoting.tell("A new plan of the same.")
        promoting.go(scene.view.opened(made.id))
        st.rerun()
