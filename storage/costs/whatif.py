"""What a change would cost and save: the same estimate on changed cells. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.after import After, after
from storage.costs.estimate import METERS, price
from storage.costs.lifecycle import lifecycle
from storage.costs.month import Month
from storage.costs.scenarios import Change, Grow, Mirror, Move, count_small
from storage.model.money import EXACT, Estimate, money, plain

_TELLING = Decimal("0.01")
"""Of what a month costs: a smaller difference is none to warn of."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`now` and `steady` are months before and after; `once` is paid in the first one besides.

    `rule` is a lifecycle configuration that makes the change, None where none can.
    """

    title: str
    now: Estimate
    steady: Estimate
    once: Estimate
    objects: int  # that the change is about
    bytes: int
    warnings: tuple[str, ...] = ()
    rule: dict[str, Any] | None = None

    @property
    def first_month(self) -> Decimal:
        """What the first month costs, when the change is made on its first day."""
        with localcontext(EXACT):
            return self.steady.total + self.once.total

    @property
    def saving(self) -> Decimal:
        """A month, from the second on; negative where the change costs more."""
        with localcontext(EXACT):
            return self.now.total - self.steady.total

    @property
    def pay_back_months(self) -> Decimal | None:
        """After how many months what is paid once is earned; None: never."""
        return self.once.total / self.saving if self.saving > 0 else None

    def as_json(self) -> dict[str, Any]:
        """The form of `costs whatif --json`."""
        back = self.pay_back_months
        return {
            "title": self.title,
            "currency": self.now.book.currency,
            "now": plain(self.now.total),
            "first_month": plain(self.first_month),
            "steady": plain(self.steady.total),
            "once": plain(self.once.total),
            "saving": plain(self.saving),
            "pay_back_months": None if back is None else f"{back:.1f}",
            "objects": self.objects,
            "bytes": self.bytes,
            "warnings": list(self.warnings),
            "lines": [line.as_json() for line in self.steady.lines],
            "once_lines": [line.as_json() for line in self.once.lines],
            "rule": self.rule,
            "price_book": self.now.book.as_json(),
            "assumptions": [one.as_json() for one in self.now.assumptions],
        }


def what_if(month: Month, change: Change) -> WhatIf:
    """What `change` would do to `month`. Raises InvalidInput for one that makes no sense."""
    then = after(month, change)
    found = WhatIf(
        title=then.title,
        now=month.estimate(),
        steady=then.month.estimate(then.monthly),
        once=price(then.once, month.book),
        objects=int(pc.sum(then.touched["objects"]).as_py() or 0),
        bytes=int(pc.sum(then.touched["bytes"]).as_py() or 0),
        rule=lifecycle(change),
    )
    return replace(found, warnings=(*_warnings(found, change, then), *then.notes))


def _warnings(found: WhatIf, change: Change, then: After) -> Iterator[str]:
    currency = found.now.book.currency
    if not found.objects:
        yield "Nothing that is stored fits: the change would change nothing."
        return
    least = found.now.total * _TELLING
    growing = isinstance(change, Grow | Mirror)  # costing more is what these are about
    if found.saving < -least and not growing:
        yield f"This costs {money(-found.saving, currency)} more a month, for ever."
        yield from _why(found, change, then.touched)
    elif not growing and found.saving <= least and found.once.total > least:
        once = money(found.once.total, currency)
        yield f"This costs {once} once and saves next to nothing: it never pays for itself."
    if isinstance(change, Move) and change.to in ("GLACIER", "DEEP_ARCHIVE"):
        yield "Nothing in this class can be played before it is restored, which takes hours."


def _why(found: WhatIf, change: Change, touched: pa.Table) -> Iterator[str]:
    """What makes it dearer: small objects, and the lines that grew most."""
    small = count_small(touched)
    if isinstance(change, Move) and small:
        mean = found.bytes // max(1, found.objects)
        yield (
            f"{small:,} of {found.objects:,} objects are smaller than 128 KB and would be billed "
            f"as 128 KB each; they have {mean / 1024:,.0f} KB on average."
        )
    before, later = found.now.by("meter"), found.steady.by("meter")
    grown = {one[0]: later[one] - before.get(one, Decimal(0)) for one in later}
    for meter, more in sorted(grown.items(), key=lambda one: -one[1])[:2]:
        if more > found.now.total * _TELLING:
            yield f"{METERS[meter]}: {money(more, found.now.book.currency)} more a month."
