"""Property tests run on machines that are busy with other things: slow is not wrong."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("busy-machine", deadline=None)
settings.load_profile("busy-machine")
