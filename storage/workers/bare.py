"""Loaded first by the process that workers are forked from, and only there: keeps them from running
the program's main module again.

A new process runs it, so that what was defined there can be unpickled. Under Streamlit that module
is the page's script: each worker would load all of the console and show a page to nobody. Tasks are
functions of modules that a worker can import, so it needs no main module.
"""

from __future__ import annotations

from multiprocessing import spawn


def _leave(_main: str) -> None:
    """In the place of running the main module."""


for _name in ("_fixup_main_from_name", "_fixup_main_from_path"):
    setattr(spawn, _name, _leave)
