"""Presigned URLs for the player, kept while they are good: a changed URL restarts the playback."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime

from storage.model.objects import PresignedUrl

CACHE_MAX_URLS = 4_096  # some 1 KB each: 4 MB for every clip all open sessions hear in 15 minutes


class ClipUrls:
    """A bounded cache; the least recently used URL goes first. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime], max_urls: int = CACHE_MAX_URLS) -> None:
        self._clock = clock
        self._max_urls = max_urls
        self._lock = threading.Lock()
        self._made: OrderedDict[Hashable, tuple[datetime, PresignedUrl]] = OrderedDict()

    def get(self, key: Hashable, sign: Callable[[datetime], PresignedUrl]) -> PresignedUrl:
        """The URL kept for `key` while more than a third of its life is left, else a new one."""
        now = self._clock()
        with self._lock:  # signing is arithmetic, 0.1 ms: no network under the lock
            kept = self._made.get(key)
            if kept and (kept[1].expires_at - now) * 3 > kept[1].expires_at - kept[0]:
                self._made.move_to_end(key)
                return kept[1]
            made = sign(now)
            self._made[key] = (now, made)
            self._made.move_to_end(key)
            while len(self._made) > self._max_urls:
                self._made.popitem(last=False)
            return made
