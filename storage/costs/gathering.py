"""From a project's newest inventories to its month: what is known of each bucket, and how old."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from storage.access import allowed
from storage.audit.log import Audit
from storage.costs.assumed import Entered, parse_entered
from storage.costs.estimate import MONTH_DAYS
from storage.costs.month import Month
from storage.costs.pricebook import PriceBook
from storage.costs.traffic import Role
from storage.inventory.service import Inventories
from storage.layout.profile import Bucket, Layout
from storage.model.audit import AuditFilter
from storage.model.inventory import CELL_SCHEMA, Scanned
from storage.model.people import Actor, Can

_READING = (Can.OBJECT_READ, Can.OBJECT_LINK, Can.OBJECT_ARCHIVE)
_COUNTED = 1_000  # rows of the log: an estimate of reading need not be finer


@dataclass(frozen=True, slots=True)
class Source:
    """One bucket and the inventory its figures come from, None where it was never measured."""

    role: str
    title: str
    bucket: str
    region: str
    live: bool
    scanned: Scanned | None

    def notes(self) -> list[str]:
        """What the inventory does not tell."""
        found = self.scanned
        if found is None:
            return [f"{self.title} was never measured."]
        notes = []
        if not found.versions:
            notes.append(f"{self.title}: earlier versions were not counted.")
        if not found.uploads:
            notes.append(f"{self.title}: unfinished uploads were not counted.")
        return notes


@dataclass(frozen=True, slots=True)
class Gathered:
    """A project's buckets and their month; without any inventory the month is of nothing."""

    layout: Layout
    sources: tuple[Source, ...]
    month: Month  # its cells are without folders, unless they were asked for whole
    folders: pa.Table  # the cells without days

    @property
    def measured(self) -> tuple[Source, ...]:
        """The buckets that figures are known of."""
        return tuple(one for one in self.sources if one.scanned is not None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the figures are without."""
        found = [note for one in self.sources for note in one.notes()]
        regions = {one.region for one in self.measured}
        unknown = sorted(one for one in regions if self.month.book.region(one) is None)
        if unknown:
            found.append(f"The price book has no region {', '.join(unknown)}.")
        return tuple(found)

    def source(self, role: str) -> Source | None:
        """The bucket of that role, None where this person may not see it."""
        return next((one for one in self.sources if one.role == role), None)


@dataclass(frozen=True, slots=True)
class Gatherer:
    """What gathering needs; holds no figures itself."""

    inventories: Inventories
    audit: Audit
    clock: Callable[[], datetime]

    def gather(
        self,
        actor: Actor,
        layout: Layout,
        book: PriceBook,
        entered: Mapping[str, str],
        *,
        whole: bool = False,
    ) -> Gathered:
        """Of every bucket that `actor` may list. `whole`: cells with both folders and days, which
        may be millions. Raises InvalidInput for a wrong assumption.
        """
        sources, roles = [], []
        tables, folders = [CELL_SCHEMA.empty_table()], [CELL_SCHEMA.empty_table()]
        for bucket in layout.buckets:
            if not allowed(actor, Can.OBJECT_LIST, layout, bucket.role):
                continue
            found = self.inventories.newest(actor, layout.name, bucket.role)
            sources.append(_source(bucket, found.scanned if found else None))
            if found is not None:
                tables.append(found.cells() if whole else found.days())
                folders.append(found.folders())
                roles.append(self._role(actor, layout, bucket, found.scanned))
        month = Month(
            pa.concat_tables(tables), tuple(roles), _entered(layout, sources, entered), book
        )
        return Gathered(layout, tuple(sources), month, pa.concat_tables(folders))

    def _role(self, actor: Actor, layout: Layout, bucket: Bucket, scanned: Scanned) -> Role:
        since = self.clock() - timedelta(days=MONTH_DAYS)
        scans = self.inventories.scans(actor, layout.name, bucket.role)
        measured = {"lists": sum(one.requests for one in scans if one.at >= since)}
        if read := sum(self._read(bucket, can, since) for can in _READING):
            measured["gets"] = read
        return Role(bucket.role, bucket.bucket, bucket.region, scanned.at.date(), measured)

    def _read(self, bucket: Bucket, can: Can, since: datetime) -> int:
        wanted = AuditFilter(action=can.value, result="allowed", bucket=bucket.bucket, since=since)
        return len(self.audit.search(wanted, limit=_COUNTED).rows)


def _source(bucket: Bucket, scanned: Scanned | None) -> Source:
    return Source(bucket.role, bucket.title, bucket.bucket, bucket.region, bucket.live, scanned)


def _entered(layout: Layout, sources: Sequence[Source], entered: Mapping[str, str]) -> Entered:
    """Traffic without a bucket's name is that of the live one, else of the first."""
    roles = [one.role for one in layout.buckets]
    live = next((one.role for one in sources if one.live), roles[0])
    return parse_entered(entered, roles, live)
