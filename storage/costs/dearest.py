"""Down to the object: which ones cost most to store."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from storage.costs.estimate import price
from storage.costs.gathering import Source
from storage.costs.month import Month
from storage.costs.usage import usage
from storage.inventory.query import Inventory
from storage.model.inventory import CELL_SCHEMA

# the classes' prices differ by far less than sizes do: the largest of each class and state are
# enough to find the dearest among them
_LARGEST = """
    SELECT key, size, storage_class, state FROM (
        SELECT key, size, storage_class,
            CASE WHEN upload_id <> '' THEN 'part' WHEN is_delete_marker THEN 'delete-marker'
                 WHEN is_latest THEN 'current' ELSE 'noncurrent' END AS state
        FROM rows WHERE starts_with(key, $prefix)
    )
    QUALIFY row_number() OVER (PARTITION BY storage_class, state ORDER BY size DESC, key) <= $most
"""


@dataclass(frozen=True, slots=True)
class Dear:
    """One object, version or part, and what storing it costs a month."""

    key: str
    size: int
    storage_class: str
    state: str
    amount: Decimal


def dearest(
    inventory: Inventory, source: Source, month: Month, prefix: str, limit: int
) -> tuple[Dear, ...]:
    """The dearest below `prefix`. Raises Unsupported where the inventory has totals only."""
    rows = inventory.sql(_LARGEST, {"prefix": prefix, "most": limit}).to_pylist()
    prices: dict[tuple[str, str, int], Decimal] = {}
    found = []
    for row in rows:
        asked = row["storage_class"], row["state"], row["size"]
        if asked not in prices:
            prices[asked] = _alone(source.bucket, row, month)
        found.append(
            Dear(row["key"], row["size"], row["storage_class"], row["state"], prices[asked])
        )
    return tuple(sorted(found, key=lambda one: (-one.amount, one.key))[:limit])


def _alone(bucket: str, row: dict[str, str | int], month: Month) -> Decimal:
    """What one object is billed by itself."""
    size, key = int(row["size"]), str(row["key"])
    cell = {
        **row,
        "bucket": bucket,
        "prefix": "",
        "kind": "",
        "day": None,
        "size_class": 1 << (size.bit_length() - 1) if size else 0,
        "objects": 1,
        "bytes": size,
        "key_bytes": len(key.encode()),
    }
    made = usage(pa.Table.from_pylist([cell], CELL_SCHEMA), month.bills)
    return price(made, month.book).total
