"""Making an inventory by listing: the job "inventory-scan"."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from storage.db.inventories import InventoryRows
from storage.gate import Gate, Passage
from storage.inventory.by_parts import ByParts
from storage.inventory.files import Archive, Files
from storage.inventory.keeping import keep
from storage.inventory.ranges import Order
from storage.inventory.rows_file import RowsFile, merged, write_rows
from storage.inventory.scan import Progress, Scan, Target, with_kinds
from storage.inventory.segments import Segments, batches
from storage.inventory.shards import PAGE_KEYS
from storage.jobs.work import Running
from storage.model.findings import Finding
from storage.model.inventory import ROW_SCHEMA, Scanned
from storage.model.people import Can
from storage.s3.bucket_state import versioning_of
from storage.s3.scan_pages import list_unfinished

# in this way, because others import pandas: 30 MB and half a second for every command
_NO_PARTS = pa.Table.from_arrays(
    [pa.nulls(0, field.type) for field in ROW_SCHEMA], schema=ROW_SCHEMA
)
_SAVE_EVERY_S = 5.0


class ScanWork:
    """The job. What it listed lies in files beside its log of them, so its checkpoint holds only
    when it began and how long it has taken.
    """

    kind = "inventory-scan"
    resumable = True

    def __init__(
        self,
        gate: Gate,
        rows: InventoryRows,
        archive: Archive,
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._rows = rows
        self._archive = archive
        self._clock = clock

    def run(self, job: Running) -> Mapping[str, Any]:
        """Lists what is not listed yet, writes the files, and keeps what they add up to."""
        params = job.params
        where = self._enter(job)
        began = datetime.fromisoformat(job.checkpoint.get("began", self._clock().isoformat()))
        time_taken = _TimeTaken(job, began)
        files = self._archive.of(params["layout"], params["role"], job.id)
        with where.changing("scan", params["prefix"], job=job.id) as change:
            taken = _Taking(where, job, files, time_taken.stop_if_asked).take()
            scanned = Scanned(
                job.id,
                params["layout"],
                params["role"],
                where.bucket.bucket,
                params["prefix"],
                "listing",
                began,
                params["versions"],
                params["uploads"],
                taken.file.rows,
                taken.file.bytes,
                taken.requests,
                time_taken.seconds,
                tuple(taken.findings),
            )
            keep(scanned, taken.file.cells.table(), self._rows, self._archive)
            change.detail.update(rows=scanned.rows, requests=scanned.requests)
        return scanned.as_json()

    def tidy(self, job: Running) -> None:
        """Removes what was listed; an inventory that is kept stays."""
        params = job.params
        if not any(one.id == job.id for one in self._rows.list(params["layout"], params["role"])):
            self._archive.of(params["layout"], params["role"], job.id).remove()

    def _enter(self, job: Running) -> Passage:
        params = job.params
        place = (params["layout"], params["role"], params["prefix"])
        return self._gate.enter(job.actor, Can.INVENTORY_SCAN, *place)


class _TimeTaken:
    """How long the job has taken over all its runs, kept now and then."""

    def __init__(self, job: Running, began: datetime) -> None:
        self._job = job
        self._began = began
        self._before_s: float = job.checkpoint.get("seconds", 0.0)
        self._started = time.monotonic()
        self._saved = 0.0
        self._save()

    @property
    def seconds(self) -> float:
        return self._before_s + time.monotonic() - self._started

    def stop_if_asked(self) -> None:
        if time.monotonic() - self._saved > _SAVE_EVERY_S:
            self._save()
        self._job.stop_if_asked()

    def _save(self) -> None:
        self._saved = time.monotonic()
        self._job.save({"began": self._began.isoformat(), "seconds": self.seconds})


class _Taking:
    """One run of the job."""

    def __init__(
        self, where: Passage, job: Running, files: Files, stop: Callable[[], None]
    ) -> None:
        self._where = where
        self._job = job
        self._files = files
        self._stop = stop
        self._tree = where.store.capabilities.lists_as_tree
        self._parts = 0
        self.requests = 0
        self.findings: list[Finding] = []
        self.file: RowsFile

    def take(self) -> _Taking:
        params = self._job.params
        target = self._target()
        rows = self._by_parts(target) if self._loses_rows() else self._in_ranges(target)
        parts = self._unfinished(target) if params["uploads"] else _NO_PARTS
        batches = self._stoppable(merged(rows, parts))
        self.file = write_rows(self._files, target.bucket, batches)
        # a tree with versions is listed twice, so what was counted on the way is more than there is
        self._job.progress(self.file.rows, self.file.rows, f"{self.requests:,} requests")
        return self

    def _target(self) -> Target:
        where, params = self._where, self._job.params
        return Target(
            where.store,
            where.bucket.bucket,
            params["prefix"],
            params["versions"],
            Order(self._tree),
            lambda keys: where.layout.classify_many(where.bucket.role, keys),
            PAGE_KEYS,
        )

    def _loses_rows(self) -> bool:
        """Whether pages do not follow upon one another: a tree, where versions were ever kept."""
        if not self._tree:
            return False
        self.requests += 1
        state = versioning_of(self._where.store, self._where.bucket.bucket)
        return state != "off" or self._job.params["versions"]

    def _in_ranges(self, target: Target) -> Iterator[pa.RecordBatch]:
        facts = {"bucket": target.bucket, "prefix": target.prefix, "versions": target.versions}
        segments = Segments(self._files.segments, {**facts, "tree": self._tree})
        try:
            scan = Scan(target, segments)
            scan.run(self._tell, self._stop)
        finally:
            segments.close()
        self.requests += scan.requests
        return self._listed(segments)

    def _by_parts(self, target: Target) -> Iterator[pa.RecordBatch]:
        def tell(rows: int, requests: int) -> None:
            self._job.progress(rows, None, f"{requests:,} requests so far")

        found = ByParts(target, self._stop, tell).run(versions=target.versions)
        self.requests += found.requests
        self.findings += found.findings
        return iter(found.batches)

    def _tell(self, progress: Progress) -> None:
        pa.default_memory_pool().release_unused()  # what eight listers have let go of
        expected = max(progress.expected, progress.rows)
        about = f"about {expected:,} in all, {progress.requests:,} requests so far"
        self._job.progress(progress.rows, expected, about)

    def _listed(self, segments: Segments) -> Iterator[pa.RecordBatch]:
        for segment in sorted(segments.done, key=lambda one: one.after):
            yield from batches(segments.folder, segment)

    def _stoppable(self, rows: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in rows:
            self._job.stop_if_asked()
            yield batch

    def _unfinished(self, target: Target) -> pa.Table:
        """The parts of unfinished uploads: few in a bucket that is looked after."""
        found = [_NO_PARTS]
        for page in list_unfinished(target.store, target.bucket, target.prefix):
            self._stop()
            self.requests += page.requests
            if page.rows.num_rows:
                found.append(pa.Table.from_batches([with_kinds(page.rows, target.classify)]))
        return pa.concat_tables(found).combine_chunks()
