"""How fast a job goes, and how long it will take."""

from __future__ import annotations

import pytest

from ui.pace import Seen, per_second, time_left, watched


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    """A slow beginning is forgotten; a run that begins anew is another."""
    seen: tuple[Seen, ...] = ()
    for at, done in ((0, 0), (10, 10), (20, 110), (35, 410), (45, 610)):
        seen = watched(seen, Seen(at, done))
    assert per_second(seen) == 20.0
    assert watched(seen, Seen(46, 5)) == (Seen(46, 5),)


@pytest.mark.parametrize(
    "seen",
    [(), (Seen(0, 1),), (Seen(0, 1), Seen(1, 9)), (Seen(0, 1), Seen(9, 1))],
    ids=["nothing", "one look", "too soon", "no move"],
)
def test_it_is_not_guessed(seen: tuple[Seen, ...]) -> None:
    """From too little, or where nothing moves."""
    assert per_second(seen) is None


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (30, "less than a minute left"),
        (60, "about 1 minute left"),
        (300, "about 5 minutes left"),
        (7_200, "about 2 hours left"),
        (400_000, "about 5 days left"),
    ],
)
def test_the_time_left_reads_at_a_glance(left: int, words: str) -> None:
    """Rounded, in one unit."""
    assert time_left(left, 1.0) == words
