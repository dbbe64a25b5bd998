"""The console with one small page in place of its own: see acting_page.py."""

from pathlib import Path

import streamlit as st

from server.errors import console_errors
from server.lifespan import console_lifespan
from server.middleware import console_middleware
from server.routes import console_routes

app = st.App(
    str(Path(__file__).with_name("acting_page.py")),
    routes=console_routes(),
    middleware=console_middleware(st.get_option),
    lifespan=console_lifespan(st.get_option),
    exception_handlers=console_errors(),
)
