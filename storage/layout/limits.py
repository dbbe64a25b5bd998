"""A layout's `[audio]` table: from where on the measure of a recording is a finding."""

from __future__ import annotations

from storage.model.audio import AudioLimits
from storage.tomlfile import Field, Node

# Lowest and highest that make sense; what lies beyond is a slip of the pen.
_RANGES = {
    "target_lufs": (-60.0, 0.0),
    "tolerance_lu": (0.1, 30.0),
    "max_dbtp": (-30.0, 0.0),
    "lead_s": (0.0, 60.0),
    "trail_s": (0.0, 60.0),
    "pause_s": (0.0, 600.0),
}
_FIELDS = {"pause_s": "inner_s"}  # by their names in AudioLimits, where these differ


def build_limits(node: Node) -> AudioLimits:
    """The limits; those of course audio where the table says nothing. Raises ConfigError."""
    node.check(dict.fromkeys(_RANGES, Field("figure")))
    usual, found = AudioLimits(), {}
    for name, (low, high) in _RANGES.items():
        field = _FIELDS.get(name, name)
        found[field] = value = node.figure(name, getattr(usual, field))
        if not low <= value <= high:
            raise node.wrong(f"is {value:g}.", f"It must be from {low:g} to {high:g}.", name)
    return AudioLimits(**found)
