"""The encouragements of a project: read, heard, added, reworded, put in order and removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from storage.errors import StorageError
from storage.model.encouragements import (
    KINDS,
    EncouragementList,
    Kind,
    Lines,
    LinesConflict,
    LinesPlan,
)
from storage.welcomes.encouragements import LINE_CHARACTERS
from ui import encouragements_draft, errors, session, welcomes_sound, welcomes_told
from ui.encouragements_draft import Draft, Row
from ui.recent import forget, recent
from ui.text import plain_markdown, visible
from ui.welcomes import Scene

_HEARD = "encouragements:heard"
_PAGE = 25  # rows; each has five things to press
_TITLES: Mapping[Kind, str] = {"pooled": "In any order", "ordered": "In this order"}
_ABOUT: Mapping[Kind, str] = {
    "pooled": "Courses choose among these as they like.",
    "ordered": "Courses say these one after the other, from the first to the last.",
}


def show(scene: Scene) -> None:
    """One list of one file, as the address says."""
    who, name = scene.actor, scene.layout.name
    with errors.shown():
        files = recent(
            "encouragements", (who, name), lambda: scene.services.encouragements.list(who, name)
        )
    if not files:
        st.info("This project has no encouragements.")
        return
    found = next((one for one in files if one.key == scene.view.file), files[0])
    kind: Kind = "ordered" if scene.view.kind == "ordered" else "pooled"
    _controls(scene, files, found, kind)
    welcomes_told.show(_told(found, kind))
    for finding in found.findings:
        if finding.course in ("", kind):
            st.error(plain_markdown(f"{finding.text} {finding.remedy}"), icon="⚠️")
    if found.blocked(kind) is not None and not found.lines.get(kind):
        return
    may_edit = scene.may_edit and found.blocked(kind) is None
    draft = encouragements_draft.of(found, kind)
    st.caption(_ABOUT[kind])
    _rows(scene, found, draft, may_edit=may_edit)
    if may_edit:
        _add(draft)
        if draft.dirty:
            _panel(scene, found, kind, draft)


def _title(one: EncouragementList) -> str:
    language = one.language or one.code or "Unknown language"
    shared = one.key.rpartition("/")[2].startswith("encouragements")
    return f"Shared ({language})" if shared else language


def _told(found: EncouragementList, kind: Kind) -> str:
    """In the place of a course: where what came of the last save is told."""
    return f"encouragements:{found.key}:{kind}"


def _controls(
    scene: Scene, files: Sequence[EncouragementList], found: EncouragementList, kind: Kind
) -> None:
    state, titles = st.session_state, {one.key: _title(one) for one in files}
    state["encouragements:file"], state["encouragements:kind"] = found.key, kind

    def go(**changes: str) -> None:
        session.go(scene.view.with_(**changes).params())

    def counted(one: Kind) -> str:
        unsaved = " · not saved" if encouragements_draft.is_unsaved(found, one) else ""
        return f"{_TITLES[one]} {len(found.lines.get(one, ())):,}{unsaved}"

    with st.container(horizontal=True, vertical_alignment="center", key="encouragements:controls"):
        st.selectbox(
            "Language",
            list(titles),
            format_func=lambda key: visible(titles[key]),
            key="encouragements:file",
            label_visibility="collapsed",
            width=220,
            on_change=lambda: go(file=state["encouragements:file"]),
        )
        st.segmented_control(
            "Which",
            KINDS,
            key="encouragements:kind",
            format_func=counted,
            required=True,
            label_visibility="collapsed",
            on_change=lambda: go(kind=state["encouragements:kind"]),
        )
        st.space("stretch")
        st.button("Reload", key="encouragements:reload", on_click=forget)


# -- the rows -------------------------------------------------------------------------------------


def _rows(scene: Scene, found: EncouragementList, draft: Draft, *, may_edit: bool) -> None:
    count = len(draft.rows)
    if not count:
        st.markdown("There are none yet.")
        return
    pages = -(-count // _PAGE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key="encouragements:page")
    first = (min(page, pages) - 1) * _PAGE
    for number, row in list(enumerate(draft.rows, 1))[first : first + _PAGE]:
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"encouragements:row:{row.name}"
        ):
            _row(draft, number, row, may_edit=may_edit)
        if st.session_state.get(_HEARD) == row.name:
            _hear(scene, found, number, row)


def _row(draft: Draft, number: int, row: Row, *, may_edit: bool) -> None:
    st.markdown(f"{number}", width=28)
    if may_edit:
        row.text = (
            st.text_input(
                f"Number {number}",
                row.text,
                max_chars=LINE_CHARACTERS,
                key=f"encouragements:text:{row.name}",
                label_visibility="collapsed",
                width="stretch",
            )
            or ""
        )
    else:
        st.text(row.text, width="stretch")
    key = f"encouragements:%s:{row.name}"
    st.button("Listen", key=key % "hear", on_click=_choose, args=(row.name,), type="tertiary")
    if not may_edit:
        return
    up, down = number > 1, number < len(draft.rows)
    st.button("Up", key=key % "up", on_click=draft.move, args=(row.name, -1), disabled=not up)
    st.button("Down", key=key % "down", on_click=draft.move, args=(row.name, 1), disabled=not down)
    st.button(
        "Remove", key=key % "remove", on_click=draft.remove, args=(row.name,), type="tertiary"
    )


def _choose(name: str) -> None:
    heard = st.session_state.get(_HEARD)
    st.session_state[_HEARD] = "" if heard == name else name


def _hear(scene: Scene, found: EncouragementList, number: int, row: Row) -> None:
    who, name = scene.actor, scene.layout.name
    with st.spinner("Looking for it in the courses"):
        sound = errors.tried(
            lambda: recent(
                "encouragements-sound",
                (who, name, found.key, row.text),
                lambda: (scene.services.encouragements.sound(who, name, found.key, row.text),),
            )
        )
    if sound is None:
        return
    if sound[0] is None:
        st.caption("No course has a recording of this sentence yet.")
        return
    where = scene.layout.bucket(sound[0].role)
    title = f"Number {number}, {'live' if where.live else 'in testing'}"
    welcomes_sound.hear(scene, title, sound[0], welcomes_sound.MP3)


def _add(draft: Draft) -> None:
    with (
        st.form("encouragements:add", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="center"),
    ):
        text = st.text_input(
            "A new encouragement",
            max_chars=LINE_CHARACTERS,
            placeholder="A new encouragement",
            label_visibility="collapsed",
            key="encouragements:new",
            width="stretch",
        )
        pressed = st.form_submit_button("Add", icon=":material/add:")
    if pressed and text and text.strip():
        draft.add(text.strip())
        st.rerun()


# -- saving ---------------------------------------------------------------------------------------


def _panel(scene: Scene, found: EncouragementList, kind: Kind, draft: Draft) -> None:
    """What a save would change, and the save; or a choice between theirs and mine."""
    with st.container(border=True, key="encouragements:panel"):
        if draft.theirs is not None:
            _choice(found, kind, draft, draft.theirs)
            return
        plan = errors.tried(lambda: _planned(scene, found, kind, draft))
        if plan is None:
            _throw_away(found, kind)
            return
        st.markdown("**When you save**")
        st.markdown("\n".join(f"- {plain_markdown(words)}" for words in plan.sentences))
        with st.container(horizontal=True):
            pressed = st.button(
                "Save", key="encouragements:save", type="primary", icon=":material/check:"
            )
            _throw_away(found, kind)
        with st.expander("Technical details", key="encouragements:plan"):
            st.code(plan.key, language=None, wrap_lines=True)
            st.code("\n".join(plan.diff), language="diff", wrap_lines=True)
    if not pressed:
        return
    try:
        with st.spinner("Saving"):
            saved = scene.services.encouragements.save(scene.actor, plan)
    except LinesConflict as conflict:
        draft.theirs = conflict.theirs
    except StorageError as error:
        errors.box(error)
        return
    else:
        encouragements_draft.end(found.layout, found.key, kind)
        others = " Somebody else had saved others meanwhile: both are kept." if saved.merged else ""
        welcomes_told.tell(_told(found, kind), f"Saved.{others}")
    forget()
    st.rerun()


def _planned(scene: Scene, found: EncouragementList, kind: Kind, draft: Draft) -> LinesPlan:
    lines = draft.lines
    if draft.planned is None or draft.planned[0] != lines:
        plan = scene.services.encouragements.plan_save(
            scene.actor, found.layout, found.key, kind, base=draft.base, wanted=lines
        )
        draft.planned = (lines, plan)
    return draft.planned[1]


def _throw_away(found: EncouragementList, kind: Kind) -> None:
    st.button(
        "Throw away",
        key="encouragements:away",
        type="tertiary",
        help="Forgets what you changed here since the last save.",
        on_click=encouragements_draft.end,
        args=(found.layout, found.key, kind),
    )


def _choice(found: EncouragementList, kind: Kind, draft: Draft, theirs: Lines) -> None:
    st.warning(
        "Somebody else changed the same encouragements meanwhile. Which ones stay?", icon="⚠️"
    )
    mine, others = st.columns(2)
    for column, title, lines in ((mine, "Mine", draft.lines), (others, "Theirs", theirs)):
        with column, st.container(border=True, height="stretch"):
            st.caption(title)
            for number, one in enumerate(lines, 1):
                st.text(f"{number}. {visible(one.text)}")
    with st.container(horizontal=True):
        st.button("Keep mine", key="encouragements:mine", on_click=draft.upon, args=(theirs,))
        st.button(
            "Take theirs",
            key="encouragements:theirs",
            on_click=encouragements_draft.end,
            args=(found.layout, found.key, kind),
        )
