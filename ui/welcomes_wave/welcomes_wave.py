"""A recording drawn: its waveform, and the silence at its ends shaded."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "soundstage.welcomes_wave",
    html='<div class="wave" role="img"></div>',
    css=(_HERE / "welcomes_wave.css").read_text(encoding="utf-8"),
    js=(_HERE / "welcomes_wave.js").read_text(encoding="utf-8"),
)


def wave(
    peaks: bytes, *, duration_s: float, lead_s: float, trail_s: float, label: str, key: str
) -> None:
    """Draws `peaks`: int8 pairs, lowest and highest of each stretch, 127 = full scale.

    `lead_s` and `trail_s` are silent; `label` is for those who do not see it.
    """
    _component(
        key=key,
        data={
            "peaks": b64encode(peaks).decode(),
            "duration": duration_s,
            "lead": lead_s,
            "trail": trail_s,
            "label": label,
        },
    )
