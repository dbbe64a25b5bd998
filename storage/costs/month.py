"""A month of some buckets: cells and traffic to an estimate, and the mean of what changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from storage.costs.assumed import Entered
from storage.costs.estimate import price
from storage.costs.pricebook import PriceBook
from storage.costs.traffic import Role, elsewhere, tiering, traffic
from storage.costs.usage import Bills, usage
from storage.model.money import Estimate, Quantity


@dataclass(frozen=True, slots=True)
class Month:
    """All that an estimate is made of."""

    cells: pa.Table
    roles: tuple[Role, ...]
    entered: Entered
    book: PriceBook

    @property
    def bills(self) -> Bills:
        """How the buckets are billed."""
        regions = {one.bucket: one.region for one in self.roles}
        return Bills(regions, self.book.provider, tiering(self.entered))

    def estimate(self, more: Iterable[Quantity] = ()) -> Estimate:
        """The month by bucket; with `more` besides."""
        bills = self.bills
        sent = traffic(self.cells, bills, list(self.roles), self.entered)
        quantities = [*usage(self.cells, bills), *sent.quantities, *more]
        return price(quantities, self.book, elsewhere=sent.elsewhere, assumptions=sent.assumptions)

    def storage_by(self, *columns: str) -> Estimate:
        """What storing alone costs, by some columns of the cells (values joined by NUL)."""
        found = usage(self.cells, self.bills, columns)
        return price(found, self.book, elsewhere=elsewhere(self.entered))

    def with_cells(self, cells: pa.Table, *roles: Role) -> Month:
        """The same month of other cells, and of further buckets."""
        return replace(self, cells=cells, roles=(*self.roles, *roles))

    def times(self, factor: Decimal, cells: pa.Table) -> Month:
        """The same month with `factor` times the traffic."""
        roles = tuple(
            replace(one, measured={k: int(v * factor) for k, v in one.measured.items()})
            for one in self.roles
        )
        entered = {
            (role, name): value * factor if role and name != "early_percent" else value
            for (role, name), value in self.entered.values.items()
        }
        return Month(cells, roles, Entered(entered), self.book)


def mean_bytes(points: Sequence[tuple[datetime, int]], begin: datetime, end: datetime) -> int:
    """The bytes that were stored over a time, weighted by how long: S3 bills byte-hours.

    `points` say from when on how much was there, oldest first; before the first, nothing.
    """
    weighted = 0
    for at, (since, stored) in enumerate(points):
        until = points[at + 1][0] if at + 1 < len(points) else end
        seconds = (min(until, end) - max(since, begin)).total_seconds()
        weighted += stored * max(0, int(seconds))
    return weighted // int((end - begin).total_seconds())
