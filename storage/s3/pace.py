"""How many requests are under way: fewer where a store asks for patience, then more again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Pace:
    """Between one and `most` at once. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = most
        self._busy = 0
        self._good = 0
        self._free = threading.Condition()

    @property
    def limit(self) -> int:
        """How many may be under way now."""
        return self._limit

    @contextmanager
    def some(self, wanted: int) -> Iterator[int]:
        """While that many of them are under way, or as many as may be: how many."""
        with self._free:
            while self._busy + (count := min(wanted, self._limit)) > self._limit:
                self._free.wait()
            self._busy += count
            self._pass_on()
        try:
            yield count
        finally:
            with self._free:
                self._busy -= count
                self._pass_on()

    def went_well(self, count: int) -> None:
        """After as many in a row as may be under way, an eighth more may."""
        if self._limit == self._most:
            return
        with self._free:
            self._good += count
            if self._good >= self._limit:
                self._good = 0
                self._limit = min(self._limit + max(1, self._limit // 8), self._most)
                self._pass_on()

    def _pass_on(self) -> None:
        """Where there is room, one looks whether it is enough, and then the next: to wake thirty
        for one place takes as long as what they wait for.
        """
        if self._busy < self._limit:
            self._free.notify()

    def was_busy(self) -> None:
        """Half as many from now on."""
        with self._free:
            self._good = 0
            self._limit = max(self._limit // 2, 1)
