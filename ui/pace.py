"""How fast a job goes and how long it will take, from what was seen of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WINDOW_S = 30.0  # what it did before is no guide to when it will end
_SURE_AFTER_S = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """How much was done at a time, in seconds of any clock that does not jump."""

    at_s: float
    done: int


def watched(before: Sequence[Seen], now: Seen) -> tuple[Seen, ...]:
    """What was seen within the last half minute, `now` included; another run begins anew."""
    if before and now.done < before[-1].done:
        return (now,)
    return (*(seen for seen in before if now.at_s - seen.at_s <= _WINDOW_S), now)


def per_second(seen: Sequence[Seen]) -> float | None:
    """None while it is not known, or nothing moves."""
    if not seen or seen[-1].at_s - seen[0].at_s < _SURE_AFTER_S:
        return None
    rate = (seen[-1].done - seen[0].done) / (seen[-1].at_s - seen[0].at_s)
    return rate or None


def time_left(left: int, rate: float) -> str:
    """`about 3 minutes left`, to be read at a glance; `left` in the units of `rate` per second."""
    seconds = left / rate
    if seconds < 60:
        return "less than a minute left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} minute{'' if minutes == 1 else 's'} left"
    hours = round(minutes / 60)
    return f"about {hours} hours left" if hours < 48 else f"about {round(hours / 24)} days left"
