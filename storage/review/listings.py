"""What lies under a prefix, listed page by page and kept for a while: many queues share it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from storage.gate import Passage
from storage.model.listings import OBJECT_SCHEMA
from storage.review.kept import KeptTables
from storage.s3.listing import list_pages

KEPT = timedelta(minutes=5)
"""Older than this it is listed again, behind the scenes. Each clip that is handed out is looked at
by itself, so an old listing costs a clip its place in the queue, never a wrong verdict."""
_LISTINGS_MAX = 8  # some 100 bytes a key: a million keys are 100 MB
_LISTERS = 8
_COLUMNS = ["key", "size", "etag", "modified"]

_SCHEMA = pa.schema([OBJECT_SCHEMA.field(name) for name in _COLUMNS])

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Listing:
    """Every object under a prefix (key, size, etag, modified), as it was `at` that time."""

    objects: pa.Table
    at: datetime


class Listings:
    """The listings of this process. Thread-safe: two who want the same one list once."""

    def __init__(self, clock: Callable[[], datetime], shelf: KeptTables) -> None:
        self._clock = clock
        self._shelf = shelf
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], Listing] = OrderedDict()
        self._busy: dict[tuple[str, ...], threading.Lock] = {}

    def get(
        self,
        where: Passage,
        prefix: str,
        tell: Tell,
        *,
        since: datetime | None,
        beginnings: Sequence[str] = ("",),
    ) -> Listing:
        """A listing that began at `since` or later (None: any that an earlier console kept), of the
        keys that go on behind the prefix with one of `beginnings`: these are listed at once. `tell`
        is given how many keys it is at. Raises what the store does.
        """
        place = (where.layout.name, where.bucket.role, prefix, *beginnings)
        with self._lock:
            mine = self._busy.setdefault(place, threading.Lock())
        with mine:
            with self._lock:
                kept = self._kept.get(place)
            if kept is None and since is None:
                kept = self._read(self._named(where, place))
            if kept is not None and (since is None or kept.at >= since):
                tell(kept.objects.num_rows)
                return self._keep(place, kept)
            made = list_all(where, [prefix + one for one in beginnings], tell, self._clock())
            self._shelf.write(self._named(where, place), made.objects, made.at.isoformat())
            return self._keep(place, made)

    def _read(self, name: tuple[str, ...]) -> Listing | None:
        found = self._shelf.read(name, _SCHEMA)
        return Listing(found[0], datetime.fromisoformat(found[1])) if found else None

    def _keep(self, place: tuple[str, ...], listing: Listing) -> Listing:
        with self._lock:
            self._kept[place] = listing
            self._kept.move_to_end(place)
            while len(self._kept) > _LISTINGS_MAX:
                self._kept.popitem(last=False)
        return listing

    def _named(self, where: Passage, place: tuple[str, ...]) -> tuple[str, ...]:
        """Also by the store and bucket, which another configuration may give the same role."""
        return ("listing", where.store.client.meta.endpoint_url, where.bucket.bucket, *place)


def list_all(where: Passage, prefixes: Sequence[str], tell: Tell, now: datetime) -> Listing:
    """Everything under `prefixes`, which overlap nowhere, in their order; a thousand keys a
    request, some of them at a time.
    """
    listed: dict[str, int] = {}

    def pages(prefix: str) -> list[pa.RecordBatch]:
        found: list[pa.RecordBatch] = []
        for page in list_pages(where.store, where.bucket.bucket, prefix):
            found.append(page.objects)
            listed[prefix] = listed.get(prefix, 0) + page.objects.num_rows
            tell(sum(list(listed.values())))
        return found

    with ThreadPoolExecutor(min(_LISTERS, len(prefixes))) as pool:
        batches = [batch for found in pool.map(pages, prefixes) for batch in found]
    table = pa.Table.from_batches(batches, schema=OBJECT_SCHEMA).select(_COLUMNS)
    return Listing(table.combine_chunks(), now)
