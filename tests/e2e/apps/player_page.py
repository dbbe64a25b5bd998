"""One player, or two, on the clip that the query string names."""

import json
import os
import urllib.request
from datetime import datetime

import streamlit as st

from ui.player.player import player
from ui.text import visible


def first_address(key: str) -> dict[str, str]:
    """The address a page would get; stable over reruns."""
    known = st.session_state.setdefault("addresses", {})
    if key not in known:
        body = json.dumps({"key": key}).encode()
        request = urllib.request.Request(f"{os.environ['MEDIA']}/first", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            known[key] = json.load(answer)
    return known[key]


def show(clip: str, key: str) -> None:
    """The player as a page of the console uses it."""
    address = first_address(clip)
    player(
        url=address["url"],
        expires_at=datetime.fromisoformat(address["expires_at"]),
        renew={"layout": "ssi", "role": "stage", "key": clip, "etag": "abc"},
        name=visible(clip),
        content_type="audio/wav",
        key=key,
    )


clips = st.query_params.get_all("clip")
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.button("Rerun")
if st.button("Another clip"):
    st.query_params["clip"] = "other.wav"
    st.rerun()
if st.button("New address"):
    st.session_state.pop("addresses")
if st.toggle("Without a player"):
    clips = []
for number, name in enumerate(clips):
    show(name, f"player-{number}")
st.text(f"run {st.session_state['runs']}")
