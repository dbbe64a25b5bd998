"""Behind the gate: something that was shown, and the ways in which a page acts."""

import streamlit as st

from storage import bootstrap
from ui import errors, gate

person = gate.enter()


def act() -> None:
    with errors.shown():
        bootstrap.services().objects.list_page(person, "ssi", "stage", "mastered/")
        st.session_state["acted"] = st.session_state.get("acted", 0) + 1


st.text("what the page showed before")
if st.button("Act in the page"):
    act()


@st.fragment
def part() -> None:
    if st.button("Act in a fragment"):
        act()
    st.button("Act in a callback", on_click=act)
    st.text(f"acted {st.session_state.get('acted', 0)} times")


@st.dialog("A dialog")
def dialog() -> None:
    if st.button("Act in a dialog"):
        act()
        st.text("acted in the dialog")


part()
if st.button("Open the dialog"):
    dialog()
gate.account()
