"""The colours in which a table says how things stand."""

from __future__ import annotations

from typing import Literal

Tone = Literal["", "ok", "warning", "error", "info", "faded"]
