"""Hostile strings as the labels of widgets, which Streamlit always reads as markdown."""

import sys
from pathlib import Path

import streamlit as st

sys.path.append(str(Path(__file__).parents[1]))
from hostile import HOSTILE

from ui.text import plain_markdown

for number, text in enumerate(HOSTILE):
    label = plain_markdown(text)
    st.button(label, key=f"button-{number}")
    st.expander(label, key=f"expander-{number}").empty()
    st.checkbox(label, key=f"checkbox-{number}")
st.text("all shown")
