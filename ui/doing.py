"""What a person is about to change in Browse: the open dialog, and what it works out meanwhile.

A dialog is opened by what lies here, not by the press of a button alone, so that it stays open when
the page behind it runs again. Everything in it ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from ui.view import View

_TASK = "doing:task"
_KEPT = "doing:kept"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done, where (project, bucket, folder), and with which keys."""

    name: str
    place: tuple[str, str, str]
    keys: tuple[str, ...] = ()


def begin(name: str, view: View, keys: Sequence[str] = ()) -> None:
    """Opens the dialog `name` on the next run; for the callback of a button."""
    end()
    st.session_state[_TASK] = Task(name, _place(view), tuple(keys))


def end() -> None:
    """Closes the dialog with the next run of the whole page."""
    st.session_state.pop(_TASK, None)
    st.session_state.pop(_KEPT, None)


def current(view: View) -> Task | None:
    """What is to be done in this view; leaving the folder ends it."""
    task: Task | None = st.session_state.get(_TASK)
    if task is not None and task.place != _place(view):
        end()
        return None
    return task


def _place(view: View) -> tuple[str, str, str]:
    return (view.project, view.bucket, view.prefix)


def kept(slot: str, asked: Hashable, ask: Callable[[], T]) -> T:
    """The answer of `ask`, or the last one in `slot` to the same question, while the dialog is
    open. An error is never kept.
    """
    answers: dict[str, tuple[Hashable, T]] = notes()
    known = answers.get(slot)
    if known is None or known[0] != asked:
        known = answers[slot] = (asked, ask())
    return known[1]


def notes() -> dict[str, Any]:
    """What the open dialog keeps from run to run."""
    found: dict[str, Any] = st.session_state.setdefault(_KEPT, {})
    return found


def drop(slot: str) -> None:
    """Asks for `slot` anew on the next run."""
    notes().pop(slot, None)
