"""What the Costs page and its commands ask: what a project costs, why, and what would change it.

Everything needs `cost:read`, and `object:list` of the buckets that figures are about. What people
set (budgets, assumptions, prices, bills) is in `storage/costs/ledger.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.costs import closed
from storage.costs.bill import Bill
from storage.costs.closed import Basis, Period
from storage.costs.comparing import Difference, compare
from storage.costs.copying import ByClass, copying
from storage.costs.courses import Courses, CourseShare, Twice, by_course, duplicates
from storage.costs.dearest import Dear, dearest
from storage.costs.estimate import price
from storage.costs.forecast import Forecast, Point, forecast
from storage.costs.gathering import Gathered, Gatherer
from storage.costs.ledger import Ledger, known
from storage.costs.pricebook import PriceBook
from storage.costs.recordings import MIB, Recordings, recordings
from storage.costs.scenarios import Change
from storage.costs.traffic import Role, arrived
from storage.costs.usage import usage
from storage.costs.whatif import WhatIf, what_if
from storage.errors import InvalidInput
from storage.gate import Gate
from storage.inventory.query import Inventory
from storage.layout.profile import Layout
from storage.model.inventory import CELL_SCHEMA
from storage.model.money import Estimate, added, plain
from storage.model.people import Actor, Can

_CLIP = "clip"  # the kind that courses refer to


@dataclass(frozen=True, slots=True)
class LastMonth:
    """A month that is over: estimated from `basis`, and billed where the bill was taken in."""

    period: Period
    basis: Basis
    estimate: Estimate
    bill: Bill | None
    differences: tuple[Difference, ...]

    def as_json(self) -> dict[str, Any]:
        """The form of `costs bill --json`."""
        return {
            "period": self.period.name,
            "basis": self.basis,
            "estimated": plain(self.estimate.total),
            "billed": None if self.bill is None else plain(added(self._billed())),
            "bill_source": self.bill.source if self.bill else None,
            "differences": [one.as_json() for one in self.differences],
        }

    def _billed(self) -> list[Decimal]:
        return [one.billed for one in self.differences]


@dataclass(frozen=True, slots=True)
class Measuring:
    """What measuring a bucket would take and cost, and how that is known."""

    role: str
    requests: int
    basis: str
    cost: Decimal
    currency: str


class Costs:
    """Money. Thread-safe; keeps nothing but what `ledger` has in the database."""

    def __init__(
        self,
        gate: Gate,
        layouts: Mapping[str, Layout],
        gatherer: Gatherer,
        ledger: Ledger,
        courses: Courses | None = None,
    ) -> None:
        self._gate = gate
        self._layouts = layouts
        self._inventories = gatherer.inventories
        self._gatherer = gatherer
        self._ledger = ledger
        self._clock = gatherer.clock
        self._courses = courses

    def book(self, actor: Actor) -> PriceBook:
        """The price book that everything is reckoned by."""
        self._gate.enter_console(actor, Can.COST_READ)
        return self._ledger.book()

    def gather(
        self,
        actor: Actor,
        layout: str,
        entered: Mapping[str, str] | None = None,
        *,
        whole: bool = False,
    ) -> Gathered:
        """The project's buckets, their inventories and their month; `entered` besides what is kept.

        `whole`: with folders and days at once, which a change below a folder needs.
        """
        self._gate.enter_console(actor, Can.COST_READ)
        said = {**self._ledger.assumed(layout), **(entered or {})}
        found = known(self._layouts, layout)
        return self._gatherer.gather(actor, found, self._ledger.book(), said, whole=whole)

    def estimate(
        self, actor: Actor, layout: str, entered: Mapping[str, str] | None = None
    ) -> Estimate:
        """What a month costs as things are, line by line."""
        found = self.gather(actor, layout, entered)
        made = found.month.estimate()
        return replace(made, notes=(*made.notes, *found.notes))

    def what_if(
        self,
        actor: Actor,
        layout: str,
        change: Change,
        entered: Mapping[str, str] | None = None,
    ) -> WhatIf:
        """What `change` would do. Raises InvalidInput for one that makes no sense."""
        found = self.gather(actor, layout, entered, whole=bool(change.where.prefix))
        if not found.measured:
            raise InvalidInput(
                "Nothing of this project was measured yet.", "Measure its buckets first."
            )
        return what_if(found.month, change)

    def forecast(self, actor: Actor, layout: str, months: int = 12) -> Forecast:
        """The next months, by what storing cost at each scan of all its buckets."""
        found = self.gather(actor, layout)
        return forecast(self._points(actor, found), months)

    def recordings(
        self, actor: Actor, layout: str, count: int, *, bytes_each: int = MIB, plays: int = 1
    ) -> Recordings:
        """What so many recordings cost in that project's first bucket's region."""
        self._gate.enter_console(actor, Can.COST_READ)
        region = known(self._layouts, layout).buckets[0].region
        return recordings(count, self._ledger.book(), region, bytes_each=bytes_each, plays=plays)

    def copying(
        self, actor: Actor, layout: str, source: str, target: str, copies: ByClass
    ) -> Estimate:
        """What copying those objects from one bucket role to another costs, once. What the book has
        no price for is `missing`, and the sum not complete.
        """
        self._gate.enter_console(actor, Can.COST_READ)
        place, book = known(self._layouts, layout), self._ledger.book()
        buckets = (place.bucket(source), place.bucket(target))
        return price(copying(*buckets, copies, book.provider), book)

    def last_month(self, actor: Actor, layout: str, month: str = "") -> LastMonth:
        """A closed month, the last one unless another is named: estimated, and beside its bill."""
        found = self.gather(actor, layout)
        period = closed.period(month) if month else closed.last_closed(self._clock())
        cells, basis = self._closed_cells(actor, found, period)
        roles = tuple(_then(one, found.month.cells, period) for one in found.month.roles)
        estimate = replace(found.month, cells=cells, roles=roles).estimate()
        bill = self._ledger.bill(layout, period.name)
        buckets = {one.bucket for one in found.sources}
        differences = compare(estimate, bill, buckets) if bill else ()
        return LastMonth(period, basis, estimate, bill, differences)

    def measuring(
        self, actor: Actor, layout: str, role: str, before: int | None = None
    ) -> Measuring:
        """What scanning a bucket, with versions and uploads, would take: as many requests as
        `before`, else what asking the bucket says.
        """
        self._gate.enter_console(actor, Can.COST_READ)
        requests, basis = before, "as the last scan"
        if requests is None:
            scan = self._inventories.estimate(actor, layout, role, versions=True, uploads=True)
            requests, basis = scan.requests, scan.basis
        book, region = self._ledger.book(), known(self._layouts, layout).bucket(role).region
        place = book.region(region)
        tiers = book.tiers(place, "put", "STANDARD") if place else ()
        cost = tiers[0].price * requests / 1000 if tiers else Decimal(0)
        return Measuring(role, requests, basis, cost, book.name.currency)

    def dearest(
        self, actor: Actor, layout: str, role: str, prefix: str = "", *, limit: int = 100
    ) -> tuple[Dear, ...]:
        """The objects below `prefix` whose storing costs most, by what each is billed alone.

        Raises Unsupported where the inventory has totals only.
        """
        found, inventory = self._looked_at(actor, layout, role)
        source = found.source(role)
        if source is None or inventory is None:
            return ()
        return dearest(inventory, source, found.month, prefix, limit)

    def knows_courses(self, layout: str) -> bool:
        """Whether costs by course can be asked for in that project."""
        kinds = {one.kind for one in known(self._layouts, layout).kinds}
        return self._courses is not None and {_CLIP, "manifest"} <= kinds

    def by_course(self, actor: Actor, layout: str, role: str) -> tuple[CourseShare, ...]:
        """What each course's clips cost in a bucket, what several share, what none refers to.

        Reads every manifest: seconds, the first time. Raises Unsupported where the inventory has
        totals only, InvalidInput for a malformed manifest.
        """
        found, inventory = self._looked_at(actor, layout, role)
        if inventory is None or self._courses is None or not self.knows_courses(layout):
            return ()
        courses = self._courses
        references = {
            one.course: courses.clips(actor, layout, one.course).clips["id"].combine_chunks()
            for one in courses.courses(actor, layout)
        }
        return by_course(inventory, found.month, _CLIP, references)

    def duplicates(
        self, actor: Actor, layout: str, role: str, *, limit: int = 100
    ) -> tuple[Twice, ...]:
        """What is there more than once in a bucket, the most wasteful first."""
        found, inventory = self._looked_at(actor, layout, role)
        if inventory is None:
            return ()
        region = found.layout.bucket(role).region
        return duplicates(inventory, found.month, region, limit)

    # -- inside -----------------------------------------------------------------------------------

    def _looked_at(self, actor: Actor, layout: str, role: str) -> tuple[Gathered, Inventory | None]:
        """The project, and the inventory of one bucket where there is one for this person."""
        found = self.gather(actor, layout)
        source = found.source(role)
        if source is None or source.scanned is None:
            return found, None
        return found, self._inventories.get(actor, layout, role, source.scanned.id)

    def _points(self, actor: Actor, found: Gathered) -> list[Point]:
        """A point for each day with a scan: what storing cost by the newest scans up to then."""
        scans: list[tuple[datetime, str, pa.Table]] = []
        for one in found.measured:
            history = self._inventories.history(actor, found.layout.name, one.role)
            scans += [
                (at, one.bucket, closed.of_scan(one.bucket, history, at))
                for at, _, _ in closed.totals(history)
            ]
        latest: dict[str, pa.Table] = {}
        points = []
        for at, bucket, cells in sorted(scans, key=lambda scan: scan[:2]):
            latest[bucket] = cells
            if len(latest) == len(found.measured):  # before, some bucket is not in it
                points.append(_point(found, at, list(latest.values())))
        return points

    def _closed_cells(
        self, actor: Actor, found: Gathered, period: Period
    ) -> tuple[pa.Table, Basis]:
        tables, basis = [CELL_SCHEMA.empty_table()], set[Basis]()
        for one in found.measured:
            history = self._inventories.history(actor, found.layout.name, one.role)
            if closed.scanned_in(history, period):
                tables.append(closed.from_scans(one.bucket, history, period))
                basis.add("scans")
            else:
                mine = found.month.cells.filter(pc.equal(found.month.cells["bucket"], one.bucket))
                tables.append(closed.from_dates(mine, period))
                basis.add("dates")
        worst: Basis = "dates" if "dates" in basis else "scans" if basis else "none"
        return pa.concat_tables(tables), worst


def _point(found: Gathered, at: datetime, tables: list[pa.Table]) -> Point:
    cells = pa.concat_tables(tables)
    total = price(usage(cells, found.month.bills), found.month.book).total
    return Point(at.date(), total, int(pc.sum(cells["bytes"]).as_py() or 0))


def _then(one: Role, cells: pa.Table, period: Period) -> Role:
    """A bucket as of the end of that month: what arrived in it is known, other traffic is not."""
    last = period.end.date() - timedelta(days=1)
    mine = cells.filter(pc.equal(cells["bucket"], one.bucket))
    return replace(one, on=last, measured={"puts": arrived(mine, last)})
