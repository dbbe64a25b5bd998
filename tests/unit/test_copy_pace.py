"""How many copies are under way."""

from __future__ import annotations

import threading

from storage.s3.pace import Pace


def test_a_busy_store_is_asked_for_half_and_then_for_more_again() -> None:
    """Half as many, never less than one, and all again after a while of good ones."""
    pace = Pace(96)
    for limit in (48, 24, 12, 6, 3, 1, 1):
        pace.was_busy()
        assert pace.limit == limit
    for _ in range(1_000):
        pace.went_well(1)
    assert pace.limit == 96


def test_never_more_than_may_be() -> None:
    """A volley gets what is left of the limit; who does not fit waits until one has ended."""
    pace, entered = Pace(8), threading.Event()
    with pace.some(20) as count:
        assert count == 8
    pace.was_busy()

    def second() -> None:
        with pace.some(8) as got:
            assert got == 4
            entered.set()

    with pace.some(2) as count:
        assert count == 2
        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.1)
    waiting.join(5)
    assert entered.is_set()
