"""What the store said a moment ago: every click runs the page again, and must not ask it again."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

_FRESH_S = 20.0
_STATE = "recent:answers"

T = TypeVar("T")


def recent(slot: str, asked: Hashable, ask: Callable[[], T]) -> T:
    """The answer of `ask`, or the last one in `slot` to the same question, for 20 seconds.

    One answer is kept a slot and browser tab. An error is never kept.
    """
    answers: dict[str, tuple[Hashable, float, T]] = st.session_state.setdefault(_STATE, {})
    known = answers.get(slot)
    if known is None or known[0] != asked or time.monotonic() - known[1] > _FRESH_S:
        known = answers[slot] = (asked, time.monotonic(), ask())
    return known[2]


def forget() -> None:
    """Asks everything anew on the next run."""
    st.session_state.pop(_STATE, None)
