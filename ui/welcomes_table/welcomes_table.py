"""The welcomes as a table of links, one row a course; the page orders and filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl

import streamlit as st

from ui import session

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "soundstage.welcomes_table",
    html='<div class="welcomes"></div>',
    css=(_HERE / "welcomes_table.css").read_text(encoding="utf-8"),
    js=(_HERE / "welcomes_table.js").read_text(encoding="utf-8"),
)

Step = tuple[str, Literal["yes", "other", "no"]]
"""A place and whether this recording is there; "other": another one is."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One course. Strings are shown as text, as they are: make them visible before.

    `steps` say where the recording is, from first to last; `todo` (words, "warning" or "info")
    what is to be done; `changed` is ISO 8601 with a zone, "" where it is not known.
    """

    href: str
    name: str
    code: str
    text: str
    voice: str
    length: str
    steps: Sequence[Step]
    todo: Sequence[tuple[str, str]]
    changed: str
    who: str


@dataclass(frozen=True, slots=True)
class TableData:
    """What the table shows. `columns` are (label, href that sorts by it, "ascending",
    "descending" or ""), in the order of the rows' cells."""

    rows: Sequence[TableRow]
    columns: Sequence[tuple[str, str, str]]
    count: str
    empty: tuple[str, str]


def welcomes_table(data: TableData, *, key: str) -> None:
    """Shows the table; following one of its links sets the query string."""

    def follow() -> None:
        target = st.session_state[key].go
        if target:
            session.go(dict(parse_qsl(target.removeprefix("?"))))

    _component(data=asdict(data), key=key, on_go_change=follow)
