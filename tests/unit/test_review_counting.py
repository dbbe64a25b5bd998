"""Numbers of how far the listening is, and in which order its parts stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.model.review_progress import Part
from storage.review.counting import by_number, pace_per_hour


def test_slices_stand_in_the_order_of_their_numbers() -> None:
    """2 before 11, and the introduction, which has none, first."""
    parts = [Part(name) for name in ("0", "1", "10", "11", "2", "-1")]
    assert [part.name for part in by_number(parts)] == ["-1", "0", "1", "2", "10", "11"]


def test_the_pace_leaves_out_breaks_and_batches() -> None:
    """A clip in six seconds, whatever lies between: an hour's break, or ten verdicts at once."""
    at = datetime(2026, 11, 27, 9, tzinfo=UTC)
    steps = [6.0] * 6 + [3_600.0] + [6.0] * 6 + [0.01] * 10
    times = [at]
    for step in steps:
        times.append(times[-1] + timedelta(seconds=step))
    assert pace_per_hour(times) == 600.0
    assert pace_per_hour(times[:4]) is None
