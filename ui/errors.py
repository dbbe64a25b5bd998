"""A failure shown in one place: what happened, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from storage.errors import StorageError, Unavailable
from ui.text import plain_markdown

_RETRY_S = 5.0


def show(error: StorageError, *, before_retry: Callable[[], None] = lambda: None) -> None:
    """The error as a box; a store that cannot be reached is tried again by itself.

    `before_retry` is called before the page runs again by itself.
    """
    words = f"**{plain_markdown(error.what)}**"
    if error.remedy:
        words += f"\n\n{plain_markdown(error.remedy)}"
    st.error(words, icon="⚠️")
    if isinstance(error, Unavailable):
        keep_trying(before_retry)


def keep_trying(before_retry: Callable[[], None] = lambda: None) -> None:
    """Runs the page again every few seconds, and says so: for a store that cannot be reached."""
    st.caption(f"This page tries again every {_RETRY_S:.0f} seconds.")
    _try_again(time.monotonic(), before_retry)


@st.fragment(run_every=_RETRY_S)
def _try_again(shown_at: float, before_retry: Callable[[], None]) -> None:
    # a fragment's first run belongs to the page's own run; only its later ones mean "5 s passed"
    if time.monotonic() - shown_at > _RETRY_S / 2:
        before_retry()
        st.rerun()


@contextmanager
def shown() -> Iterator[None]:
    """Shows a StorageError of the block and ends the page there."""
    try:
        yield
    except StorageError as error:
        show(error)
        st.stop()
