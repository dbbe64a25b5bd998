"""What every page says above all else: that nobody signs in here, that nothing can be changed."""

from __future__ import annotations

import streamlit as st

from storage import bootstrap
from storage.errors import StorageError
from ui import login
from ui.text import plain_markdown


def show() -> None:
    """The banners that hold now, above the page."""
    if login.claims() is None:
        with st.container(key="banner:local"):
            st.caption(
                "🔓 Nobody signs in here: whoever uses this computer may see and change everything."
            )
    if bootstrap.status().state == "ready":
        _read_only()


def _read_only() -> None:
    try:
        state = bootstrap.services().switches.read_only()
    except StorageError:
        return  # the page itself asks the database and tells that it cannot
    if state is None:
        return
    words = f"**Reading only: nothing can be changed.** {plain_markdown(state.by)}"
    if state.why:
        words += f": {plain_markdown(state.why)}"
    st.warning(words, icon="🔒")
