"""Promote: what goes live, planned, approved, run, verified, undone; and what went before."""

from __future__ import annotations

from ui import (
    errors,
    gate,
    promoting,
    promoting_diff,
    promoting_history,
    promoting_new,
    promoting_release,
    startup,
)

services = startup.ready_services()
scene = promoting.current(services, gate.actor())
promoting.parts(scene)
promoting.told()
with errors.shown():
    if scene.view.part == "plan":
        promoting_new.show(scene)
    elif scene.view.part == "diff":
        promoting_diff.show(scene)
    elif scene.view.release:
        promoting_release.show(scene)
    else:
        promoting_history.show(scene)
