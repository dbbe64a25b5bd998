"""What a bill says of a month's traffic, as values for assumptions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from storage.costs.bill import Bill, BillRow
from storage.costs.comparing import family_of
from storage.costs.pricebook import PriceBook
from storage.layout.profile import Bucket
from storage.model.money import EXACT, plain

# a family of a bill's lines, and the assumption that has its quantity
_NAMES = {
    "put": "puts",
    "get": "gets",
    "out": "out_gb",
    "between": "replicated_gb",
    "kms": "kms_requests",
}
_BY_PRICE = {"put": Decimal(1000), "get": Decimal(1000)}
"""What has one price a unit of so many, so that money tells the quantity."""


def traffic_of(bill: Bill, buckets: Sequence[Bucket], book: PriceBook) -> dict[str, str]:
    """Values of assumptions by `role.name`: the quantities billed, whole requests and GB as they
    are. What names no bucket is the live one's, else the first's; other buckets are left out.

    A report with money alone gives requests, by their price, and no GB, which have tiers. AWS bills
    LIST with PUT: where a bill has them, `lists` is 0.
    """
    by_name = {one.bucket: one for one in buckets}
    live = next((one for one in buckets if one.live), buckets[0])
    found: dict[tuple[str, str], Decimal] = {}
    with localcontext(EXACT):
        for row in bill.rows:
            family = family_of(row.usage_type)
            bucket = by_name.get(row.bucket) if row.bucket else live
            if bucket is None or family not in _NAMES:
                continue
            quantity = _quantity(row, family, bucket, book)
            if quantity is not None:
                key = bucket.role, _NAMES[family]
                found[key] = found.get(key, Decimal(0)) + quantity
    values = {f"{role}.{name}": _text(name, amount) for (role, name), amount in found.items()}
    lists = {f"{role}.lists": "0" for role, name in found if name == "puts"}
    return {**values, **lists}


def _quantity(row: BillRow, family: str, bucket: Bucket, book: PriceBook) -> Decimal | None:
    if row.quantity is not None:
        return row.quantity
    place = book.region(bucket.region)
    tiers = book.tiers(place, family, "STANDARD") if place and family in _BY_PRICE else ()
    if not tiers or not tiers[0].price:
        return None
    return row.amount / tiers[0].price * _BY_PRICE[family]


def _text(name: str, amount: Decimal) -> str:
    amount = max(amount, Decimal(0))  # credits are negative
    return plain(amount if name.endswith("_gb") else amount.quantize(Decimal(1)))
