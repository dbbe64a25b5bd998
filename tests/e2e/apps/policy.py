"""One of each thing that could break a content security policy, behind the console's own layers."""

from types import SimpleNamespace

import streamlit as st

from server.errors import console_errors
from server.lifespan import console_lifespan
from server.middleware import console_middleware
from server.routes import console_routes
from storage import bootstrap

bootstrap.install(
    SimpleNamespace(origins=lambda: ("http://127.0.0.1:9",), close=lambda: None, mode="moto")
)

app = st.App(
    "policy_page.py",
    routes=console_routes(),
    middleware=console_middleware(st.get_option),
    lifespan=console_lifespan(st.get_option),
    exception_handlers=console_errors(),
)
