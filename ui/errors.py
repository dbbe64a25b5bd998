"""A failure shown in one place: what happened, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from storage.errors import NotSignedIn, StorageError, Unavailable
from ui import login
from ui.text import plain_markdown

_RETRY_S = 5.0

T = TypeVar("T")


def show(error: StorageError, *, before_retry: Callable[[], None] = lambda: None) -> None:
    """The error as a box; a store that cannot be reached is tried again by itself.

    `before_retry` is called before the page runs again by itself.
    """
    box(error)
    if isinstance(error, Unavailable):
        keep_trying(before_retry)


def box(error: StorageError) -> None:
    """The error as a box and nothing else: for a failed act, which only the person tries again.

    When the session is over, the sign-in takes the place of all the page shows.
    """
    if isinstance(error, NotSignedIn) and login.claims() is not None:
        login.leave(error)
    words = f"**{plain_markdown(error.what)}**"
    if error.remedy:
        words += f"\n\n{plain_markdown(error.remedy)}"
    st.error(words, icon="⚠️")


def tried(act: Callable[[], T]) -> T | None:
    """What `act` returns; None when it failed, which is then shown. What was typed stays."""
    try:
        return act()
    except StorageError as error:
        box(error)
        return None


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
