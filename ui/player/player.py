"""The audio player: the browser plays a presigned URL and renews it by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from ui.text import visible

_HERE = Path(__file__).parent
_SCRIPTS = ("asking.js", "measures.js", "player.js", "mount.js")  # one module together

_component = st.components.v2.component(
    "soundstage.player",
    html=(_HERE / "player.html").read_text("utf-8"),
    css=(_HERE / "player.css").read_text("utf-8"),
    js="".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
)


def player(
    *,
    url: str,
    expires_at: datetime,
    renew: Mapping[str, str],
    name: str,
    content_type: str,
    key: str,
) -> None:
    """Play the audio at `url`, which works until `expires_at` (an aware datetime).

    `renew` is the JSON body of POST /api/ui/clip that asks for the next URL. It also says which
    bytes are played: a rerun with the same `renew` never interrupts, another one stops the old
    audio. `name` is shown character by character: pass a key through `visible` first.
    """
    _component(
        key=key,
        data={
            "url": url,
            "expires_at": expires_at.astimezone(UTC).isoformat(),
            "renew": dict(renew),
            "name": name,
            "content_type": visible(content_type),
        },
    )
