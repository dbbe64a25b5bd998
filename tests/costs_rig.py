"""Cells by hand, and estimates of them, for tests of money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from storage.costs.assumed import parse_entered
from storage.costs.estimate import price
from storage.costs.month import Month
from storage.costs.pricebook import PriceBook, shipped
from storage.costs.traffic import Role
from storage.costs.usage import Bills, usage
from storage.model.inventory import CELL_SCHEMA
from storage.model.money import Estimate, Quantity

KB, MB, GB, TB = 1 << 10, 1 << 20, 1 << 30, 1 << 40
ON = date(2026, 11, 1)
BOOK = shipped()
US = "us-east-1"
BILLS = Bills({"a": US, "b": US, "c": "eu-west-1"})


def cell(
    objects: int,
    each: int,
    storage_class: str = "STANDARD",
    *,
    state: str = "current",
    bucket: str = "a",
    day: date | None = None,
    prefix: str = "",
    kind: str = "",
    key_bytes: int = 0,
) -> dict[str, Any]:
    """One cell of `objects` that have `each` so many bytes."""
    size_class = 1 << (each.bit_length() - 1) if each else 0
    return {
        "bucket": bucket,
        "prefix": prefix,
        "kind": kind,
        "storage_class": storage_class,
        "state": state,
        "day": day,
        "size_class": size_class,
        "objects": objects,
        "bytes": objects * each,
        "key_bytes": key_bytes,
    }


def cells(*rows: Mapping[str, Any]) -> pa.Table:
    """Cells as an inventory has them."""
    return pa.Table.from_pylist([dict(row) for row in rows], CELL_SCHEMA)


def bill(*rows: Mapping[str, Any], book: PriceBook = BOOK, bills: Bills = BILLS) -> Estimate:
    """What storing them for a month costs."""
    return price(usage(cells(*rows), bills), book)


def cost(
    meter: str, amount: int, storage_class: str = "ANY", *, figure: str = "", region: str = US
) -> Decimal:
    """What so much of one meter costs."""
    one = Quantity(meter, "a", region, figure or meter, storage_class, amount)
    return price([one], BOOK).total


def month(*rows: Mapping[str, Any], **entered: str) -> Month:
    """The month of buckets a and b in us-east-1 and c in eu-west-1; `entered` as `a__gets="5"`."""
    roles = tuple(Role(name, name, BILLS.regions[name], ON) for name in "abc")
    pairs = {name.replace("__", "."): value for name, value in entered.items()}
    pairs |= {f"{name}.puts": "0" for name in "abc" if f"{name}.puts" not in pairs}
    return Month(cells(*rows), roles, parse_entered(pairs, "abc", "a"), BOOK)
