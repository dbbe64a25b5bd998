"""The object table: folders first, then objects, as a component of real links.

Streamlit's own dataframe is a canvas: no links, no row that opens in a new tab, nothing a screen
reader or a test can read (docs/decisions/0005-own-object-table.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st

from ui import session
from ui.text import CLASS_TITLES

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "soundstage.grid",
    html='<div class="grid"></div>',
    css=(_HERE / "grid.css").read_text(encoding="utf-8"),
    js=(_HERE / "grid.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class GridData:
    """What the table shows; columns of equal length. `pager` and `crumbs` are (label, href)."""

    prefix: str
    folders: Sequence[str]
    keys: Sequence[str]
    kinds: Sequence[str]
    sizes: Sequence[int]  # bytes
    modified: Sequence[int]  # ms since the epoch
    classes: Sequence[str]
    kind_titles: Mapping[str, str]
    crumbs: Sequence[tuple[str, str]]
    pager: Sequence[tuple[str, str]]
    count: str
    empty: tuple[str, str]
    base: str  # query string that every link of the table starts from
    sort: str
    desc: bool
    live: bool  # listeners have this bucket now
    selectable: bool
    # sparse, by position: names that hold characters which must be made visible; warnings
    shown: Mapping[int, str] = field(default_factory=dict)
    shown_folders: Mapping[int, str] = field(default_factory=dict)
    warnings: Mapping[int, str] = field(default_factory=dict)


_COLUMNS = (
    ("name", "Name", ""),
    ("kind", "Kind", "c-kind"),
    ("size", "Size", "num"),
    ("modified", "Modified", "c-when"),
    ("storage_class", "Class", "c-class"),
)


def object_grid(data: GridData, *, key: str) -> list[str]:
    """Shows the table and returns the ticked keys; following a link sets the query string.

    Ticks last as long as the listed page: another page starts without any.
    """

    def follow() -> None:
        target = st.session_state[key].go
        if target:
            session.go(dict(parse_qsl(target.removeprefix("?"))))

    # not asdict(): it would copy every value of every row, on every run
    shown = {item.name: getattr(data, item.name) for item in fields(data)}
    result = _component(
        data={**shown, "columns": _COLUMNS, "class_titles": CLASS_TITLES},
        key=key,
        default={"checked": []},
        on_go_change=follow,
        on_checked_change=lambda: None,
    )
    listed = set(data.keys)
    return [item for item in result.checked or [] if item in listed]
