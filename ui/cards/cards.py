"""Cards side by side, of one height, each with one link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "soundstage.cards",
    html='<div class="cards"></div>',
    css=(_HERE / "cards.css").read_text(encoding="utf-8"),
    js=(_HERE / "cards.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Card:
    """A card; every string is shown as it is. `live` marks what listeners have now."""

    eyebrow: str
    number: str
    title: str
    lines: Sequence[str]
    action: str
    href: str
    live: bool = False


def show_cards(cards: Sequence[Card], *, key: str) -> None:
    """Shows the cards in as many columns as fit."""
    _component(data={"cards": [asdict(card) for card in cards]}, key=key)
