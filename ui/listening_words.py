"""Words for what course manifests write in codes."""

from __future__ import annotations

from collections.abc import Mapping

from ui.text import visible

VOICES: Mapping[str, str] = {
    "target1": "First voice",
    "target2": "Second voice",
    "source": "Known language",
    "presentation": "Introduction",
    "": "",
}


def plain_plotly(text: str) -> str:
    """Text as Plotly shows it literally: it reads tags, entities and formulas out of a string."""
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace("$", "\uff04")
