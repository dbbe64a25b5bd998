"""Inventory cells to what is billed. Pure; whole numbers.

A cell is a row of the inventory's rollup: so many objects and bytes of one storage class, state,
day and size class. Sums over all of them are made by Arrow; what remains is a few hundred rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.classes import (
    INDEX_BYTES,
    INTELLIGENT,
    NAME_BYTES,
    SMALL_BYTES,
    STANDARD,
    part_class,
    rules_of,
)
from storage.model.money import Quantity

STATES = {"current": "storage", "noncurrent": "storage-noncurrent", "part": "storage-parts"}
"""The meter of the bytes of each state; a delete marker is billed by its name."""


@dataclass(frozen=True, slots=True)
class Bills:
    """How buckets are billed: the region of each by name, and whose rules apply there."""

    regions: Mapping[str, str]
    provider: str = "aws"
    # of what Intelligent-Tiering holds in objects of 128 KB and more: per cent by access tier; the
    # rest is in the frequent one. A listing does not tell.
    tiering: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class _Sum:
    """Cells of one group, bucket, class and state that are all under 128 KB, or none of them."""

    group: str
    region: str
    storage_class: str
    state: str
    small: bool
    objects: int
    bytes: int
    key_bytes: int


def usage(cells: pa.Table, bills: Bills, by: str | tuple[str, ...] = "bucket") -> list[Quantity]:
    """The quantities that storing `cells` for a month is billed by, for each value of `by`: a
    column, or several, whose values are then joined by NUL.

    Groups are shown by their names, so those of the same name in two regions are still two.
    """
    found: dict[tuple[str, str, str, str, str], int] = {}
    for one in _sums(cells, bills, by):
        for quantity in _billed(one, bills):
            key = (
                quantity.meter,
                quantity.group,
                quantity.region,
                quantity.figure,
                quantity.storage_class,
            )
            found[key] = found.get(key, 0) + quantity.amount
    return [Quantity(*key, amount) for key, amount in found.items() if amount]


def _sums(cells: pa.Table, bills: Bills, by: str | tuple[str, ...]) -> Iterator[_Sum]:
    columns = (by,) if isinstance(by, str) else by
    texts = [pc.cast(cells[name], pa.string()).fill_null("") for name in columns]
    group = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "\0")
    table = pa.table(
        {
            "group": group,
            "bucket": cells["bucket"],
            "storage_class": cells["storage_class"],
            "state": cells["state"],
            "small": pc.less(cells["size_class"], SMALL_BYTES),
            "objects": cells["objects"],
            "bytes": cells["bytes"],
            "key_bytes": cells["key_bytes"],
        }
    )
    keys = ["group", "bucket", "storage_class", "state", "small"]
    sums = table.group_by(keys).aggregate(
        [(name, "sum") for name in ("objects", "bytes", "key_bytes")]
    )
    for row in sums.to_pylist():
        yield _Sum(
            row["group"],
            bills.regions[row["bucket"]],
            row["storage_class"] or STANDARD,
            row["state"],
            row["small"],
            row["objects_sum"],
            row["bytes_sum"],
            row["key_bytes_sum"],
        )


def _billed(one: _Sum, bills: Bills) -> Iterator[Quantity]:
    def so_much(meter: str, storage_class: str, amount: int, figure: str = "storage") -> Quantity:
        return Quantity(meter, one.group, one.region, figure, storage_class, amount)

    if one.state == "delete-marker":
        yield so_much("storage-markers", STANDARD, one.key_bytes)
        return
    if one.state == "part":
        yield so_much("storage-parts", part_class(one.storage_class), one.bytes)
        return
    rules = rules_of(one.storage_class, bills.provider)
    if rules.monitored and not one.small:
        yield so_much("monitoring", INTELLIGENT, one.objects, "monitoring")
        yield from _tiered(one, bills)
        return
    yield so_much(STATES[one.state], one.storage_class, one.bytes)
    if one.small and rules.min_bytes:
        lacking = one.objects * rules.min_bytes - one.bytes
        yield so_much("minimum-size", one.storage_class, lacking)
    if rules.archived:
        yield so_much("archive-index", one.storage_class, one.objects * INDEX_BYTES)
        yield so_much("archive-names", STANDARD, one.objects * NAME_BYTES)


def _tiered(one: _Sum, bills: Bills) -> Iterator[Quantity]:
    """What Intelligent-Tiering holds, in the access tiers it is assumed to be in."""
    left = one.bytes
    for tier, percent in (bills.tiering or {}).items():
        part = min(left, one.bytes * percent // 100)
        left -= part
        name = f"{INTELLIGENT}/{tier}"
        yield Quantity(STATES[one.state], one.group, one.region, "storage", name, part)
    yield Quantity(STATES[one.state], one.group, one.region, "storage", INTELLIGENT, left)
