"""Listing a bucket or a prefix in parallel, into segments on disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import StorageError, Unavailable, Unsupported
from storage.inventory.places import Places
from storage.inventory.ranges import Order, gaps
from storage.inventory.segments import Segments, SegmentWriter
from storage.inventory.shards import PAGE_KEYS, Shard, Shards, measure
from storage.model.inventory import ROW_SCHEMA
from storage.s3.client import Store
from storage.s3.scan_pages import RowsPage, list_objects, list_versions

WORKERS = 8  # list requests at a time, at most; past this one process does not get faster
SEGMENT_ROWS = 20_000  # rows a file: what a resumed scan may have to list again, for each worker
_TELL_EVERY_S = 0.5
_TRIES = 6  # each of them the SDK's own three
_BACK_OFF_S = 1.0  # before the second try, doubled before each further one

Classify = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """What is listed, and how its keys are told apart."""

    store: Store
    bucket: str
    prefix: str
    versions: bool
    order: Order
    classify: Classify
    page_keys: int = PAGE_KEYS


@dataclass(slots=True)
class Progress:
    """How far a scan is: what was listed, and how many rows there seem to be."""

    rows: int = 0
    expected: int = 0
    requests: int = 0


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    requests: int = 0
    error: BaseException | None = None
    over: threading.Event = field(default_factory=threading.Event)


class Scan:
    """One run over `target` that goes on from what `segments` hold."""

    def __init__(self, target: Target, segments: Segments, workers: int = WORKERS) -> None:
        self._target = target
        self._segments = segments
        self._workers = workers
        done = [(one.after, one.until) for one in segments.done]
        self._shards = Shards(gaps(done), target.page_keys)
        self._changed = threading.Condition()
        self._tally = _Tally(
            rows=sum(one.rows for one in segments.done),
            requests=max((one.requests for one in segments.done), default=0),
        )
        self._measuring = False
        self._places = Places(workers)

    @property
    def requests(self) -> int:
        """All that were made, by earlier runs too as far as their segments say."""
        return self._tally.requests

    def run(self, tell: Callable[[Progress], None], stop: Callable[[], None]) -> None:
        """Lists what is left. `tell` is called twice a second; `stop` raises to end the scan, and
        what was listed until then is kept for the next run.

        Raises NotFound, AccessDenied, Unavailable; Unsupported where the store's order is none
        that can be shared out.
        """
        with ThreadPoolExecutor(self._workers, thread_name_prefix="scan") as pool:
            running = [pool.submit(self._work) for _ in range(self._workers)]
            try:
                while wait(running, timeout=_TELL_EVERY_S).not_done:
                    stop()
                    tell(self._progress())
            finally:
                self._end()
        if self._tally.error is not None:
            raise self._tally.error
        tell(self._progress())

    def _progress(self) -> Progress:
        with self._changed:
            rows = self._tally.rows
            return Progress(rows, rows + round(self._shards.left()), self._tally.requests)

    def _end(self, error: BaseException | None = None) -> None:
        with self._changed:
            self._tally.error = self._tally.error or error
            self._tally.over.set()
            self._changed.notify_all()

    def _work(self) -> None:
        self._places.take()
        try:
            while (shard := self._take()) is not None:
                self._list(shard)
        except BaseException as error:  # noqa: BLE001  raised again by the thread that waits
            self._end(error)
        finally:
            self._places.leave()

    def _take(self) -> Shard | None:
        """The next range for this worker; None when all are done or the scan has to stop."""
        with self._changed:
            while not self._tally.over.is_set():
                shard = self._shards.take()
                if shard is not None:
                    return shard
                if not self._shards.active:
                    self._tally.over.set()
                    self._changed.notify_all()
                    return None
                open_end = None if self._measuring else self._shards.to_measure()
                if open_end is None:
                    self._changed.wait()
                    continue
                self._measure(open_end)
        return None

    def _measure(self, shard: Shard) -> None:
        """Finds where the names end, without holding the others up."""
        self._measuring = True
        self._changed.release()
        try:
            floor = len(self._target.prefix)
            top = measure(shard, self._target.order, floor, self._has_more)
        finally:
            self._changed.acquire()
            self._measuring = False
        if shard.top is None:
            shard.top = max(top, shard.cursor)
        self._changed.notify_all()

    def _has_more(self, after: str) -> bool:
        target = self._target
        place = (target.store, target.bucket, target.prefix, after)
        page = self._patiently(lambda: list_objects(*place, limit=1))
        with self._changed:
            self._tally.requests += page.requests
        return bool(page.rows.num_rows)

    # -- one range ----------------------------------------------------------------------------

    def _list(self, shard: Shard) -> None:
        target, tally = self._target, self._tally
        writer = self._segments.begin(shard.after)
        marker, last_key = (target.order.key(shard.after), ""), ""
        while not tally.over.is_set():
            began, busy = time.perf_counter(), time.thread_time()
            page = self._page(marker)
            rows, until, done = self._accept(shard, page, last_key)
            writer = self._write(writer, rows, last_key)
            self._places.saw(time.perf_counter() - began, time.thread_time() - busy)
            if done:
                self._segments.finish(writer, until, tally.requests)
                return
            last_key = rows["key"][-1].as_py()
            marker = page.marker if target.versions else (last_key, "")
        if last_key and not target.versions:
            self._segments.finish(writer, target.order.place(last_key), tally.requests)
        else:  # a key's versions may be on the next page: the next run lists these again
            writer.close()

    def _page(self, marker: tuple[str, str]) -> RowsPage:
        target = self._target
        place, limit = (target.store, target.bucket, target.prefix), target.page_keys
        if target.versions:
            return self._patiently(lambda: list_versions(*place, marker, limit))
        return self._patiently(lambda: list_objects(*place, marker[0], limit))

    def _patiently(self, ask: Callable[[], RowsPage]) -> RowsPage:
        """The answer, asked for again for half a minute while the store gives none."""
        for attempt in range(_TRIES - 1):
            try:
                return ask()
            except Unavailable:
                if self._tally.over.wait(_BACK_OFF_S * 2**attempt):
                    raise
        return ask()

    def _accept(
        self, shard: Shard, page: RowsPage, last_key: str
    ) -> tuple[pa.RecordBatch, str | None, bool]:
        """The page's rows that are the range's, where the range ends, and whether it is done: then
        nobody else can cut it any more.
        """
        order, rows = self._target.order, page.rows
        count, keys, done = rows.num_rows, rows["key"], not page.truncated
        if count:
            self._check_order(shard, keys, last_key)
        elif page.truncated:
            raise _odd_order()
        with self._changed:  # `until` may have come nearer while the page was on its way
            until = shard.until
            if until is not None and count and order.place(keys[-1].as_py()) >= until:
                count = order.count_until(keys, until)
                # with versions those of the last key may go on with the next page
                done = done or count < rows.num_rows or not self._target.versions
            shard.saw(keys.slice(0, count), order)
            self._tally.rows += count
            self._tally.requests += page.requests
            if done:
                self._shards.active.remove(shard)
            self._changed.notify_all()
        return rows.slice(0, count), until, done

    def _check_order(self, shard: Shard, keys: Any, last_key: str) -> None:
        """Ranges are only whole where the store lists in the order they were cut by."""
        order, versions = self._target.order, self._target.versions
        first = order.place(keys[0].as_py())
        repeats = versions and first == order.place(last_key)
        if not (repeats or first > shard.cursor) or not order.ascends(keys, strictly=not versions):
            raise _odd_order()

    def _write(self, writer: SegmentWriter, rows: pa.RecordBatch, last_key: str) -> SegmentWriter:
        """Writes the rows; a file that is long enough ends where a key's rows do."""
        if not rows.num_rows:
            return writer
        if writer.rows >= SEGMENT_ROWS:
            until = self._target.order.place(last_key)
            same = self._target.order.count_until(rows["key"], until)
            if same < rows.num_rows:
                self._put(writer, rows.slice(0, same))
                self._segments.finish(writer, until, self._tally.requests)
                writer, rows = self._segments.begin(until), rows.slice(same)
        self._put(writer, rows)
        return writer

    def _put(self, writer: SegmentWriter, rows: pa.RecordBatch) -> None:
        if rows.num_rows:
            writer.write(with_kinds(rows, self._target.classify), pc.sum(rows["size"]).as_py())


def with_kinds(rows: pa.RecordBatch, classify: Classify) -> pa.RecordBatch:
    """Listed rows as rows of an inventory."""
    found = classify(rows["key"].to_pylist())
    same = bool(found) and found.count(found[0]) == len(found)  # as nearly all pages are
    kinds = pa.repeat(found[0], len(found)) if same else pa.array(found, pa.string())
    columns = [kinds if name == "kind" else rows[name] for name in ROW_SCHEMA.names]
    return pa.RecordBatch.from_arrays(columns, schema=ROW_SCHEMA)


def _odd_order() -> StorageError:
    return Unsupported(
        "This store lists its keys in an order of its own, so a scan of it would not be whole.",
        "Read an inventory report of the store instead.",
    )
