"""Listen: hear the new clips of a course one after another, and say of each whether it is good."""

from __future__ import annotations

from ui import (
    errors,
    gate,
    listening,
    listening_clips,
    listening_files,
    listening_hearing,
    listening_progress,
    startup,
)

services = startup.ready_services()
scene = listening.current(services, gate.actor())
with listening.controls(scene):
    listening_files.more(scene)
listening_files.jobs(scene)
if scene.view.scope is None:
    listening.nothing_chosen(scene)
else:
    with errors.shown():
        {"": listening_hearing, "clips": listening_clips, "progress": listening_progress}[
            scene.view.show
        ].show(scene)
