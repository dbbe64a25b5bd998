"""The Clips tab: every clip of a course, folder or selection, with what is known of it; several can
be judged at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from storage.measurements.judging import findings_of
from storage.model.content import Content
from storage.model.listening import ReviewPage, ReviewRow
from storage.model.measuring import ClipFacts
from storage.model.review import Risk
from ui import listening, listening_batch, listening_one, listening_pictures, listening_said
from ui.listening import Scene
from ui.listening_view import STATES
from ui.listening_words import VOICES
from ui.text import visible

_PAGE_ROWS = 200
_HEIGHT_PX = 520
_EARLY: Mapping[Risk, str] = {
    "defect": "a measured fault",
    "second-ear": "a second ear is wanted",
    "short": "a short text",
    "changed": "changed since it was heard",
    "rest": "",
}

Facts = Mapping[tuple[str, int], ClipFacts]


def show(scene: Scene) -> None:
    """Search and filter, pictures of the whole, the table, and what can be done with its rows."""
    _filters(scene)
    view = scene.view
    page = scene.services.review.rows(
        *scene.place,
        scene.scope,
        order=view.chosen_order,
        state=view.chosen_state,
        text=view.find,
        offset=(int(view.page) - 1) * _PAGE_ROWS,
        limit=_PAGE_ROWS,
    )
    if page.listing.state == "building":
        listening.being_listed(page.listing)
        return
    if not view.at:
        _whole(scene, page)
        return
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        _whole(scene, page)
    with right, st.container(border=True, key="listening:one"):
        listening_one.show(scene)


def _whole(scene: Scene, page: ReviewPage) -> None:
    view = scene.view
    listening_said.elsewhere(scene)
    if not (view.find or view.state):
        listening_pictures.show(scene)
    if page.total:
        _table(scene, page, _facts(scene, page.rows))
    else:
        st.info("No clip fits. Search for something else, or show all of them.")


def _filters(scene: Scene) -> None:
    view, state = scene.view, st.session_state
    state["listening:find"], state["listening:state"] = view.find, view.state
    with st.container(horizontal=True, vertical_alignment="center", key="listening:filters"):
        st.text_input(
            "Search",
            key="listening:find",
            placeholder="Search in what is said",
            label_visibility="collapsed",
            width=340,
            on_change=lambda: listening.go(view.with_(find=state["listening:find"].strip())),
        )
        st.segmented_control(
            "State",
            list(STATES),
            key="listening:state",
            format_func=lambda name: STATES[name],
            label_visibility="collapsed",
            on_change=lambda: listening.go(view.with_(state=state["listening:state"] or "")),
        )


def _facts(scene: Scene, rows: Sequence[ReviewRow]) -> Facts:
    return scene.services.measurements.facts(*scene.place, [row.content for row in rows])


def _table(scene: Scene, page: ReviewPage, facts: Facts) -> None:
    rows = page.rows
    bar = st.container()
    picked = st.dataframe(
        [_row(row, facts.get(_name(row.content)), scene) for row in rows],
        key=f"listening:table:{scene.view.href()}",
        hide_index=True,
        placeholder="",
        height=min(_HEIGHT_PX, 38 + 35 * len(rows)),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Length": st.column_config.NumberColumn(format="%.2f s"),
            "Loudness": st.column_config.NumberColumn(format="%.1f LUFS"),
            "Peak": st.column_config.NumberColumn(format="%.1f dB"),
        },
    )
    chosen = [rows[at] for at in picked["selection"]["rows"] if at < len(rows)]
    with bar:
        if chosen:
            listening_batch.bar(scene, chosen)
        else:
            _foot(scene, page.total)


def _foot(scene: Scene, total: int) -> None:
    """How many there are, and the other pages."""
    pages = -(-total // _PAGE_ROWS)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{total:,} clip{'' if total == 1 else 's'}. Tick rows to judge them together.")
        if pages > 1:
            view = scene.view.with_(page="1", at="")
            key = f"listening:page:{view.href()}"
            st.pagination(
                pages,
                default=min(int(scene.view.page), pages),
                key=key,
                on_change=lambda: listening.go(view.with_(page=str(st.session_state[key]))),
            )


def _name(content: Content) -> tuple[str, int]:
    return content.etag, content.size


def _row(row: ReviewRow, facts: ClipFacts | None, scene: Scene) -> dict[str, Any]:
    """One row as the table shows it; its cells are plain text."""
    findings = findings_of(facts, scene.layout.audio, row.key) if facts else ()
    sound = facts.sound if facts else None
    worst = [one.text for one in (*findings, *row.findings) if one.severity != "info"]
    return {
        "Said": visible(row.phrase or row.key),
        "Voice": VOICES.get(row.role, visible(row.role)),
        "Pace": visible(row.cadence),
        "State": STATES[row.state],
        "Heard by": visible(", ".join(row.heard_by)),
        "Length": sound.duration_s if sound else None,
        "Loudness": sound.loudness.integrated_lufs if sound else None,
        "Peak": sound.loudness.true_peak_dbtp if sound else None,
        "Comes early for": visible(row.short) if row.risk == "short" else _EARLY[row.risk],
        "What was found": "; ".join(worst) if facts else "not measured",
    }
