"""Quantities and a price book to the lines of a bill. Pure; Decimal without rounding.

The tiers of a figure are shared by all that an account has in a region, so they are filled with the
sum of the quantities first; then each quantity gets its part of every tier, as the whole has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import groupby

from storage.costs.pricebook import UNITS, PriceBook
from storage.costs.sharing import fill, shares, spread
from storage.model.money import EXACT, GB, Assumption, Estimate, Line, Quantity, Tier, plain

MONTH_DAYS = 30
"""Days of the month that charges by the day are reckoned by."""

METERS: Mapping[str, str] = {
    "storage": "Storage, current objects",
    "storage-noncurrent": "Storage, earlier versions",
    "storage-parts": "Storage, unfinished uploads",
    "storage-markers": "Storage, names of delete markers",
    "minimum-size": "Minimum size (128 KB an object)",
    "archive-index": "Index of archived objects (32 KB each)",
    "archive-names": "Names of archived objects (8 KB each, Standard)",
    "monitoring": "Intelligent-Tiering monitoring",
    "put": "Requests: PUT, COPY, POST",
    "list": "Requests: LIST",
    "get": "Requests: GET and others",
    "kms": "Requests to KMS",
    "transition": "Lifecycle transitions",
    "retrieval": "Data retrieved from its class",
    "out": "Data out to the internet",
    "replication": "Data replicated to another region",
    "replication-put": "Requests: replicas written",
    "early-deletion": "Deleted before the minimum days",
}
"""The lines of a bill by what people read, in their order."""

_DAILY = "early-deletion"  # counted in bytes times days, at the price of a GB-month
_ORDER = {meter: at for at, meter in enumerate(METERS)}
_FINEST = Decimal(1).scaleb(-70)  # thirds of a month never end


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the account has besides in the same region, in bytes: it fills tiers too."""

    storage: int = 0
    out: int = 0


def price(
    quantities: Iterable[Quantity],
    book: PriceBook,
    *,
    elsewhere: Elsewhere = Elsewhere(),
    assumptions: Sequence[Assumption] = (),
) -> Estimate:
    """The estimate of these quantities. What the book has no price for is `missing`."""
    wanted = sorted((one for one in quantities if one.amount), key=_pool)
    free = _free_out(wanted, book, elsewhere)
    lines: list[Line] = []
    missing: list[Quantity] = []
    with localcontext(EXACT):
        for _, found in groupby(wanted, key=_pool):
            pool = list(found)
            tiers = _tiers(pool[0], book)
            if not tiers:
                missing += pool
                continue
            given = free.get(pool[0].region, 0) if pool[0].figure == "out" else 0
            lines += _lines(pool, tiers, elsewhere, given)
    lines.sort(key=lambda one: (one.group, _ORDER[one.meter], one.region, one.storage_class))
    return Estimate(
        tuple(lines), tuple(missing), book.name, tuple(assumptions), tuple(_notes(lines, missing))
    )


def _pool(one: Quantity) -> tuple[str, str, str, bool]:
    """What shares tiers: one figure of one class in one region."""
    return one.region, one.figure, one.storage_class, one.meter == _DAILY


def _tiers(one: Quantity, book: PriceBook) -> tuple[Tier, ...]:
    region = book.region(one.region)
    return book.tiers(region, one.figure, one.storage_class) if region else ()


def _lines(
    pool: Sequence[Quantity], tiers: Sequence[Tier], elsewhere: Elsewhere, free: int
) -> Iterator[Line]:
    """The lines of one pool; those that are free have a rate of 0."""
    amounts = [one.amount for one in pool]
    edges = [tier.to_gb * GB if tier.to_gb is not None else None for tier in tiers]
    figure, storage_class = pool[0].figure, pool[0].storage_class
    before = elsewhere.storage if figure == "storage" and storage_class == "STANDARD" else 0
    before = free + elsewhere.out if figure == "out" else before
    columns = [free, *fill(sum(amounts) - free, edges, before)]
    titles = ["free", *tier_titles(tiers)]
    prices = [Tier(Decimal(0), tiers[0].origin), *tiers]
    for one, row in zip(pool, spread(amounts, columns), strict=True):
        for amount, tier, title in zip(row, prices, titles, strict=True):
            if amount:
                yield _line(one, amount, tier, title)


def _line(one: Quantity, amount: int, tier: Tier, title: str) -> Line:
    unit, size = UNITS[one.figure]
    quantity = Decimal(amount) / Decimal(size)
    if one.meter == _DAILY:
        quantity = (quantity / MONTH_DAYS).quantize(_FINEST)
    return Line(
        meter=one.meter,
        group=one.group,
        region=one.region,
        storage_class=one.storage_class if one.storage_class != "ANY" else "",
        tier=title,
        quantity=quantity,
        unit=unit,
        rate=tier.price,
        amount=quantity * tier.price,
        sourced=tier.origin.sourced,
    )


def tier_titles(tiers: Sequence[Tier]) -> list[str]:
    """`first 50 TB`, `next 450 TB`, `over 500 TB`; "" where there is one price only."""
    if len(tiers) == 1:
        return [""]
    titles, at = [], 0
    for tier in tiers:
        if tier.to_gb is None:
            titles.append(f"over {_terabytes(at)}")
        else:
            titles.append(f"{'next' if at else 'first'} {_terabytes(tier.to_gb - at)}")
            at = tier.to_gb
    return titles


def _terabytes(gb: int) -> str:
    return f"{plain(Decimal(gb) / 1024)} TB" if gb >= 1024 else f"{gb} GB"


def _free_out(
    quantities: Sequence[Quantity], book: PriceBook, elsewhere: Elsewhere
) -> Mapping[str, int]:
    """The free data out by region: it is one for the account, shared out by what each sends."""
    sent: dict[str, int] = {}
    for one in quantities:
        if one.figure == "out":
            sent[one.region] = sent.get(one.region, 0) + one.amount
    left = max(0, book.free_out_gb * GB - elsewhere.out)
    given = shares(min(left, sum(sent.values())), list(sent.values()))
    return dict(zip(sent, given, strict=True))


def _notes(lines: Sequence[Line], missing: Sequence[Quantity]) -> Iterator[str]:
    if missing:
        names = sorted(
            {f"{METERS[one.meter]} ({one.storage_class}, {one.region})" for one in missing}
        )
        yield f"The price book has no price for: {'; '.join(names)}. The total is without them."
    guessed = sorted({f"{METERS[one.meter]} ({one.region})" for one in lines if not one.sourced})
    if guessed:
        yield f"Prices that no list was found for were used: {'; '.join(guessed)}."
    groups: dict[tuple[str, str], set[str]] = {}
    for one in lines:
        if one.tier and one.tier != "free":
            groups.setdefault((one.meter, one.region), set()).add(one.tier)
    if any(len(tiers) > 1 for tiers in groups.values()):
        yield "Tiers are shared by all buckets of a region, so one bucket alone would cost more."
