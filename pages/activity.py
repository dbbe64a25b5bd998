"""Activity: who did what, and the long work that is under way."""

from __future__ import annotations

from ui import activity, activity_jobs, costs_budgets, errors, gate, session, startup

services = startup.ready_services()
actor = gate.actor()
session.title("Activity")
scene = activity.current(services, actor)
costs_budgets.crossed(services, actor)

activity.choice(scene)
if scene.view.show == "jobs":
    activity_jobs.show(scene)
else:
    activity.filters(scene)
    with errors.shown():
        activity.troubles(scene)
        page = activity.load(scene)
    activity.table(scene, page)
    if page.rows:
        activity.take_along(scene)
