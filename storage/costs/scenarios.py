"""What could be changed, as data, and what the cells are afterwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.classes import SMALL_BYTES

STORED = ("current", "noncurrent")
_WHOLE = 1 << 62  # what 64 bits hold for certain


@dataclass(frozen=True, slots=True)
class Where:
    """Which objects: by bucket, prefix, kind, class, state and age; "" or () is any."""

    bucket: str = ""
    prefix: str = ""
    kind: str = ""
    storage_class: str = ""
    states: tuple[str, ...] = ("current",)
    older_days: int = 0
    at_least_bytes: int = 0

    def mask(self, cells: pa.Table, on: date) -> pa.Array:
        """Which cells; those without a day are old."""
        found = pc.is_in(cells["state"], pa.array(list(self.states), pa.string()))
        for name in ("bucket", "kind", "storage_class"):
            if wanted := getattr(self, name):
                found = pc.and_(found, pc.equal(cells[name], wanted))
        if self.prefix:
            found = pc.and_(found, pc.starts_with(cells["prefix"], self.prefix))
        if self.older_days:
            last = pa.scalar(on - timedelta(days=self.older_days), pa.date32())
            old = pc.less_equal(cells["day"], last).fill_null(fill_value=True)
            found = pc.and_(found, old)
        if self.at_least_bytes:
            found = pc.and_(found, pc.greater_equal(cells["size_class"], self.at_least_bytes))
        return found

    def words(self) -> str:
        """`prod, mastered/, older than 30 days`: for people."""
        states = {"noncurrent": "earlier versions", "delete-marker": "delete markers"}
        parts = [self.bucket, self.prefix, self.kind, self.storage_class]
        parts += [states[one] for one in self.states if one in states]
        if self.older_days:
            parts.append(f"older than {self.older_days} days")
        return ", ".join(part for part in parts if part) or "everything"


@dataclass(frozen=True, slots=True)
class Move:
    """Into another storage class: by a lifecycle rule, which skips objects under 128 KB unless
    `small`, or by copying each object over itself."""

    to: str
    where: Where = Where()
    small: bool = False
    how: Literal["lifecycle", "copy"] = "lifecycle"


@dataclass(frozen=True, slots=True)
class Remove:
    """Deleting: earlier versions, unfinished uploads, orphans, a folder. `percent` of the objects
    that fit, where it is not known which."""

    where: Where
    percent: int = 100


@dataclass(frozen=True, slots=True)
class Recode:
    """Compressing recordings from one bitrate to another."""

    from_kbps: int
    to_kbps: int
    where: Where = Where()


@dataclass(frozen=True, slots=True)
class Mirror:
    """A copy of everything that fits in a second region."""

    region: str
    storage_class: str = ""  # "": as it is
    where: Where = Where()


@dataclass(frozen=True, slots=True)
class Grow:
    """So many times the objects, and the traffic."""

    factor: int
    where: Where = Where(states=("current", "noncurrent", "delete-marker", "part"))


Change = Move | Remove | Recode | Mirror | Grow


def split(cells: pa.Table, mask: pa.Array) -> tuple[pa.Table, pa.Table]:
    """(what fits, what does not)."""
    return cells.filter(mask), cells.filter(pc.invert(mask))


def with_class(cells: pa.Table, storage_class: str) -> pa.Table:
    """The cells in another storage class."""
    return put(cells, "storage_class", pa.array([storage_class] * len(cells), pa.string()))


def scaled(cells: pa.Table, numerator: int, denominator: int, columns: Sequence[str]) -> pa.Table:
    """The cells with some columns multiplied, rounded down."""
    for name in columns:
        values = cells[name].to_numpy()
        if int(values.max(initial=0)) * numerator < _WHOLE:
            cells = put(cells, name, pa.array(values * numerator // denominator, pa.int64()))
        else:  # Python's integers have no end
            long = [int(value) * numerator // denominator for value in values]
            cells = put(cells, name, pa.array(long, pa.int64()))
    return cells


def resized(cells: pa.Table, numerator: int, denominator: int) -> pa.Table:
    """The cells with objects of another size, in the size class that they are of on average."""
    smaller = scaled(cells, numerator, denominator, ("bytes",))
    return put(smaller, "size_class", _classes(smaller["objects"], smaller["bytes"]))


def put(cells: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """The cells with one column replaced."""
    return cells.set_column(cells.schema.get_field_index(name), name, values)


def count_small(cells: pa.Table) -> int:
    """How many objects are under 128 KB."""
    small = pc.less(cells["size_class"], SMALL_BYTES)
    return int(pc.sum(cells.filter(small)["objects"]).as_py() or 0)


def _classes(objects: pa.ChunkedArray, stored: pa.ChunkedArray) -> pa.Array:
    """The size class of each cell by the mean size of its objects."""
    count = np.maximum(objects.to_numpy(), 1)
    mean = stored.to_numpy() // count
    # sizes are under 2^53, so floats have them exactly
    exponents = np.frexp(mean.astype(np.float64))[1].astype(np.int64)
    return pa.array(np.where(mean > 0, 1 << np.maximum(exponents - 1, 0), 0), pa.int64())
