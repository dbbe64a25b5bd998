"""What each course costs, what several share, what none refers to; and what is there twice.

Courses refer to clips by UUID; a clip's key has its UUID by the layout's template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.estimate import price
from storage.costs.month import Month
from storage.costs.usage import usage
from storage.inventory.query import Inventory
from storage.model.inventory import CELL_SCHEMA
from storage.model.people import Actor

SHARED = "Shared by several courses"
ORPHANS = "In no course (orphans)"
_UUID = r"(?P<id>[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})"
_CLIPS = (
    "SELECT key, size, storage_class FROM rows "
    "WHERE kind = $kind AND is_latest AND NOT is_delete_marker AND upload_id = ''"
)


class Named(Protocol):
    """A course, by its code."""

    @property
    def course(self) -> str: ...


class Referring(Protocol):
    """A course's manifest: `clips` has a column `id`, UUIDs in upper case."""

    @property
    def clips(self) -> pa.Table: ...


class Courses(Protocol):
    """Where the references of courses come from."""

    def courses(self, actor: Actor, layout: str) -> Sequence[Named]: ...

    def clips(self, actor: Actor, layout: str, course: str) -> Referring: ...


@dataclass(frozen=True, slots=True)
class CourseShare:
    """One course, what is shared, or what is an orphan: its clips here, and what storing them
    costs a month."""

    name: str
    clips: int
    bytes: int
    amount: Decimal


def by_course(
    inventory: Inventory, month: Month, kind: str, references: Mapping[str, pa.Array]
) -> tuple[CourseShare, ...]:
    """The current clips of a bucket by what refers to them, the dearest first; they add up to all
    of them. Raises Unsupported where the inventory has totals only.
    """
    clips = inventory.sql(_CLIPS, {"kind": kind})
    ids = pc.utf8_upper(pc.struct_field(pc.extract_regex(clips["key"], _UUID), "id"))
    owners = _owners(references)
    at = pc.index_in(ids, value_set=owners["id"])
    names = pc.fill_null(owners["course"].take(at), ORPHANS)
    cells = _cells(inventory.bucket, clips, names)
    made = price(usage(cells, month.bills, "kind"), month.book).by("group")
    sums = cells.group_by("kind").aggregate([("objects", "sum"), ("bytes", "sum")]).to_pylist()
    found = [
        CourseShare(
            row["kind"], row["objects_sum"], row["bytes_sum"], made.get((row["kind"],), Decimal(0))
        )
        for row in sums
    ]
    return tuple(sorted(found, key=lambda one: (-one.amount, one.name)))


def _owners(references: Mapping[str, pa.Array]) -> pa.Table:
    """Each id once, with its course, or that several refer to it."""
    pairs = pa.concat_tables(
        [
            pa.table({"id": pc.unique(ids), "course": pa.repeat(course, len(pc.unique(ids)))})
            for course, ids in references.items()
        ]
        or [pa.table({"id": pa.array([], pa.string()), "course": pa.array([], pa.string())})]
    )
    once = pairs.group_by("id").aggregate([("course", "count"), ("course", "min")])
    course = pc.if_else(pc.greater(once["course_count"], 1), SHARED, once["course_min"])
    return pa.table({"id": once["id"].combine_chunks(), "course": course})


def _cells(bucket: str, clips: pa.Table, names: pa.ChunkedArray) -> pa.Table:
    """A cell an object, with its course in place of its kind."""
    size = clips["size"].to_numpy()
    exponent = np.frexp(size.astype(np.float64))[1].astype(np.int64)
    count = len(clips)
    columns = {
        "bucket": pa.repeat(bucket, count),
        "prefix": pa.repeat("", count),
        "kind": names,
        "storage_class": clips["storage_class"],
        "state": pa.repeat("current", count),
        "day": pa.nulls(count, pa.date32()),
        "size_class": pa.array(np.where(size > 0, 1 << np.maximum(exponent - 1, 0), 0), pa.int64()),
        "objects": pa.repeat(1, count),
        "bytes": clips["size"],
        "key_bytes": pc.cast(pc.binary_length(clips["key"]), pa.int64()),
    }
    return pa.table(columns).cast(CELL_SCHEMA)


@dataclass(frozen=True, slots=True)
class Twice:
    """The same content under several keys: `wasted` bytes and what they cost a month, at the price
    of Standard."""

    keys: tuple[str, ...]  # the first 20
    copies: int
    wasted: int
    amount: Decimal


def duplicates(inventory: Inventory, month: Month, region: str, limit: int) -> tuple[Twice, ...]:
    """The most wasteful first. Raises Unsupported where the inventory has totals only."""
    tiers = month.book.tiers(month.book.region(region) or "", "storage", "STANDARD")
    each = tiers[0].price / Decimal(1 << 30) if tiers else Decimal(0)
    rows = inventory.duplicates().slice(0, limit).to_pylist()
    return tuple(
        Twice(tuple(row["keys"]), row["copies"], row["bytes_wasted"], each * row["bytes_wasted"])
        for row in rows
    )
