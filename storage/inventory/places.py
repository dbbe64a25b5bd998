"""How many may list at a time.

Who waits for a store far away leaves the processor to others. Beside a near one eight threads only
take it from each other: a million keys took 4.6 s, and 3.4 s with two of them.
"""

from __future__ import annotations

import math
import threading

FIRST = 2  # list the first pages
_PAGES = 12  # that are looked at
_BESIDE = 1  # more than would be busy by themselves: pages do not come evenly


class Places:
    """Lets `FIRST` of at most `most` workers begin, and more of them when pages have shown that
    they are of use. Thread-safe.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._places = threading.Semaphore(min(FIRST, most))
        self._pages = 0
        # others hold a page up: the quickest ones tell what store and processor take
        self._waited_s = self._busy_s = math.inf

    def take(self) -> None:
        """Waits for one."""
        self._places.acquire()

    def leave(self) -> None:
        """Leaves it to another."""
        self._places.release()

    def saw(self, seconds: float, busy_s: float) -> None:
        """One page took its thread so long, and the processor `busy_s` of it."""
        with self._lock:
            self._pages += 1
            self._waited_s = min(self._waited_s, max(seconds - busy_s, 0.0))
            self._busy_s = min(self._busy_s, max(busy_s, 1e-6))
            if self._pages == _PAGES:
                wanted = min(math.ceil(self._waited_s / self._busy_s) + _BESIDE, self._most)
                if wanted > FIRST:
                    self._places.release(wanted - FIRST)
