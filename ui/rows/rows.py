"""Rows as a table in which each row is a link: releases, and what a plan does object by object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl

import streamlit as st

from ui import session
from ui.rows.tones import Tone

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "soundstage.rows",
    html='<div class="rows"></div>',
    css=(_HERE / "rows.css").read_text(encoding="utf-8"),
    js=(_HERE / "rows.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """`form` says what its cells are: text, a time (ISO 8601 with a zone) or a number as text.
    `width` in rem, 0 for what is left; `spare`: not shown where there is little room.
    """

    label: str
    form: Literal["text", "time", "number", "mono"] = "text"
    width: float = 0
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row. Strings are shown as text, as they are: make them visible before.

    `cells` are (words, tone), one a column; `href` opens it, "" where nothing does.
    """

    href: str
    cells: Sequence[tuple[str, Tone]]
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class RowsData:
    """What the table shows; `pager` are (label, href)."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    count: str
    empty: tuple[str, str]
    pager: Sequence[tuple[str, str]] = ()


def rows_table(data: RowsData, *, key: str) -> None:
    """Shows the table; following one of its links sets the query string."""

    def follow() -> None:
        target = st.session_state[key].go
        if target:
            session.go(dict(parse_qsl(target.removeprefix("?"))))

    _component(data=asdict(data), key=key, on_go_change=follow)
