"""Facts and a picture, with every option and every hostile string."""

import io
import sys
from pathlib import Path

import streamlit as st
from PIL import Image

sys.path.append(str(Path(__file__).parents[1]))
from hostile import HOSTILE

from ui.facts.facts import Fact, Section, facts
from ui.picture.picture import picture

ORDINARY = (
    Section(
        "",
        [
            Fact("Kind", "Course clip"),
            Fact("Size", "24.2 KiB", title="24,781 bytes"),
            Fact("Modified", "2026-11-16T10:07:05+00:00", time=True),
            Fact("Content type", "audio/mpeg, as stored", tone="ok"),
        ],
    ),
    Section(
        "Raw",
        [
            Fact("Address", "s3://bucket/mastered/" + "0123ABCD-" * 12, mono=True, copy=True),
            Fact("ETag", "d41d8cd98f00b204e9800998ecf8427e", mono=True, copy=True),
            Fact("Odd", "a\r\nb\u202e\u00a0 ", copy=True),
            Fact("Wrong time", "yesterday", time=True),
        ],
    ),
    Section(
        "Findings",
        [
            Fact("Type", "is HTML, not audio", tone="error"),
            Fact("", "Tags could not be read.", tone="warning"),
        ],
    ),
)

column = st.columns([1, 2.4])[0]
with column:
    facts(ORDINARY, key="ordinary")
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).save(drawn, "PNG")
    picture(drawn.getvalue(), alt='A "gradient" <b>', key="picture")
facts([Section(text, [Fact(text, text, title=text)]) for text in HOSTILE], key="hostile")
st.text("all shown")
