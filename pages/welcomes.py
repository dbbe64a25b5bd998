"""Welcomes and encouragements: to hear, to change, and the welcomes to send on."""

from __future__ import annotations

from ui import encouragements, errors, gate, startup, welcomes, welcomes_course, welcomes_new

services = startup.ready_services()
scene = welcomes.current(services, gate.actor())
if scene.view.part:
    welcomes.parts(scene)
    encouragements.show(scene)
else:
    with errors.shown():
        listed = welcomes.load(scene)
    if scene.view.course:
        welcomes_course.show(scene, listed)
    else:
        welcomes.parts(scene)
        welcomes.problems(listed)
        with welcomes.controls(scene, listed):
            welcomes_new.ask(scene, listed)
        welcomes.table(scene, listed)
