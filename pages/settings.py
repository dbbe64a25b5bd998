"""Settings: what an admin switches, gives out, ends and looks up."""

from __future__ import annotations

from ui import gate, session, settings, startup

services = startup.ready_services()
actor = gate.actor()
session.title("Settings")
settings.choice(actor).show(services, actor)
