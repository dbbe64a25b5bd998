"""Making an inventory from an AWS S3 Inventory report: the job "inventory-report"."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from storage.db.inventories import InventoryRows
from storage.errors import InvalidInput
from storage.gate import Gate, Passage
from storage.inventory.files import Archive, Files
from storage.inventory.keeping import keep
from storage.inventory.reports import Manifest, check_md5, parse_manifest, report_rows
from storage.inventory.rows_file import write_rows
from storage.inventory.scan import with_kinds
from storage.jobs.work import Running
from storage.model.inventory import Scanned
from storage.model.people import Can
from storage.s3.objects import stream_object

_CHUNK = 1_048_576


class ReportWork:
    """The job. A report is read anew after an interruption: it is a few files."""

    kind = "inventory-report"
    resumable = True

    def __init__(self, gate: Gate, rows: InventoryRows, archive: Archive) -> None:
        self._gate = gate
        self._rows = rows
        self._archive = archive

    def run(self, job: Running) -> Mapping[str, Any]:
        """Fetches, checks and reads the report's files, and keeps what they add up to."""
        params = job.params
        layout, role = params["layout"], params["role"]
        where = self._gate.enter(job.actor, Can.INVENTORY_SCAN, layout, role)
        began = time.monotonic()
        files = self._archive.of(layout, role, job.id)
        with where.changing("read-report", params["key"], job=job.id, of=params["bucket"]):
            report = _Report(where, job, files)
            manifest = report.manifest()
            written = write_rows(files, where.bucket.bucket, report.rows(manifest))
            scanned = Scanned(
                job.id,
                layout,
                role,
                where.bucket.bucket,
                "",
                "s3-inventory",
                manifest.made_at,
                manifest.versions,
                uploads=False,
                rows=written.rows,
                bytes=written.bytes,
                requests=report.requests,
                seconds=time.monotonic() - began,
            )
            keep(scanned, written.cells.table(), self._rows, self._archive)
        return scanned.as_json()

    def tidy(self, job: Running) -> None:
        """Removes what was fetched; an inventory that is kept stays."""
        params = job.params
        if not any(one.id == job.id for one in self._rows.list(params["layout"], params["role"])):
            self._archive.of(params["layout"], params["role"], job.id).remove()


class _Report:
    """One report on its way, file by file: each is removed when its rows are read."""

    def __init__(self, where: Passage, job: Running, files: Files) -> None:
        self._where = where
        self._job = job
        self._files = files
        self.requests = 0

    def manifest(self) -> Manifest:
        """Raises InvalidInput when it is none, or is about another bucket; VerifyFailed."""
        key: str = self._job.params["key"]
        data = b"".join(self._stream(key))
        listed = b"".join(self._stream(f"{key.removesuffix('.json')}.checksum"))
        check_md5(key, listed.decode(errors="replace"), _md5(data).hexdigest())
        found = parse_manifest(data)
        if found.source != self._where.bucket.bucket:
            raise InvalidInput(
                f"That report is about the bucket {found.source!r}, not "
                f"{self._where.bucket.bucket!r}.",
                "Choose the bucket it is about.",
            )
        return found

    def rows(self, manifest: Manifest) -> Iterator[pa.RecordBatch]:
        """All its rows, as rows of an inventory."""
        layout, role = self._where.layout, self._where.bucket.role
        done = 0
        for number, one in enumerate(manifest.files, 1):
            path = self._fetched(one.key, one.md5)
            try:
                for batch in report_rows(manifest, path):
                    self._job.stop_if_asked()
                    done += batch.num_rows
                    self._job.progress(done, None, f"file {number} of {len(manifest.files)}")
                    yield with_kinds(batch, lambda keys: layout.classify_many(role, keys))
            finally:
                path.unlink()

    def _fetched(self, key: str, md5: str) -> Path:
        self._files.folder.mkdir(parents=True, exist_ok=True)
        path, digest = self._files.folder / "report.part", _md5(b"")
        with path.open("wb") as file:
            for chunk in self._stream(key):
                self._job.stop_if_asked()
                digest.update(chunk)
                file.write(chunk)
        check_md5(key, md5, digest.hexdigest())
        return path

    def _stream(self, key: str) -> Iterator[bytes]:
        self.requests += 1
        bucket: str = self._job.params["bucket"]
        return stream_object(self._where.store, bucket, key, chunk_bytes=_CHUNK)


def _md5(data: bytes) -> Any:
    return hashlib.md5(data, usedforsecurity=False)  # what S3 Inventory gives
