"""Any two places compared by content, as a plan compares them: a tool of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from storage.access import allowed
from storage.errors import InvalidInput
from storage.layout.profile import Layout
from storage.model.objects import Place
from storage.model.people import Can
from storage.model.promotion import CODE, STATES
from storage.promotion.report import as_csv
from storage.units import human_bytes
from ui import errors, promoting, times
from ui.promoting import Scene
from ui.promoting_view import DIFF_TITLES, PAGE_ROWS, STATE_TONES, PromoteView
from ui.rows.rows import Column, Row, RowsData, rows_table
from ui.text import visible

_KEPT = "promoting:diff"
_COLUMNS = (
    Column("Object", "mono"),
    Column("State", width=11),
    Column("Size in the first", "number", 9),
    Column("Size in the second", "number", 10),
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """Of which two places, and when."""

    asked: tuple[str, str]
    at: str
    rows: pa.Table


def show(scene: Scene) -> None:
    """The two places, and what differs."""
    view = scene.view
    if not (view.one and view.other):
        view = view.with_(
            one=view.one or f"{scene.layout.name}/{scene.rules.source}:",
            other=view.other or f"{scene.layout.name}/{scene.rules.target}:",
        )
    open_to = _open_to(scene)
    with st.container(border=True, key="promoting:places"):
        left, right = st.columns(2)
        with left:
            one = _choose("The first", "one", view.one, open_to)
        with right:
            other = _choose("The second", "other", view.other, open_to)
        pressed = st.button("Compare", key="promoting:compare", type="primary")
        st.caption("Lists both, compares by content and writes nothing. A large bucket takes long.")
    if pressed:
        promoting.go(PromoteView(view.project, "diff", one=one, other=other))
        found = errors.tried(lambda: _asked(scene, one, other))
        if found is not None:
            st.session_state[_KEPT] = found
            st.rerun()
    kept: _Answer | None = st.session_state.get(_KEPT)
    if kept is not None and kept.asked == (view.one, view.other):
        _shown(view, kept)


def _open_to(scene: Scene) -> dict[str, str]:
    """The buckets that this person may list and read, as `project/role`, with their titles."""
    found = {}
    for layout in scene.services.layouts.values():
        for bucket in layout.buckets:
            cans = (Can.OBJECT_LIST, Can.OBJECT_READ)
            if all(allowed(scene.actor, can, layout, bucket.role) for can in cans):
                found[f"{layout.name}/{bucket.role}"] = f"{layout.title}: {bucket.title}"
    return found


def _choose(label: str, name: str, address: str, open_to: Mapping[str, str]) -> str:
    where, _, prefix = address.partition(":")
    names = list(open_to)
    chosen = st.selectbox(
        label,
        names,
        index=names.index(where) if where in open_to else 0,
        key=f"promoting:{name}:{where}",
        format_func=open_to.__getitem__,
    )
    below = st.text_input(
        "Below", prefix, key=f"promoting:{name}-prefix:{address}", placeholder="everything"
    )
    return f"{chosen}:{(below or '').strip().lstrip('/')}"


def _asked(scene: Scene, one: str, other: str) -> _Answer:
    layouts = scene.services.layouts
    places = (_place(layouts, one), _place(layouts, other))
    with st.spinner("Comparing …", show_time=True):
        rows = scene.services.promotions.diff(scene.actor, *places)
    return _Answer((one, other), times.local(datetime.now(UTC)), rows)


def _place(layouts: Mapping[str, Layout], address: str) -> Place:
    where, _, prefix = address.partition(":")
    project, _, role = where.partition("/")
    layout = layouts.get(project)
    if layout is None or role not in {bucket.role for bucket in layout.buckets}:
        raise InvalidInput("There is no such place here.", "Choose one of the list.")
    return Place(project, role, layout.bucket(role).bucket, prefix)


def _shown(view: PromoteView, kept: _Answer) -> None:
    codes = {str(name): code for name, code in CODE.items()}
    counts = {
        state: pc.sum(pc.equal(kept.rows["state"], codes[state])).as_py() or 0
        for state in DIFF_TITLES
    }
    state = view.state if counts.get(view.state) else ""
    _filter(view, counts, state)
    rows = kept.rows
    if state:
        rows = rows.filter(pc.equal(rows["state"], codes[state]))
    else:
        rows = rows.filter(pc.not_equal(rows["state"], codes["same"]))
    pages = max(1, -(-rows.num_rows // PAGE_ROWS))
    page = min(int(view.page), pages)
    shown = rows.slice((page - 1) * PAGE_ROWS, PAGE_ROWS).to_pylist()
    rows_table(
        RowsData(
            columns=_COLUMNS,
            rows=[_row(row) for row in shown],
            count=f"{rows.num_rows:,} object{'' if rows.num_rows == 1 else 's'}, {kept.at}",
            empty=("Nothing differs.", f"{counts['same']:,} objects are the same in both."),
        ),
        key="promoting:differing",
    )
    _foot(view, kept, page, pages)


def _filter(view: PromoteView, counts: Mapping[str, int], chosen: str) -> None:
    state = st.session_state
    state["promoting:diff-state"] = chosen
    differing = sum(number for name, number in counts.items() if name != "same")
    titles = {"": f"What differs {differing:,}"}
    titles |= {name: f"{DIFF_TITLES[name]} {number:,}" for name, number in counts.items() if number}
    st.segmented_control(
        "State",
        list(titles),
        key="promoting:diff-state",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
        required=True,
        on_change=lambda: promoting.go(view.with_(state=state["promoting:diff-state"])),
    )


def _row(row: Mapping[str, object]) -> Row:
    state = STATES[int(str(row["state"]))]
    sizes = [
        human_bytes(int(str(row[name]))) if row[etag] else ""
        for name, etag in (("size", "etag"), ("prod_size", "prod_etag"))
    ]
    return Row(
        "",
        [
            (visible(str(row["key"])), ""),
            (DIFF_TITLES.get(state, state), STATE_TONES[state]),
            *((size, "") for size in sizes),
        ],
    )


def _foot(view: PromoteView, kept: _Answer, page: int, pages: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "All rows as CSV",
            lambda: as_csv(kept.rows),
            "differences.csv",
            "text/csv",
            key="promoting:diff-csv",
            on_click="ignore",
        )
        if pages > 1:
            key = f"promoting:diff-page:{view.state}"
            st.pagination(
                pages,
                default=page,
                key=key,
                on_change=lambda: promoting.go(view.with_(page=str(st.session_state[key]))),
            )
    if kept.rows.num_rows:
        st.caption("Keys are shown without the places' own folders.")
