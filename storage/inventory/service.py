"""Inventories of buckets: made, kept, found. What a bucket holds is asked of them, not of S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from storage.db.engine import Database
from storage.db.inventories import InventoryRows
from storage.errors import InvalidInput, NotFound
from storage.gate import ONCE, Gate, Passage
from storage.inventory.daily import from_cloudwatch
from storage.inventory.estimating import estimate
from storage.inventory.files import Archive
from storage.inventory.importing import ReportWork
from storage.inventory.keeping import keep
from storage.inventory.query import Inventory
from storage.inventory.taking import ScanWork
from storage.jobs.running import OnProgress
from storage.jobs.service import LIST_MAX, Jobs
from storage.jobs.work import Work
from storage.model.inventory import ScanEstimate, Scanned
from storage.model.jobs import Job
from storage.model.people import Actor, Can
from storage.s3.daily_sizes import daily_sizes

FOLDER = "inventory"


def works(
    gate: Gate, database: Database, data: Path, clock: Callable[[], datetime]
) -> tuple[Work, ...]:
    """The kinds of long work that inventories are, for the job system to know at start."""
    rows, archive = InventoryRows(database), Archive(data / FOLDER)
    return ScanWork(gate, rows, archive, clock), ReportWork(gate, rows, archive)


class Inventories:
    """The inventories of all buckets, their files below `data`. Thread-safe."""

    def __init__(
        self,
        gate: Gate,
        jobs: Jobs,
        database: Database,
        data: Path,
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._jobs = jobs
        self._clock = clock
        self._rows = InventoryRows(database)
        self._archive = Archive(data / FOLDER)

    def newest(self, actor: Actor, layout: str, role: str) -> Inventory | None:
        """The newest one of the whole bucket whose files are on this machine, None without any."""
        where = self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        with where.read("inventory", "", once_within=ONCE):
            whole = (one for one in self._of(layout, role) if not one.prefix)
            return next((one for one in whole if one.cells_path.exists()), None)

    def get(self, actor: Actor, layout: str, role: str, inventory_id: str) -> Inventory:
        """The one of that id. Raises NotFound."""
        where = self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        with where.read("inventory", "", once_within=ONCE):
            return self._one(layout, role, inventory_id)

    def scans(self, actor: Actor, layout: str, role: str) -> tuple[Scanned, ...]:
        """All that were made of the bucket, newest first."""
        self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        return tuple(self._rows.list(layout, role))

    def kept(self, actor: Actor, layout: str, role: str) -> tuple[Inventory, ...]:
        """The same with their files, which say what is kept of each."""
        self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        return tuple(self._of(layout, role))

    def remove(self, actor: Actor, layout: str, role: str, inventory_id: str) -> None:
        """Takes an inventory away, its totals in the history too. Raises NotFound where it is gone
        already.
        """
        where = self._gate.enter(actor, Can.INVENTORY_SCAN, layout, role)
        one = self._one(layout, role, inventory_id)
        with where.changing("remove-inventory", one.prefix, id=one.id, at=one.at.isoformat()):
            self._rows.remove(one.id)
            self._archive.of(layout, role, one.id).remove()

    def history(
        self, actor: Actor, layout: str, role: str, *, since: datetime | None = None
    ) -> pa.Table:
        """What each inventory of the whole bucket added up to, oldest first (`HISTORY_SCHEMA`)."""
        self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        return self._rows.history(layout, role, since)

    def estimate(
        self,
        actor: Actor,
        layout: str,
        role: str,
        prefix: str = "",
        *,
        versions: bool = False,
        uploads: bool = False,
    ) -> ScanEstimate:
        """About how many requests a scan will make; where nothing is known yet, by a few looks."""
        where = self._gate.enter(actor, Can.INVENTORY_SCAN, layout, role, prefix)
        known = [one for one in self._rows.list(layout, role) if one.prefix in ("", prefix)]
        return estimate(where, prefix, known, versions=versions, uploads=uploads)

    def start(
        self,
        actor: Actor,
        layout: str,
        role: str,
        prefix: str = "",
        *,
        versions: bool = False,
        uploads: bool = False,
        watch: OnProgress | None = None,
    ) -> Job:
        """Has the bucket, or what is below `prefix`, listed; with `watch` it is done when this
        returns. `versions`: old ones and delete markers too; `uploads`: parts of unfinished ones.

        Raises Unavailable when the database cannot take it, and with `watch` what ended the job.
        """
        where = self._gate.enter(actor, Can.INVENTORY_SCAN, layout, role, prefix)
        params = {
            "layout": layout,
            "role": role,
            "prefix": prefix,
            "versions": versions,
            "uploads": uploads,
        }
        title = _title(where, prefix, versions=versions, uploads=uploads)
        if watch is None:
            return self._jobs.start(
                actor, ScanWork.kind, params, title=title, layout=layout, role=role
            )
        return self._jobs.run_here(
            actor, ScanWork.kind, params, title=title, layout=layout, role=role, on_progress=watch
        )

    def import_report(
        self,
        actor: Actor,
        layout: str,
        role: str,
        place: str,
        *,
        watch: OnProgress | None = None,
    ) -> Job:
        """Has an AWS S3 Inventory report read: `place` is its manifest, `s3://bucket/…/manifest.json`.
        With `watch` it is done when this returns. Raises InvalidInput for another place, and as
        `start`.
        """
        where = self._gate.enter(actor, Can.INVENTORY_SCAN, layout, role)
        scheme, _, rest = place.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket or not key.endswith("manifest.json"):
            raise InvalidInput(
                "That is not the place of a report.",
                "Write it like s3://reports/bucket/all/2026-11-27T01-00Z/manifest.json.",
            )
        params = {"layout": layout, "role": role, "bucket": bucket, "key": key}
        facts: dict[str, Any] = {"layout": layout, "role": role}
        facts["title"] = f"Read a report on {where.bucket.title}"
        if watch is None:
            return self._jobs.start(actor, ReportWork.kind, params, **facts)
        return self._jobs.run_here(actor, ReportWork.kind, params, **facts, on_progress=watch)

    def take_cloudwatch(self, actor: Actor, layout: str, role: str) -> Inventory:
        """The bucket's totals as CloudWatch has them, kept as an inventory without rows. Raises
        Unsupported where there is no CloudWatch, NotFound where it has none.
        """
        where = self._gate.enter(actor, Can.INVENTORY_SCAN, layout, role)
        began = self._clock()
        with where.changing("take-cloudwatch", ""):
            found = daily_sizes(where.store, where.bucket.bucket, began)
            scanned, cells = from_cloudwatch(where, found, began, self._clock() - began)
            keep(scanned, cells, self._rows, self._archive)
        return Inventory(scanned, self._archive.of(layout, role, scanned.id))

    def unfinished(
        self,
        actor: Actor,
        layout: str,
        role: str,
        prefix: str = "",
        *,
        versions: bool = False,
        uploads: bool = False,
    ) -> Job | None:
        """One's newest scan of the same that has not come to its end, None without any."""
        where = self._gate.enter(actor, Can.INVENTORY_SCAN, layout, role, prefix)
        same = (ScanWork.kind, layout, role)
        title = _title(where, prefix, versions=versions, uploads=uploads)
        for job in self._jobs.list(actor, limit=LIST_MAX):
            if (job.kind, job.layout, job.role) == same and job.title == title:
                return job if job.resumable or job.active else None
        return None

    def _of(self, layout: str, role: str) -> Iterator[Inventory]:
        """Those of a bucket with their files, newest first."""
        for scanned in self._rows.list(layout, role):
            yield Inventory(scanned, self._archive.of(layout, role, scanned.id))

    def _one(self, layout: str, role: str, inventory_id: str) -> Inventory:
        for found in self._of(layout, role):
            if found.id == inventory_id:
                return found
        raise NotFound("There is no such inventory.", "See the list of inventories.")


def _title(where: Passage, prefix: str, *, versions: bool, uploads: bool) -> str:
    what = f"{prefix} in {where.bucket.title}" if prefix else where.bucket.title
    more = [name for name, wanted in (("versions", versions), ("uploads", uploads)) if wanted]
    return f"Measure {what}" + (f" with {' and '.join(more)}" if more else "")
