"""The top of one welcome: the way back, its name, where it is, what to do, who shares it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import streamlit as st

from ui import session
from ui.welcomes_table.welcomes_table import Step

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "soundstage.welcomes_head",
    html='<div class="head"></div>',
    css=(_HERE / "welcomes_head.css").read_text(encoding="utf-8"),
    js=(_HERE / "welcomes_head.js").read_text(encoding="utf-8"),
)

Link = tuple[str, str]
"""Words and an address within the page."""


@dataclass(frozen=True, slots=True)
class HeadData:
    """What it shows. Strings are shown as text, as they are: make them visible before.

    `before` and `after` are the neighbours in the list, none at its ends; `todo` is (words, tone).
    """

    back: Link
    before: Sequence[Link]
    after: Sequence[Link]
    name: str
    code: str
    steps: Sequence[Step]
    todo: Sequence[tuple[str, str]]
    shared: Sequence[Link]


def welcome_head(data: HeadData, *, key: str) -> None:
    """Shows it; following one of its links sets the query string."""

    def follow() -> None:
        target = st.session_state[key].go
        if target:
            session.go(dict(parse_qsl(target.removeprefix("?"))))

    _component(data=asdict(data), key=key, on_go_change=follow)
