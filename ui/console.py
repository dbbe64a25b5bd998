"""The script Streamlit runs: who it is, the menu with the pages this person may see, the page.

It lies outside the folder of `pages/` on purpose: beside it, Streamlit would find those files by
itself and run them for a first, anonymous request without coming through here.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui import banners, gate, menu

st.set_page_config(page_title="Soundstage", page_icon="🎧", layout="wide")
st.html(Path(__file__).with_name("console.css"))

person = gate.enter()
page = st.navigation(menu.pages(person), position="top")
banners.show()
page.run()
