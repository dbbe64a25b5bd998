"""What came of the last change, above the table, with Undo where it can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from storage.model.changes import Deletion
from ui import errors, session
from ui.browse import Scene
from ui.confirming import count
from ui.recent import forget
from ui.text import plain_markdown
from ui.view import View

_TOLD = "outcomes:told"
_LINKS = 6
_FAILURES = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, as plain text; `keys` are linked to, `failed` holds errors' `as_dict` by key,
    `deletion` is what can be undone."""

    text: str
    keys: tuple[str, ...] = ()
    failed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    deletion: Deletion | None = None


def told(outcome: Outcome) -> None:
    """Shows it above the table from the next run on, until it is closed or another one comes."""
    st.session_state[_TOLD] = outcome


def leave(view: View) -> None:
    """Chooses no object any more: the chosen one is gone."""
    session.go(view.with_(at="").params())


def show(scene: Scene) -> None:
    """What was told last; nothing once it was closed."""
    outcome: Outcome | None = st.session_state.get(_TOLD)
    if outcome is not None:
        _outcome(scene, outcome)


def _close() -> None:
    st.session_state.pop(_TOLD, None)


def _outcome(scene: Scene, outcome: Outcome) -> None:
    with st.container(border=True, key="outcomes:told"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            icon = ":orange[:material/error:]" if outcome.failed else ":green[:material/check:]"
            st.markdown(f"{icon} {plain_markdown(outcome.text)}", width="stretch")
            if outcome.deletion is not None:
                undo = st.button("Undo", key="outcomes:undo", icon=":material/undo:")
            else:
                undo = False
            st.button("Close", key="outcomes:close", type="tertiary", on_click=_close)
        links(scene.view, scene.view.bucket, outcome.keys, "outcomes")
        failures(outcome.failed)
        if undo and outcome.deletion is not None:
            _undo(scene, outcome.deletion)


def links(view: View, role: str, keys: Sequence[str], place: str) -> None:
    """Opens one of the first `keys`, in the bucket of `role`; `place` begins the buttons' keys.

    Buttons, because a link in markdown opens another tab.
    """
    if not keys:
        return
    with st.container(horizontal=True, gap="medium", key=f"{place}:links"):
        for key in keys[:_LINKS]:
            folder = key[: key.rfind("/") + 1]
            opened = View(view.project, role, prefix=folder, per=view.per, at=key)
            if st.button(
                plain_markdown(key[len(folder) :] or key),
                key=f"{place}:open:{key!a}",
                help=plain_markdown(key),
                type="tertiary",
                icon=":material/arrow_forward:",
            ):
                session.go(opened.params())
                st.rerun()  # all of the page: this may be drawn by a fragment
        if len(keys) > _LINKS:
            st.caption(f"and {len(keys) - _LINKS:,} more", width="content")


def failures(failed: Mapping[str, Mapping[str, str]]) -> None:
    """What went wrong with which key."""
    for key, error in list(failed.items())[:_FAILURES]:
        words = f"{key}: {error.get('what', '')} {error.get('remedy', '')}"
        st.error(plain_markdown(words.strip()), icon="⚠️")
    if len(failed) > _FAILURES:
        st.caption(f"… and {len(failed) - _FAILURES:,} more.")


def _undo(scene: Scene, deletion: Deletion) -> None:
    undone = errors.tried(lambda: scene.services.changes.undo(scene.actor, deletion))
    if undone is None:
        return
    forget()
    told(
        Outcome(
            f"Brought back {count(len(undone.restored))}.",
            keys=undone.restored,
            failed=undone.failed,
        )
    )
    st.rerun()
