"""The activity log as a table whose rows open to all that is known of them.

Every row of a page comes with its details (some 100 KB for 100 rows), so that opening one asks
nobody and runs nothing again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st

from ui import session

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "soundstage.log",
    html='<div class="log"></div>',
    css=(_HERE / "log.css").read_text(encoding="utf-8"),
    js=(_HERE / "log.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row. Strings are shown as text, as they are: make them visible before.

    at: ISO 8601 with a zone. tone: "" or "ok", "warning", "error", the colour of the result.
    facts: (label, value), of one's own writing and of others'. links: (label, href); those that
    begin with "?" stay on the page.
    """

    seq: int
    at: str
    who: str
    what: str
    call: str
    place: str  # the bucket
    name: str  # the key
    note: str
    result: str
    tone: str
    facts: Sequence[tuple[str, str]]
    links: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LogData:
    """What the table shows; `opened` is the row that is open from the start, 0 for none."""

    rows: Sequence[LogRow]
    count: str
    pager: Sequence[tuple[str, str]]
    empty: tuple[str, str]
    opened: int = 0


def log_table(data: LogData, *, key: str) -> None:
    """Shows the table; following a link that stays on the page sets the query string."""

    def follow() -> None:
        target = st.session_state[key].go
        if target:
            session.go(dict(parse_qsl(target.removeprefix("?"))))

    _component(data=asdict(data), key=key, on_go_change=follow)
