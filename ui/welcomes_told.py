"""What came of the last change of a welcome, on its page, until another is opened."""

from __future__ import annotations

import streamlit as st

from ui.text import plain_markdown

_TOLD = "welcomes:told"


def tell(course: str, words: str) -> None:
    """Shows plain words on the course's page from the next run on."""
    st.session_state[_TOLD] = (course, words)


def show(course: str) -> None:
    """What was told last, if it is about this course ("" for the list); else it is over."""
    told: tuple[str, str] | None = st.session_state.get(_TOLD)
    if told is None:
        return
    if told[0] == course:
        st.success(plain_markdown(told[1]), icon="✅")
    else:
        del st.session_state[_TOLD]
