"""Costs: what storing costs, why, and what would change it."""

from __future__ import annotations

from ui import (
    costs,
    costs_ahead,
    costs_budgets,
    costs_last,
    costs_now,
    costs_prices,
    costs_scans,
    costs_whatif,
    errors,
    gate,
    startup,
)

services = startup.ready_services()
scene = costs.current(services, gate.actor())
costs.choice(scene)
with errors.shown():
    found = costs.load(scene)
costs.sources(scene, found)
costs.running(scene)
part = scene.view.part
if part == "prices":
    costs_prices.show(scene, found)
elif part == "budgets":
    costs_budgets.show(scene, found)
elif part == "scans":
    costs_scans.show(scene, found)
elif not found.measured and part != "forecast":
    costs.nothing_measured(scene, found)
elif part == "last":
    costs_last.show(scene, found)
elif part == "whatif":
    costs_whatif.show(scene, found)
elif part == "forecast":
    costs_ahead.show(scene, found)
else:
    costs_now.show(scene, found)
