"""The script Streamlit runs: the menu with the pages this person may see, then the page.

It lies outside the folder of `pages/` on purpose: beside it, Streamlit would find those files by
itself and run them for a first, anonymous request without coming through here.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="Soundstage", page_icon="🎧", layout="wide")
st.html(Path(__file__).with_name("console.css"))

st.navigation(
    [
        st.Page("../pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("../pages/browse.py", title="Browse", icon=":material/folder_open:"),
    ],
    position="top",
).run()
