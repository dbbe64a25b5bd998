"""Welcomes: every course's spoken welcome, to hear, to change and to send on."""

from __future__ import annotations

from ui import errors, gate, startup, welcomes, welcomes_course, welcomes_new

services = startup.ready_services()
scene = welcomes.current(services, gate.actor())
with errors.shown():
    listed = welcomes.load(scene)
if scene.view.course:
    welcomes_course.show(scene, listed)
else:
    welcomes.problems(listed)
    with welcomes.controls(scene, listed):
        welcomes_new.ask(scene, listed)
    welcomes.table(scene, listed)
