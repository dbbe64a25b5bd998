"""The list of facts about a thing: names before values, in sections, nothing interpreted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from ui.text import visible

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "soundstage.facts",
    html='<div class="facts"></div>',
    css=(_HERE / "facts.css").read_text("utf-8"),
    js=(_HERE / "facts.js").read_text("utf-8"),
)

Tone = Literal["", "ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One row. `label` and `value` may be any strings: they are shown exactly, as text.

    title: shown on hover. tone: an icon and a colour before the value. mono: fixed-width letters.
    copy: a button that copies the value as it is, unseen characters included. time: the value is
    ISO 8601 with a zone, shown in the reader's own zone with UTC on hover. Without a label the
    value takes the whole row.
    """

    label: str
    value: str
    title: str = ""
    tone: Tone = ""
    mono: bool = False
    copy: bool = False
    time: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a small heading; none when `title` is empty."""

    title: str
    rows: Sequence[Fact]


def facts(sections: Sequence[Section], *, key: str) -> None:
    """Show `sections`, two columns wide, one below the other."""
    shown = [
        {"title": visible(section.title), "rows": [_row(fact) for fact in section.rows]}
        for section in sections
    ]
    _component(key=key, data={"sections": shown})


def _row(fact: Fact) -> dict[str, Any]:
    return {
        "label": visible(fact.label),
        "value": visible(fact.value),
        "title": visible(fact.title),
        "tone": fact.tone,
        "mono": fact.mono,
        "copy": fact.value if fact.copy else None,
        "time": fact.value if fact.time else None,
    }
