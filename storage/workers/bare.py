"""Keeps workers from running the program's main module again.

A new process runs it, so that what was defined there can be unpickled. Under Streamlit that module
is the page's script: each worker would load all of the console and show a page to nobody. Tasks are
functions of modules that a worker can import, so it needs no main module.
"""

from __future__ import annotations

from multiprocessing import spawn
from typing import Any

_prepared = spawn.get_preparation_data


def leave_main_alone() -> None:
    """From now on no process that this one begins runs its main module."""
    # the name under which multiprocessing itself looks it up; it has no option for this
    setattr(spawn, "get_preparation_data", _without_main)  # noqa: B010


def _without_main(name: str) -> dict[str, Any]:
    told = _prepared(name).items()
    return {fact: value for fact, value in told if not fact.startswith("init_main_from_")}
