"""The console itself, with two things a test may turn: how long a clip's address lives, and when
the first filling of the store goes on."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from server.errors import console_errors
from server.lifespan import console_lifespan
from server.middleware import console_middleware
from server.routes import console_routes
from storage import bootstrap
from storage.objects import service

_fill_once = bootstrap.fill_once


def _fill_when_told(*arguments: object) -> bool:
    progress = arguments[-1]
    assert isinstance(progress, Callable)
    progress(1, 3, "waiting for the test")
    while not Path(os.environ["TEST_FILL_WHEN"]).exists():
        time.sleep(0.05)
    return _fill_once(*arguments)  # type: ignore[arg-type]


if "TEST_FILL_WHEN" in os.environ:
    bootstrap.fill_once = _fill_when_told  # type: ignore[assignment]
if "TEST_CLIP_LIFE_S" in os.environ:
    service.CLIP_LIFE_S = int(os.environ["TEST_CLIP_LIFE_S"])

app = st.App(
    str(Path(__file__).parents[3] / "ui/console.py"),
    routes=console_routes(),
    middleware=console_middleware(st.get_option),
    lifespan=console_lifespan(st.get_option),
    exception_handlers=console_errors(),
)
