"""A bucket in memory that answers list requests by the book: pages, orders, and a life meanwhile."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from storage.errors import Unavailable
from storage.inventory import scan as scanning
from storage.inventory.ranges import Order
from storage.inventory.scan import Progress, Scan, Target
from storage.inventory.segments import Segments, batches
from storage.model.inventory import LISTED_SCHEMA
from storage.s3.scan_pages import RowsPage

THEN = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Listing:
    """Keys with sizes, and of each how many versions. `at` is called before each answer."""

    def __init__(self, keys: Iterable[str], *, tree: bool = False, versions: int = 1) -> None:
        self.order = Order(tree)
        self.keys = sorted(keys, key=self.order.place)
        self.versions = versions
        self.asked = 0
        self.at: Callable[[int], None] = lambda _number: None
        self._lock = threading.Lock()

    def _answer(self, keys: Sequence[str], *, versions: int, limit: int) -> list[dict[str, Any]]:
        with self._lock:
            self.asked += 1
            number = self.asked
        self.at(number)
        return [
            {
                "key": key,
                "version_id": f"v{version}" if versions > 1 else "",
                "is_latest": version == versions,
                "is_delete_marker": False,
                "size": len(key),
                "etag": "e",
                "modified": THEN,
                "storage_class": "STANDARD",
                "checksum_algorithm": "",
                "upload_id": "",
            }
            for key in keys
            for version in range(versions, 0, -1)
        ]

    def _behind(self, prefix: str, after: str) -> list[str]:
        with self._lock:
            keys = self.keys
        start = bisect_right(keys, self.order.place(after), key=self.order.place) if after else 0
        return [key for key in keys[start:] if key.startswith(prefix)]

    def objects(
        self, _store: Any, _bucket: str, prefix: str, after: str, limit: int = 1_000
    ) -> RowsPage:
        found = self._behind(prefix, after)
        rows = self._answer(found[:limit], versions=1, limit=limit)
        return RowsPage(_batch(rows), len(found) > limit, ("", ""), 1)

    def all_versions(
        self, _store: Any, _bucket: str, prefix: str, after: tuple[str, str], limit: int = 1_000
    ) -> RowsPage:
        key, version = after
        keys = self._behind(prefix, key)
        if version:
            keys = [key, *keys]
        rows = self._answer(keys[: limit + 1], versions=self.versions, limit=limit)
        if version:
            left = int(version[1:]) - 1
            rows = rows[self.versions - left :]
        page = rows[:limit]
        more = len(rows) > limit
        marker = (page[-1]["key"], page[-1]["version_id"]) if more else ("", "")
        return RowsPage(_batch(page), more, marker, 1)


def _batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, LISTED_SCHEMA)


def scanned(
    listing: Listing,
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    prefix: str = "",
    page_keys: int = 7,
    segment_rows: int = 20,
    workers: int = 4,
    versions: bool = False,
    order: Order | None = None,
    stop: Callable[[], None] = lambda: None,
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> tuple[list[tuple[str, str]], int]:
    """Every key and version id in the segments after one run, in their order; all requests."""
    patch.setattr(scanning, "list_objects", listing.objects)
    patch.setattr(scanning, "list_versions", listing.all_versions)
    patch.setattr(scanning, "SEGMENT_ROWS", segment_rows)
    patch.setattr(scanning, "_BACK_OFF_S", 0.001)
    store: Any = None
    target = Target(
        store,
        "b",
        prefix,
        versions,
        order or listing.order,
        lambda keys: ["k"] * len(keys),
        page_keys,
    )
    segments = Segments(folder, {"prefix": prefix})
    scan = Scan(target, segments, workers)
    try:
        scan.run(tell, stop)
    finally:
        segments.close()
    return read(segments), scan.requests


def read(segments: Segments) -> list[tuple[str, str]]:
    """What is in them, in the order of places."""
    return [
        (row["key"], row["version_id"])
        for segment in sorted(segments.done, key=lambda one: one.after)
        for batch in batches(segments.folder, segment)
        for row in batch.to_pylist()
    ]


def failing(numbers: set[int]) -> Callable[[int], None]:
    """The store does not answer these requests."""

    def at(number: int) -> None:
        if number in numbers:
            raise Unavailable("The store took too long to answer.")

    return at
