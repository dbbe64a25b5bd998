"""The scopes that people listen to just now: made in the background, kept, made anew."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from storage.errors import StorageError
from storage.review.snapshot import Snapshot

_KEPT_MAX = 12  # scopes; 60,000 clips are some 60 MB
_AT_ONCE = 2
FIRST_WAIT_S = 2.0  # for a scope nobody has opened yet: longer, and the person is told to wait

Tell = Callable[[int], None]
Build = Callable[[Tell, bool], Snapshot]  # whether it is the first of its scope
Name = tuple[str, ...]


@dataclass
class _Entry:
    snapshot: Snapshot | None = None
    making: Future[None] | None = None
    listed: int = 0
    error: StorageError | None = None


@dataclass(frozen=True, slots=True)
class Making:
    """It is being made; so many keys are listed by now."""

    listed: int


class Snapshots:
    """Thread-safe. A scope is made once at a time, whoever asks."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[Name, _Entry] = OrderedDict()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="review")

    def close(self) -> None:
        """Waits for nothing that has not begun."""
        self._pool.shutdown(cancel_futures=True)

    def get(
        self, name: Name, build: Build, *, fresh: bool = False, wait_s: float = FIRST_WAIT_S
    ) -> Snapshot | Making:
        """The scope as it was made last; an old one is made anew behind the scenes, or, with
        `fresh`, now. Raises what making it did, once; asking again tries again.
        """
        with self._lock:
            entry = self._entries.setdefault(name, _Entry())
            self._entries.move_to_end(name)
            while len(self._entries) > _KEPT_MAX:
                self._entries.popitem(last=False)
            old = entry.snapshot is None or entry.snapshot.is_old(self._clock())
            if (old or fresh) and entry.making is None:
                entry.making = self._pool.submit(self._make, entry, build)
            making = entry.making
        if making is not None and (fresh or entry.snapshot is None):
            wait([making], timeout=wait_s)
        with self._lock:
            error, entry.error = entry.error, None
            if error is not None and (fresh or entry.snapshot is None):
                raise error
            # a renewal that failed leaves the old one, which tells its age
            return entry.snapshot or Making(entry.listed)

    def _make(self, entry: _Entry, build: Build) -> None:
        made, failed = None, None

        def tell(listed: int) -> None:
            entry.listed = listed

        try:
            made = build(tell, entry.snapshot is None)
        except StorageError as error:
            failed = error
        finally:
            with self._lock:
                entry.making = None
                entry.snapshot = made or entry.snapshot
                entry.error = failed
