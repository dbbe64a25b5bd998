"""Browse: walk a bucket by folders, open an object, hear it, take it along."""

from __future__ import annotations

import streamlit as st

from ui import (
    browse,
    errors,
    gate,
    notices,
    outcomes,
    panel,
    session,
    startup,
    whole_bucket,
    working,
    writing,
)

services = startup.ready_services()
actor = gate.actor()
layout = session.header("Browse", services.layouts)
scene = browse.Scene(
    services,
    actor,
    layout,
    browse.current_view(actor, layout),
    read_only=services.switches.read_only() is not None,
)

with browse.controls(scene):
    writing.here(scene)
outcomes.show(scene)
working.show(scene)
with errors.shown():
    listing = whole_bucket.load(scene) if whole_bucket.is_searched(scene) else browse.load(scene)
notices.moved(services, actor, layout, [scene.view.bucket])
writing.dialog(scene)

left, right = st.columns([2.4, 1], gap="medium")
with left:
    whole_bucket.line(scene)
    ticked = browse.table(scene, listing)
with right, st.container(border=True, key="browse:panel"):
    if ticked:
        panel.selection(scene, listing, ticked)
    if scene.view.at:
        panel.one(scene)
    elif not ticked:
        panel.nothing(scene, listing)
