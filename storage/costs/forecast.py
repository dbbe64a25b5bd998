"""What the next months will cost, from the totals of earlier scans, and how sure that is. Pure.

A straight line through the days, with an interval: growth of audio comes in courses, which no curve
foresees, so nothing finer is claimed. With too little history there is no line, and it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from math import sqrt
from typing import Any

from storage.costs.estimate import MONTH_DAYS
from storage.model.money import plain

LEAST_POINTS = 4
LEAST_DAYS = 14
SURE = 80
"""Per cent: the cost will be within the interval so often, if growth goes on as it did."""

# Student's t for 80 per cent on both sides, by degrees of freedom (1 to 10, then about)
_T80 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
_T80_MANY = 1.33


@dataclass(frozen=True, slots=True)
class Point:
    """A day's cost a month, as stored then, and its bytes."""

    day: date
    amount: Decimal
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Ahead:
    """One month from now: what it will cost, and between what it lies."""

    day: date
    amount: Decimal
    low: Decimal
    high: Decimal

    def as_json(self) -> dict[str, str]:
        """The form of `costs forecast --json`, to the precision that there is."""
        return {
            "month": f"{self.day:%Y-%m}",
            **{
                name: plain(rounded(getattr(self, name), self))
                for name in ("amount", "low", "high")
            },
        }


@dataclass(frozen=True, slots=True)
class Forecast:
    """`months` ahead, none where `why` says why not. `growth` is a month."""

    points: tuple[Point, ...]
    months: tuple[Ahead, ...]
    growth: Decimal | None
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form of `costs forecast --json`."""
        return {
            "history": [
                {"day": f"{one.day}", "amount": plain(one.amount), "bytes": one.bytes}
                for one in self.points
            ],
            "months": [one.as_json() for one in self.months],
            "interval_percent": SURE,
            "growth_a_month": None if self.growth is None else plain(_figures(self.growth, 2)),
            "why_not": self.why,
        }


def forecast(points: Sequence[Point], months: int = 12) -> Forecast:
    """The next `months` from the history, oldest first; one point a day counts, the last."""
    days = {one.day: one for one in points}
    known = tuple(days[day] for day in sorted(days))
    if len(known) < LEAST_POINTS or (known[-1].day - known[0].day).days < LEAST_DAYS:
        return Forecast(known, (), None, _too_little(known))
    line = _Line.through(known)
    ahead = []
    for month in range(1, months + 1):
        day = known[-1].day + timedelta(days=MONTH_DAYS * month)
        middle, reach = line.at(day), line.reach(day)
        low, high = (max(0.0, middle + sign * reach) for sign in (-1, 1))
        ahead.append(Ahead(day, *(_decimal(value) for value in (max(0.0, middle), low, high))))
    return Forecast(known, tuple(ahead), _decimal(line.slope * MONTH_DAYS))


def _too_little(known: Sequence[Point]) -> str:
    if not known:
        return "Nothing was measured yet, so nothing can be foreseen."
    span = (known[-1].day - known[0].day).days
    there = (
        f"There are {len(known)} scans over {span} days." if span else "All scans are of one day."
    )
    return (
        f"{there} A forecast needs {LEAST_POINTS} scans "
        f"over {LEAST_DAYS} days; from less it would be a guess."
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """Least squares, by days since the first point."""

    start: date
    slope: float
    base: float
    mean_day: float
    spread: float  # sum of squares of the days around their mean
    error: float  # standard error of one point
    count: int

    @classmethod
    def through(cls, points: Sequence[Point]) -> _Line:
        start = points[0].day
        days = [float((one.day - start).days) for one in points]
        amounts = [float(one.amount) for one in points]
        count = len(points)
        mean_day, mean = sum(days) / count, sum(amounts) / count
        spread = sum((day - mean_day) ** 2 for day in days)
        slope = (
            sum(
                (day - mean_day) * (amount - mean)
                for day, amount in zip(days, amounts, strict=True)
            )
            / spread
        )
        base = mean - slope * mean_day
        left = sum(
            (amount - base - slope * day) ** 2 for day, amount in zip(days, amounts, strict=True)
        )
        return cls(start, slope, base, mean_day, spread, sqrt(left / (count - 2)), count)

    def at(self, day: date) -> float:
        return self.base + self.slope * (day - self.start).days

    def reach(self, day: date) -> float:
        """Half of the interval for a single new day: it grows with the distance."""
        away = (day - self.start).days - self.mean_day
        freedom = self.count - 2
        t = _T80[freedom - 1] if freedom <= len(_T80) else _T80_MANY
        return t * self.error * sqrt(1 + 1 / self.count + away**2 / self.spread)


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


def rounded(value: Decimal, ahead: Ahead) -> Decimal:
    """No finer than the interval: two figures of its width, and at most cents."""
    width = ahead.high - ahead.low
    places = max(-2, width.adjusted() - 1) if width else -2
    return value.quantize(Decimal(1).scaleb(places), ROUND_HALF_EVEN)


def _figures(value: Decimal, figures: int) -> Decimal:
    if not value:
        return Decimal(0)
    return value.quantize(Decimal(1).scaleb(value.adjusted() - figures + 1), ROUND_HALF_EVEN)
