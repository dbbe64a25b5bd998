"""Forecasts, recordings, budgets: no more certain than what is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from costs_rig import BOOK

from storage.costs.budget import check_budget, state_of
from storage.costs.forecast import Point, forecast
from storage.costs.recordings import recordings
from storage.errors import InvalidInput
from storage.model.money import Budget

START = date(2026, 8, 1)


def _points(*amounts: str, every: int = 10) -> list[Point]:
    return [
        Point(START + timedelta(days=every * at), Decimal(amount))
        for at, amount in enumerate(amounts)
    ]


def test_steady_growth_goes_on() -> None:
    """0.10 more every ten days is 0.30 a month, and without any scatter the interval is a point."""
    made = forecast(_points("1.0", "1.1", "1.2", "1.3", "1.4"), months=2)
    assert [one.as_json()["amount"] for one in made.months] == ["1.7", "2"]
    assert [one.as_json()["low"] for one in made.months] == ["1.7", "2"]
    assert made.as_json()["growth_a_month"] == "0.3"


def test_the_interval_by_hand() -> None:
    """Days 0, 10, 20, 30 and costs 1, 3, 2, 4: slope 0.08, base 1.3, squares left 1.8, so the error
    of a point is sqrt(0.9) = 0.948683; 30 days ahead, day 60, is 45 from the mean 15 of squares 500:
    reach = 1.886 * 0.948683 * sqrt(1 + 1/4 + 2025/500) = 4.119. Middle 6.1: 2.0 to 10.2."""
    (ahead,) = forecast(_points("1", "3", "2", "4"), months=1).months
    assert round(ahead.amount, 6) == Decimal("6.1")
    assert round(ahead.high - ahead.amount, 3) == Decimal("4.119")
    # the interval is 8.2 wide: tenths are all that is said
    assert ahead.as_json() == {"month": "2026-09", "amount": "6.1", "low": "2", "high": "10.2"}


def test_the_interval_widens_and_never_goes_under_nothing() -> None:
    """Further ahead is less sure; costs are not negative."""
    made = forecast(_points("4", "1", "3", "0.5", "2"), months=12)
    widths = [one.high - one.low for one in made.months]
    assert made.months[0].high - made.months[0].amount < made.months[-1].high
    assert all(one.low >= 0 for one in made.months)
    assert widths[0] > 0


@pytest.mark.parametrize(
    "points", [[], _points("1"), _points("1", "2", "3"), _points("1", "2", "3", "4", every=4)]
)
def test_too_little_history_is_no_forecast(points: list[Point]) -> None:
    """Under four scans or fourteen days nothing is foreseen, and it is said why."""
    made = forecast(points)
    assert (made.months, made.growth) == ((), None)
    assert made.why


def test_a_day_counts_once() -> None:
    """Ten scans on one day are one point: the last of them."""
    many = [Point(START, Decimal(at)) for at in range(10)]
    assert forecast(many).points == (many[-1],)


def test_a_thousand_recordings_and_the_old_estimate() -> None:
    """1,000 of 1 MB: 0.0225 to store, 0.005 to upload, 0.0004 to play once, nothing to send. The
    old "1 USD" was 45 times too high, and 5 to 10 USD would need 56 to 111 GB played."""
    made = recordings(1000, BOOK, "us-east-1")
    assert made.estimate.total == Decimal("0.0278609375")
    assert "0.0225 USD a month, not 1 USD" in made.why[0]
    assert "45 times" in made.why[0]
    assert "56 to 111 GB" in made.why[1]
    assert "first 100 GB" in made.why[2]


def test_ten_thousand_recordings_played_often() -> None:
    """10,000 of 1 MB, played 20 times each: 9.765625 GB stored, 195.3125 GB out, of which 100 are
    free: 0.224609375 + 0.05 + 0.08 + 95.3125 * 0.09."""
    made = recordings(10_000, BOOK, "us-east-1", plays=20)
    assert made.estimate.total == Decimal("8.932734375")
    assert made.why == ()


def _budget(amount: str = "10", thresholds: tuple[int, ...] = (80, 100)) -> Budget:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return Budget("b1", "ssi", "", Decimal(amount), "USD", thresholds, "me", "Me", at)


def test_a_budget_by_what_is_spent_and_by_what_will_be() -> None:
    """9 USD a month, on the 16th of a month of 30 days: 4.50 spent of 10, 9 expected: only the
    forecast has crossed 80 per cent."""
    state = state_of(_budget(), "ssi", Decimal(9), datetime(2026, 11, 16, tzinfo=UTC))
    assert (state.spent, state.expected, state.percent) == (Decimal("4.5"), 9, 90)
    assert [(one.measure, one.threshold) for one in state.crossed] == [("forecast", 80)]


def test_both_measures_cross_in_their_time() -> None:
    """20 USD a month against 10: forecast over both thresholds at once; on the 25th (24/30 of 20 =
    16) so is what was spent. Each is told once a month: its key says which."""
    late = state_of(_budget(), "ssi", Decimal(20), datetime(2026, 11, 25, tzinfo=UTC))
    keys = [one.key for one in late.crossed]
    assert keys == [
        "b1:2026-11:actual:80",
        "b1:2026-11:forecast:80",
        "b1:2026-11:actual:100",
        "b1:2026-11:forecast:100",
    ]


def test_exactly_at_the_threshold_is_reached() -> None:
    """80 per cent of 10 is 8."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    assert state_of(_budget(), "", Decimal(8), begin).crossed
    assert not state_of(_budget(), "", Decimal("7.999999"), begin).crossed


@pytest.mark.parametrize(
    ("amount", "thresholds"),
    [("0", (80,)), ("-1", (80,)), ("NaN", (80,)), ("1", ()), ("1", (0,)), ("1", (2000,))],
)
def test_budgets_that_cannot_be_meant(amount: str, thresholds: tuple[int, ...]) -> None:
    """No budget of nothing, no thresholds beyond reason."""
    with pytest.raises(InvalidInput):
        check_budget(Decimal(amount), thresholds)
