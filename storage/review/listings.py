"""What lies under a prefix, listed page by page and kept for a while: many queues share it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from storage.gate import Passage
from storage.model.objects import OBJECT_SCHEMA
from storage.s3.listing import list_page

KEPT = timedelta(minutes=5)
"""Older than this it is listed again, behind the scenes. Each clip that is handed out is looked at
by itself, so an old listing costs a clip its place in the queue, never a wrong verdict."""
_LISTINGS_MAX = 8  # some 100 bytes a key: a million keys are 100 MB
_COLUMNS = ["key", "size", "etag", "modified"]

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Listing:
    """Every object under a prefix (key, size, etag, modified), as it was `at` that time."""

    objects: pa.Table
    at: datetime


class Listings:
    """The listings of this process. Thread-safe: two who want the same one list once."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, str], Listing] = OrderedDict()
        self._busy: dict[tuple[str, str, str], threading.Lock] = {}

    def get(self, where: Passage, prefix: str, tell: Tell, *, since: datetime) -> Listing:
        """A listing that began at `since` or later. `tell` is given how many keys it is at. Raises
        what the store does.
        """
        place = (where.layout.name, where.bucket.role, prefix)
        with self._lock:
            mine = self._busy.setdefault(place, threading.Lock())
        with mine:
            with self._lock:
                kept = self._kept.get(place)
            if kept is not None and kept.at >= since:
                tell(kept.objects.num_rows)
                return kept
            made = list_all(where, prefix, tell, self._clock())
            with self._lock:
                self._kept[place] = made
                self._kept.move_to_end(place)
                while len(self._kept) > _LISTINGS_MAX:
                    self._kept.popitem(last=False)
            return made


def list_all(where: Passage, prefix: str, tell: Tell, now: datetime) -> Listing:
    """Lists everything under `prefix`, a thousand keys a request."""
    batches: list[pa.RecordBatch] = []
    after, listed = "", 0
    while True:
        page = list_page(where.store, where.bucket.bucket, prefix, after=after, delimiter="")
        batches.append(page.objects)
        listed += page.objects.num_rows
        tell(listed)
        if page.next is None:
            table = pa.Table.from_batches(batches, schema=OBJECT_SCHEMA).select(_COLUMNS)
            return Listing(table.combine_chunks(), now)
        after = page.next
