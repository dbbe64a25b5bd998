"""A picture in the page. Streamlit's own way would serve it under /media to anyone who asks."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "soundstage.picture",
    html=(_HERE / "picture.html").read_text("utf-8"),
    css=(_HERE / "picture.css").read_text("utf-8"),
    js=(_HERE / "picture.js").read_text("utf-8"),
)


def picture(png: bytes, *, alt: str, key: str) -> None:
    """Show `png`, at most 20 rem high; a click opens it as large as the window allows.

    `alt` is shown as it is where the picture cannot be, and read aloud.
    """
    source = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    _component(key=key, data={"source": source, "alt": alt})
