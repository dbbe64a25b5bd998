"""Budgets against what a month has cost so far and will have cost: what is crossed. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, Literal

from storage.errors import InvalidInput
from storage.model.money import EXACT, Budget, money, plain

Measure = Literal["actual", "forecast"]
DEFAULT_THRESHOLDS = (80, 100)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One threshold that is reached: by what was spent, or by what the month will come to."""

    budget: Budget
    period: str
    measure: Measure
    threshold: int
    amount: Decimal

    @property
    def key(self) -> str:
        """What is told once: the same threshold of a month, by the same measure."""
        return f"{self.budget.id}:{self.period}:{self.measure}:{self.threshold}"


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget and its month: `spent` so far, `expected` at its end."""

    budget: Budget
    title: str
    period: str
    spent: Decimal
    expected: Decimal
    crossed: tuple[Crossing, ...]

    @property
    def percent(self) -> Decimal:
        """Of the budget, what the month will come to."""
        return self.expected / self.budget.amount * 100

    def words(self) -> str:
        """One line: `Stage: 12.30 of 20.00 USD expected in 2026-11`."""
        currency = self.budget.currency
        return (
            f"{self.title}: {money(self.expected, currency)} of "
            f"{money(self.budget.amount, currency)} expected in {self.period}, "
            f"{money(self.spent, currency)} so far"
        )

    def as_json(self) -> dict[str, Any]:
        """The form of `costs budgets --json`, and what a webhook is sent."""
        return {
            "id": self.budget.id,
            "project": self.budget.layout,
            "bucket": self.budget.role,
            "period": self.period,
            "budget": plain(self.budget.amount),
            "spent": plain(self.spent),
            "expected": plain(self.expected),
            "currency": self.budget.currency,
            "crossed": [
                {"measure": one.measure, "threshold_percent": one.threshold} for one in self.crossed
            ],
        }


def state_of(budget: Budget, title: str, monthly: Decimal, now: datetime) -> BudgetState:
    """By what a whole month costs as things are: so much of it is spent as of the month is over."""
    days = calendar.monthrange(now.year, now.month)[1]
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    seconds = int((now - begin).total_seconds())
    with localcontext(EXACT):
        spent = (monthly * seconds / (days * 86_400)).quantize(Decimal(1).scaleb(-12))
    period = f"{now:%Y-%m}"
    crossed = tuple(
        Crossing(budget, period, measure, threshold, amount)
        for threshold in sorted(budget.thresholds)
        for measure, amount in _measures(spent, monthly)
        if amount * 100 >= budget.amount * threshold
    )
    return BudgetState(budget, title, period, spent, monthly, crossed)


def _measures(spent: Decimal, expected: Decimal) -> tuple[tuple[Measure, Decimal], ...]:
    return ("actual", spent), ("forecast", expected)


def check_budget(amount: Decimal, thresholds: Sequence[int]) -> None:
    """Raises InvalidInput for a budget that cannot be meant."""
    if not amount.is_finite() or not 0 < amount < Decimal(10) ** 12:
        raise InvalidInput("A budget is more than nothing.", "Give an amount such as 20.")
    if not thresholds or not all(0 < one <= 1000 for one in thresholds) or len(thresholds) > 8:
        raise InvalidInput(
            "Thresholds are 1 to 1000 per cent, at most eight.", "Give them like 80, 100."
        )
