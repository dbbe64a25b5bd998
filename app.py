"""The console as one ASGI app: `streamlit run app.py`, or any ASGI server with `app:app`."""

import streamlit as st

from server.errors import console_errors
from server.lifespan import console_lifespan
from server.middleware import console_middleware
from server.routes import console_routes

app = st.App(
    # not beside pages/: Streamlit would find those files itself and run them without the gate
    "ui/console.py",
    routes=console_routes(),
    middleware=console_middleware(st.get_option),
    lifespan=console_lifespan(st.get_option),
    exception_handlers=console_errors(),
)
