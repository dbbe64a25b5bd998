"""What a plan does object by object: a page of rows in a state, and one of them to hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import streamlit as st

from storage.model.promotion import STATES
from storage.model.releases import BEGUN, Release, Step
from storage.promotion.looking import Total
from storage.units import human_bytes
from ui import promoting, promoting_sound, promoting_words
from ui.promoting import Scene
from ui.promoting_view import PAGE_ROWS, STATE_HELP, STATE_TITLES, STATE_TONES
from ui.rows.rows import Column, Row, RowsData, rows_table
from ui.rows.tones import Tone
from ui.text import plain_markdown, visible

_ALL = ""
_ABSENT = ("missing", "only-prod")  # not where it would be copied from
_COLUMNS = (
    Column("Object", "mono"),
    Column("State", width=11),
    Column("Size", "number", 7),
    Column("Live before", "number", 7.5, spare=True),
    Column("Done", width=9, spare=True),
)
_PHASES: dict[str, tuple[str, Tone]] = {
    "begun": ("not sure", "warning"),
    "done": ("written", "ok"),
    "found": ("was there", "ok"),
    "failed": ("failed", "error"),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row of the table, with what became of it where it was run."""

    row: dict[str, Any]
    step: Step | None


def counted(totals: Sequence[Total]) -> dict[str, int]:
    """How many objects are in each state that there is, what is written first."""
    found: dict[str, int] = {}
    for state in STATE_TITLES:
        for one in totals:
            if one.state == state:
                found[one.state] = found.get(one.state, 0) + one.objects
    return found


def show(scene: Scene, release: Release, totals: Sequence[Total]) -> Chosen | None:
    """The filter with its counts, and the table. Returns the chosen row."""
    counts: Mapping[str, int] = {_ALL: sum(one.objects for one in totals), **counted(totals)}
    if not totals:
        return None
    _filter(scene, counts)
    state = scene.view.state if scene.view.state in counts else _ALL
    total = counts[state]
    page = min(int(scene.view.page), max(1, -(-total // PAGE_ROWS)))
    place = (scene.actor, scene.layout.name, release.id)
    table = scene.services.promotions.rows(
        *place, state=state, offset=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS
    )
    rows: list[dict[str, Any]] = table.to_pylist()
    steps = _steps(scene, release, rows)
    rows_table(
        RowsData(
            columns=_COLUMNS if steps else _COLUMNS[:-1],
            rows=[_row(scene, row, steps) for row in rows],
            count=f"{total:,} object{'' if total == 1 else 's'}",
            empty=("There is nothing here.", "Choose another state."),
        ),
        key="promoting:rows",
    )
    _pages(scene, page, -(-total // PAGE_ROWS))
    chosen = next((row for row in rows if row["key"] == scene.view.at), None)
    return Chosen(chosen, steps.get(chosen["key"])) if chosen is not None else None


def _filter(scene: Scene, counts: Mapping[str, int]) -> None:
    if len(counts) < 3:
        return  # all are in one state
    state = st.session_state
    state["promoting:state"] = scene.view.state if scene.view.state in counts else _ALL

    st.segmented_control(
        "State",
        list(counts),
        key="promoting:state",
        format_func=lambda name: f"{STATE_TITLES.get(name, 'All')} {counts[name]:,}",
        label_visibility="collapsed",
        required=True,
        on_change=lambda: promoting.go(scene.view.with_(state=state["promoting:state"])),
    )


def _steps(scene: Scene, release: Release, rows: list[dict[str, Any]]) -> dict[str, Step]:
    """What the journal says of the rows shown, by key; nothing before it was run."""
    if release.state not in BEGUN and not release.done:
        return {}
    keys = [row["key"] for row in rows]
    found = scene.services.lookback.steps(scene.actor, scene.layout.name, release.id, keys)
    return {step.key: step for step in found}


def _row(scene: Scene, row: dict[str, Any], steps: dict[str, Step]) -> Row:
    key, state = row["key"], STATES[row["state"]]
    title = STATE_TITLES[state]
    if row["newer_in_prod"]:
        title += "; newer live"
    live = human_bytes(row["prod_size"]) if row["prod_etag"] else ""
    size = human_bytes(row["size"]) if row["etag"] or row["size"] else ""
    cells: list[tuple[str, Tone]] = [
        (visible(key), ""),
        (title, STATE_TONES[state]),
        (size, ""),
        (live, "faded"),
    ]
    if steps:
        step = steps.get(key)
        cells.append(_PHASES[step.phase] if step else ("", ""))
    chosen = key == scene.view.at
    return Row(scene.view.with_(at="" if chosen else key).href(), cells, chosen=chosen)


def _pages(scene: Scene, page: int, pages: int) -> None:
    if pages < 2:
        return
    view = scene.view.with_(page="1", at="")
    key = f"promoting:page:{view.href()}"
    st.pagination(
        pages,
        default=page,
        key=key,
        on_change=lambda: promoting.go(view.with_(page=str(st.session_state[key]))),
    )


def one(scene: Scene, release: Release, chosen: Chosen) -> None:
    """What the chosen row means, and what was there before and is there after, to hear."""
    row, step = chosen.row, chosen.step
    key, state = row["key"], STATES[row["state"]]
    with st.container(border=True, key="promoting:one"):
        st.markdown(f"**{plain_markdown(PurePosixPath(key).name)}**")
        st.caption(f"{STATE_TITLES[state]}: {STATE_HELP[state]}.")
        if step is not None and step.error:
            st.error(plain_markdown(promoting_words.trouble(step.error)), icon="⚠️")
        promoting_sound.show(scene, release, row, step)
        for role, where in ((scene.rules.source, row["source_key"]), (scene.rules.target, key)):
            if role == scene.rules.source and (release.kind == "rollback" or state in _ABSENT):
                continue
            if where and scene.may_read(role):
                title = f"Open in Browse: {scene.layout.bucket(role).title}"
                promoting.link(title, promoting.browse_href(scene, role, where))
