"""Undoing a release, and undoing that in turn: each is a plan of its own."""

from __future__ import annotations

import streamlit as st

from storage.model.people import Can
from storage.model.releases import Release
from ui import errors, promoting
from ui.promoting import Scene


def button(scene: Scene, release: Release) -> None:
    """Plans what takes it back, and opens that; nothing for who may not."""
    if not scene.may(Can.PROMOTE_ROLLBACK) or not (release.done or release.state == "live"):
        return
    again = release.kind == "rollback"
    label = "Roll forward again …" if again else "Roll back …"
    if st.button(label, key="promoting:undo", icon=":material/undo:", width="stretch"):
        begin(scene, release.id)
    st.caption("Makes a plan first. It has gates, is approved and is run like any other.")


def begin(scene: Scene, release_id: str) -> None:
    """The plan that undoes it; opens it."""
    place = (scene.actor, scene.layout.name, release_id)
    with st.spinner("Looking at what was there before …", show_time=True):
        made = errors.tried(lambda: scene.services.promotions.plan_rollback(*place))
    if made is not None:
        promoting.go(scene.view.opened(made.id))
        st.rerun()


def undone_by(scene: Scene, release: Release) -> None:
    """Links to what undid it."""
    for one in scene.services.lookback.undoing(scene.actor, scene.layout.name, release.id):
        words = f"{promoting.title(one)}: {promoting.standing(one)[0]}"
        promoting.opens(words, scene.view.opened(one.id))
