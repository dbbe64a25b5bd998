"""The Listen tab: the player."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import streamlit as st

from storage.model.people import Can
from ui import listening_files
from ui.listen.listen import Listening, listen
from ui.listening import Scene

_DONE = (
    "All of this is heard.",
    "Choose another course above, or look through what was said under Clips.",
)


def show(scene: Scene) -> None:
    """The player over the queue of the scene."""
    layout, view = scene.layout, scene.view
    reasons = layout.review.reasons
    listen(
        Listening(
            query={
                "layout": layout.name,
                "role": view.bucket,
                "scope": scene.scope.as_json(),
                "order": view.order,
            },
            person=scene.actor.id,
            reasons=[asdict(reason) for reason in reasons],
            limits=layout.audio,
            may_measure=scene.may(Can.CLIP_MEASURE) and not listening_files.measuring(scene),
            first=view.at,
            turn=listening_files.measured(),
            empty=_DONE,
        ),
        measure=partial(listening_files.measure, scene),
        key="listening:player",
    )
    if scene.read_only:
        st.caption("The console is switched to reading only: verdicts wait in this browser.")
