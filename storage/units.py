"""Quantities for people: sizes in KiB/MiB, durations, lives of links."""

from __future__ import annotations

import re

from storage.errors import InvalidInput

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def human_bytes(size_bytes: int) -> str:
    """`1.4 MiB`, `812 B`; three figures at most."""
    value = float(size_bytes)
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            break
        value /= 1024
    if unit == "B":
        return f"{size_bytes} B"
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


def parse_bytes(text: str) -> int:
    """Bytes of `5000`, `64KiB`, `10MiB`, `2GiB`. Raises InvalidInput for anything else."""
    found = re.fullmatch(r"(\d{1,15})(B|KiB|MiB|GiB|TiB)?", text.strip())
    if not found:
        raise InvalidInput(f"{text!r} is not a size.", "Write it like 500KiB, 10MiB or 2GiB.")
    return int(found[1]) << 10 * _UNITS.index(found[2] or "B")


def human_seconds(seconds: int) -> str:
    """`15 minutes`, `7 days`: the largest unit that divides exactly."""
    for name, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"


def parse_duration(text: str) -> int:
    """Seconds of `90s`, `15m`, `2h`, `7d`. Raises InvalidInput for anything else."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text.strip())
    if not found:
        raise InvalidInput(f"{text!r} is not a duration.", "Write it like 90s, 15m, 2h or 7d.")
    return int(found[1]) * _SECONDS[found[2]]
