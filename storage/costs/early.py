"""Objects that go before their class's minimum days are over: the rest is billed at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.classes import RULES, SMALL_BYTES, rules_of
from storage.costs.usage import Bills
from storage.model.money import Quantity

_TIMED = sorted(name for name, rules in RULES.items() if rules.min_days)


def early_deletion(
    cells: pa.Table, bills: Bills, on: date, *, percent: int = 100, by: str = "bucket"
) -> list[Quantity]:
    """What is billed besides when `percent` of these objects are deleted, overwritten or moved to
    another class on that day: bytes times the days that are left. Cells without a day count as old.
    """
    found: dict[tuple[str, str, str], int] = {}
    for group, bucket, storage_class, amount in _remaining(cells, bills, on, by):
        key = (group, bills.regions[bucket], storage_class)
        found[key] = found.get(key, 0) + amount * percent // 100
    return [
        Quantity("early-deletion", group, region, "storage", storage_class, amount)
        for (group, region, storage_class), amount in found.items()
        if amount
    ]


def _remaining(
    cells: pa.Table, bills: Bills, on: date, by: str
) -> Iterator[tuple[str, str, str, int]]:
    stored = pc.is_in(cells["state"], pa.array(["current", "noncurrent"]))
    timed = pc.is_in(cells["storage_class"], pa.array(_TIMED, pa.string()))
    cells = cells.filter(pc.and_(pc.and_(stored, timed), pc.is_valid(cells["day"])))
    small = pc.less(cells["size_class"], SMALL_BYTES)
    table = cells.append_column("small", small).append_column("group", cells[by])
    keys = ["group", "bucket", "storage_class", "day", "small"]
    for row in table.group_by(keys).aggregate([("objects", "sum"), ("bytes", "sum")]).to_pylist():
        rules = rules_of(row["storage_class"], bills.provider)
        left = rules.min_days - max(0, (on - row["day"]).days)
        if left <= 0:
            continue
        billed = row["bytes_sum"]
        if row["small"] and rules.min_bytes:
            billed = row["objects_sum"] * rules.min_bytes
        yield row["group"], row["bucket"], row["storage_class"], billed * left
