"""How many list at a time: few beside a near store, more where they wait for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.inventory.places import FIRST, Places


def at_a_time(places: Places, workers: int) -> int:
    """How many of so many workers may list while none of them ends."""
    inside, all_over = [], threading.Event()

    def work() -> None:
        places.take()
        inside.append(1)
        all_over.wait(10)
        places.leave()

    with ThreadPoolExecutor(workers) as pool:
        for _ in range(workers):
            pool.submit(work)
        all_over.wait(0.1)
        found = len(inside)
        all_over.set()
    assert len(inside) == workers, "whoever waited for a place had one in the end"
    return found


@pytest.mark.parametrize(
    ("waited_s", "busy_s", "expected"),
    [
        pytest.param(0.0004, 0.0024, 2, id="a stand-in on this machine"),
        pytest.param(0.0119, 0.0024, 6, id="SeaweedFS on this machine"),
        pytest.param(0.060, 0.0024, 8, id="another region"),
        pytest.param(0.0, 0.0, 2, id="a clock that stands still"),
    ],
)
def test_as_many_as_a_store_keeps_waiting(waited_s: float, busy_s: float, expected: int) -> None:
    """By the quickest of the first pages, for others hold the rest up."""
    places = Places(8)
    for number in range(50):
        held_up = 0.5 if number % 3 else 0.0
        places.saw(waited_s + busy_s + held_up, busy_s)
    assert at_a_time(places, 8) == expected


def test_few_begin() -> None:
    """Until pages have shown what they take."""
    places = Places(8)
    for _ in range(11):
        places.saw(0.1, 0.002)
    assert at_a_time(places, 8) == FIRST


def test_never_more_than_there_are() -> None:
    """One worker is one."""
    places = Places(1)
    for _ in range(20):
        places.saw(0.1, 0.002)
    assert at_a_time(places, 1) == 1
