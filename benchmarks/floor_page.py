"""The least a Streamlit page can be: what every first page costs before ours begins."""

import streamlit as st

st.text("Nothing but Streamlit")
