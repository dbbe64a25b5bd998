"""Saving a welcome: what will change, in sentences; then the save, or a choice side by side."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from storage.errors import StorageError
from storage.model.welcome_plans import SaveConflict, Saved, SavePlan
from storage.model.welcomes import Welcome
from ui import errors, welcomes_draft, welcomes_sound, welcomes_told
from ui.recent import forget
from ui.text import plain_markdown
from ui.welcomes import Scene
from ui.welcomes_draft import Draft

_MINE, _THEIRS = "Mine", "Theirs"


def panel(scene: Scene, one: Welcome, draft: Draft) -> None:
    """What a save would change, and the save."""
    if draft.conflict is not None:
        _choice(scene, one, draft, draft.conflict)
        return
    plan = errors.tried(lambda: _planned(scene, one, draft))
    if plan is None:
        _throw_away(one)
        return
    if plan.empty:
        st.markdown("That is what is saved already.")
        _throw_away(one)
        return
    st.markdown("**When you save**")
    st.markdown("\n".join(f"- {plain_markdown(words)}" for words in plan.sentences))
    with st.container(horizontal=True):
        pressed = st.button("Save", key=draft.key("save"), type="primary", icon=":material/check:")
        _throw_away(one)
    with st.expander("Technical details", key=draft.key("plan")):
        st.code("\n".join(plan.files), language=None, wrap_lines=True)
        st.code("\n".join(plan.json_diff), language="diff", wrap_lines=True)
    if pressed:
        _save(scene, draft, plan)


def _planned(scene: Scene, one: Welcome, draft: Draft) -> SavePlan:
    best = draft.best
    asked = (draft.new_text, draft.new_voice, draft.also, best and best.measured.digest)
    if draft.planned is None or draft.planned[0] != asked:
        plan = scene.services.welcomes.plan_save(
            scene.actor,
            one.layout,
            one.course,
            text=draft.new_text,
            voice=draft.new_voice,
            recording=best.data if best else None,
            also=draft.also,
            base=draft.base,
        )
        draft.planned = (asked, plan)
    return draft.planned[1]


def _throw_away(one: Welcome) -> None:
    st.button(
        "Throw away",
        key="welcomes:away",
        type="tertiary",
        help="Forgets what you typed and recorded here since the last save.",
        on_click=welcomes_draft.end,
        args=(one.layout, one.course),
    )


def _save(scene: Scene, draft: Draft, plan: SavePlan) -> None:
    with st.spinner("Saving"):
        try:
            saved = scene.services.welcomes.save(scene.actor, plan)
        except SaveConflict as conflict:
            draft.conflict = conflict
        except StorageError as error:
            errors.box(error)
            return
        else:
            welcomes_draft.end(plan.layout, plan.course)
            welcomes_told.tell(plan.course, _words(saved))
    forget()
    st.rerun()


def _words(saved: Saved) -> str:
    words = "Saved."
    if saved.merged:
        words += " Somebody else had saved other things meanwhile: both are kept."
    if saved.recording is not None:
        words += " Send it to testing when you are done."
    return words


# -- two people changed the same welcome ----------------------------------------------------------


def _choice(scene: Scene, one: Welcome, draft: Draft, conflict: SaveConflict) -> None:
    """Both versions of each thing that both changed, and a choice for each."""
    st.warning(plain_markdown(f"{conflict.what} {conflict.remedy}".strip()), icon="⚠️")
    best, recording = draft.best, one.recording
    sides: dict[str, tuple[str, Callable[[], object], Callable[[], object]]] = {}
    for name, title in (("text", "Text"), ("voice", "Voice")):
        if name in conflict.fields:
            _seen, mine, theirs = conflict.fields[name]
            sides[name] = (title, _words_of(mine), _words_of(theirs))
    if best is not None and recording is not None and conflict.recording:
        sides["recording"] = (
            "Recording",
            lambda: st.audio(best.data),
            lambda: welcomes_sound.hear(scene, "Stored meanwhile", recording, "audio/wav"),
        )
    theirs_taken = {name for name, side in sides.items() if _sides(draft, name, *side) == _THEIRS}
    with st.container(horizontal=True):
        if st.button("Go on with these", key=draft.key("settle"), type="primary"):
            welcomes_draft.settle(one, theirs_taken)
            st.rerun()
        _throw_away(one)


def _words_of(value: object) -> Callable[[], object]:
    return lambda: st.text(str(value or "–"))


def _sides(
    draft: Draft, name: str, title: str, mine: Callable[[], object], theirs: Callable[[], object]
) -> str:
    st.markdown(f"**{title}**")
    for column, words, draw in zip(st.columns(2), (_MINE, _THEIRS), (mine, theirs), strict=True):
        with column, st.container(border=True, height="stretch"):
            st.caption(words)
            draw()
    return st.radio(
        f"Keep which {title.lower()}",
        [_MINE, _THEIRS],
        horizontal=True,
        key=draft.key(f"keep:{name}"),
    )
