"""A failure shown in one place: what happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from storage.errors import StorageError, Unavailable
from ui.text import plain_markdown

_RETRY_S = 5.0


def show(error: StorageError) -> None:
    """The error as a box; a store that cannot be reached is tried again by itself."""
    words = f"**{plain_markdown(error.what)}**"
    if error.remedy:
        words += f"\n\n{plain_markdown(error.remedy)}"
    st.error(words, icon="⚠️")
    if isinstance(error, Unavailable):
        st.caption(f"This page tries again every {_RETRY_S:.0f} seconds.")
        _try_again()


@st.fragment(run_every=_RETRY_S)
def _try_again() -> None:
    # a fragment's first run belongs to the page's own run; only its later ones mean "5 s passed"
    if st.session_state.pop("errors:waiting", False):
        st.rerun()
    st.session_state["errors:waiting"] = True


@contextmanager
def shown() -> Iterator[None]:
    """Shows a StorageError of the block and ends the page there."""
    try:
        yield
    except StorageError as error:
        show(error)
        st.stop()
