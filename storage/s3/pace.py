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
    def one(self) -> Iterator[None]:
        """While one of them is under way."""
        with self._free:
            while self._busy >= self._limit:
                self._free.wait()
            self._busy += 1
        try:
            yield
        finally:
            with self._free:
                self._busy -= 1
                self._free.notify()

    def went_well(self) -> None:
        """After as many in a row as may be under way, one more may."""
        if self._limit == self._most:
            return
        with self._free:
            self._good += 1
            if self._good >= self._limit:
                self._good = 0
                self._limit = min(self._limit + 1, self._most)
                self._free.notify()

    def was_busy(self) -> None:
        """Half as many from now on."""
        with self._free:
            self._good = 0
            self._limit = max(self._limit // 2, 1)
