"""One of each thing that could break a content security policy."""

import pandas as pd
import plotly.express as px
import streamlit as st

st.set_page_config(page_title="Policy", page_icon="🎧", layout="wide")

COUNTER = st.components.v2.component(
    "policy_counter",
    html="<button id='go'>component</button>",
    css="button { color: var(--st-primary-color) }",
    js="""
export default function ({ parentElement, setTriggerValue }) {
  parentElement.querySelector("#go").onclick = () => setTriggerValue("pressed", true);
}
""",
)


def home() -> None:
    frame = pd.DataFrame(
        {"month": range(6), "clips": [3, 5, 4, 8, 9, 12], "size": [1, 2, 3, 4, 5, 6]}
    )
    st.title("Library")
    first, second, third, fourth = st.columns(4)
    first.metric(
        "Objects", "12,480", "+128", border=True, chart_data=[3, 5, 4, 8], chart_type="bar"
    )
    second.metric("Stored", "1.42 TiB", "+18 GiB", border=True, chart_data=[3, 5, 4, 8])
    third.metric("Month to date", "$214.60", "3.1%", border=True, delta_color="inverse")
    fourth.metric("Awaiting review", "37", "-5", border=True)
    left, right = st.columns([2.4, 1])
    with left:
        st.text_input("Starts with", placeholder="Prefix or name")
        st.segmented_control("State", ["All", "Ready", "Review"], default="All")
        st.dataframe(frame, key="table", on_select="rerun", width="stretch")
        st.line_chart(frame, x="month", y=["clips", "size"], height=160)
    with right, st.container(border=True):
        st.subheader("Selected object")
        st.code("mastered/ep-0002.mp3", language=None)
        st.badge("Ready", icon=":material/check:", color="green")
        st.badge("Prod (live)", color="red")
        st.button("Approve", type="primary")
        st.button("Reject")
        st.toggle("Follow")
        uploaded = st.file_uploader("Upload")
        st.text(f"uploaded {uploaded.size if uploaded else 0}")
        st.download_button("Download", b"abc", "abc.txt")
        st.info("Nothing waits.")
        st.error("Refused.")
    st.plotly_chart(px.bar(frame, x="month", y="clips", height=240), key="plotly")
    result = COUNTER(key="counter", on_pressed_change=lambda: None)
    st.text(f"component pressed: {bool(result.pressed)}")
    st.text("all shown")


st.navigation(
    [st.Page(home, title="Home", icon=":material/home:", default=True)], position="top"
).run()
