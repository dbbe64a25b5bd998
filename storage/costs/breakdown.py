"""What storing costs by bucket, folder, kind, class, age and size; and what of it is for nothing.

Pure. Every breakdown adds up to the same total: it is the same estimate, grouped otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.estimate import price
from storage.costs.month import Month
from storage.costs.usage import usage
from storage.model.money import Estimate, added

AGES = (
    (0, "under 30 days"),
    (30, "30 to 89 days"),
    (90, "90 to 179 days"),
    (180, "180 to 364 days"),
    (365, "a year and older"),
)
SIZES = (
    (0, "under 1 KiB"),
    (1 << 10, "1 to 16 KiB"),
    (1 << 14, "16 to 128 KiB"),
    (1 << 17, "128 KiB to 1 MiB"),
    (1 << 20, "1 to 16 MiB"),
    (1 << 24, "16 MiB and more"),
)
DIMENSIONS: Mapping[str, str] = {
    "prefix": "Folder",
    "kind": "Kind",
    "storage_class": "Class",
    "age": "Age",
    "size": "Size",
    "state": "State",
}
"""By what storing can be broken down, within each bucket."""


@dataclass(frozen=True, slots=True)
class Share:
    """One group of a bucket: its objects and what storing them costs a month."""

    bucket: str
    name: str
    objects: int
    bytes: int
    amount: Decimal


def breakdown(month: Month, folders: pa.Table, by: str, on: date) -> tuple[Share, ...]:
    """Each bucket by one of DIMENSIONS, the dearest first; `folders` are the cells without days.
    Raises KeyError for another.
    """
    cells = _with(folders if by == "prefix" else month.cells, by, on)
    made = month.with_cells(cells).storage_by("bucket", by)
    sums = cells.group_by(["bucket", by]).aggregate([("objects", "sum"), ("bytes", "sum")])
    counts = {
        (row["bucket"], row[by] or ""): (row["objects_sum"], row["bytes_sum"])
        for row in sums.to_pylist()
    }
    found = []
    for (group,), amount in made.by("group").items():
        bucket, _, name = group.partition("\0")
        found.append(Share(bucket, name, *counts[bucket, name], amount))
    return tuple(sorted(found, key=lambda one: (-one.amount, one.bucket, one.name)))


def _with(cells: pa.Table, by: str, on: date) -> pa.Table:
    """The cells with the column `by`, made where they have none of that name."""
    makers: Mapping[str, Callable[[], pa.Array]] = {
        "age": lambda: _binned(_days(cells, on), AGES),
        "size": lambda: _binned(cells["size_class"].to_numpy(), SIZES),
    }
    return cells.append_column(by, makers[by]()) if by in makers else cells


def _days(cells: pa.Table, on: date) -> np.ndarray:
    """How old, in whole days; what has no day is as old as can be."""
    days = pc.cast(pc.cast(cells["day"], pa.int32()).fill_null(0), pa.int64()).to_numpy()
    age: np.ndarray = np.maximum((on - date(1970, 1, 1)).days - days, 0)
    return age


def _binned(values: np.ndarray, bins: tuple[tuple[int, str], ...]) -> pa.Array:
    edges = np.array([edge for edge, _ in bins])
    names = pa.array([name for _, name in bins])
    return names.take(pa.array(np.searchsorted(edges, values, side="right") - 1))


@dataclass(frozen=True, slots=True)
class Waste:
    """Something that is paid for and that nobody hears."""

    code: str
    title: str
    objects: int
    bytes: int
    amount: Decimal


_WASTE = {
    "noncurrent": ("versions", "Earlier versions"),
    "part": ("uploads", "Uploads that were never finished"),
    "delete-marker": ("markers", "Delete markers"),
}


def wasted(month: Month, estimate: Estimate) -> tuple[Waste, ...]:
    """Earlier versions, unfinished uploads, delete markers, and what small objects are billed for
    that is not there."""
    found = []
    for state, (code, title) in _WASTE.items():
        mine = month.cells.filter(pc.equal(month.cells["state"], state))
        total = price(usage(mine, month.bills), month.book).total
        objects = int(pc.sum(mine["objects"]).as_py() or 0)
        found.append(Waste(code, title, objects, int(pc.sum(mine["bytes"]).as_py() or 0), total))
    small = added(line.amount for line in estimate.lines if line.meter == "minimum-size")
    found.append(Waste("small", "Small objects billed as 128 KB", 0, 0, small))
    return tuple(one for one in found if one.objects or one.amount)
