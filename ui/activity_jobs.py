"""The jobs on the Activity page: what runs, what ended and how, what can go on."""

from __future__ import annotations

import streamlit as st

from storage.access import allowed_console
from storage.model.people import Can
from ui import errors, jobs, session, settings_log
from ui.activity import Scene
from ui.activity_view import LogView

_PAGE_JOBS = 20


def show(scene: Scene) -> None:
    """The jobs, the newest first: one's own, or everybody's for who may see to them."""
    everyone = allowed_console(scene.actor, Can.JOB_MANAGE)
    st.caption(
        "Long work of everybody. It goes on when a page is closed."
        if everyone
        else "Your long work: uploads, moves, deleting a folder. It goes on when a page is closed."
    )
    before, service = scene.view.job, scene.services.jobs
    with errors.shown():
        some = service.list(scene.actor, everyone=everyone, before=before, limit=1)
    if not some:
        st.info("No long work is here. Uploads, moves and deletes in Browse appear once begun.")
    found = jobs.listing(
        service,
        scene.actor,
        place="activity",
        everyone=everyone,
        before=before,
        limit=_PAGE_JOBS,
        under=settings_log.under,
    )
    ways = []
    if scene.view.job:
        ways.append(("Newest", LogView(show="jobs")))
    if len(found) == _PAGE_JOBS:
        ways.append(("Older", LogView(show="jobs", job=found[-1].id)))
    with st.container(horizontal=True, horizontal_alignment="right"):
        for label, view in ways:
            st.button(label, key=f"activity:{label}", on_click=session.go, args=[view.params()])
