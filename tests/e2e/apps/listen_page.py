"""The Listen player, as the page shows it."""

import streamlit as st

from storage.model.audio import AudioLimits
from ui.listen.listen import Listening, listen

REASONS = [
    {"code": "cut-off", "title": "Cut off"},
    {"code": "noise", "title": "Noise or artefacts"},
    {"code": "wrong-words", "title": "Wrong words"},
]

st.set_page_config(layout="wide")
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.text_input("Elsewhere")
st.button("Rerun")
turn = int(st.toggle("Measured"))
listen(
    Listening(
        query={
            "layout": "ssi",
            "role": "stage",
            "scope": {"course": "ita_for_eng"},
            "order": "risk",
        },
        person=st.query_params.get("person", "ann"),
        reasons=REASONS,
        limits=AudioLimits(),
        may_measure="measure" in st.query_params,
        turn=turn,
        first=st.query_params.get("first", ""),
        empty=("All heard.", "Choose another course."),
    ),
    measure=lambda: st.text("measuring begins"),
    key="listen",
)
st.text(f"run {st.session_state['runs']}")
