"""A month that is over, as cells: from the scans of it, or rebuilt from the dates of what is there.

Pure. S3 bills byte-hours: what was stored for half of the month counts half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.month import mean_bytes
from storage.costs.scenarios import put
from storage.errors import InvalidInput
from storage.model.inventory import CELL_SCHEMA

Basis = Literal["scans", "dates", "none"]
_COUNTS = ("objects", "bytes", "key_bytes")
_KEYS = ("prefix", "kind", "storage_class", "state")


@dataclass(frozen=True, slots=True)
class Period:
    """One month, in UTC as AWS bills it."""

    begin: datetime
    end: datetime

    @property
    def name(self) -> str:
        """`2026-10`."""
        return f"{self.begin:%Y-%m}"


def period(text: str) -> Period:
    """Of `2026-10`. Raises InvalidInput for anything else."""
    try:
        begin = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no month.", "Write it like 2026-10.") from error
    return Period(begin, _next(begin))


def last_closed(now: datetime) -> Period:
    """The month before this one."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Period((first - timedelta(days=1)).replace(day=1), first)


def _next(begin: datetime) -> datetime:
    return (begin + timedelta(days=32)).replace(day=1)


def scanned_in(history: pa.Table, month: Period) -> bool:
    """Whether a scan tells of the month: one in it, or one before and one after."""
    times = sorted(set(history["at"].to_pylist()))
    before = any(at < month.end for at in times)
    return any(month.begin <= at < month.end for at in times) or (
        before and any(at >= month.end for at in times)
    )


def from_scans(bucket: str, history: pa.Table, month: Period) -> pa.Table:
    """Mean cells of the month by its scans: what one saw holds until the next. Before the first
    scan of all, what that one saw."""
    times = sorted(set(history["at"].to_pylist()))
    series: dict[tuple[Any, ...], dict[datetime, tuple[int, int]]] = {}
    for row in history.to_pylist():
        found = series.setdefault(tuple(row[name] for name in _KEYS), {})
        objects, stored = found.get(row["at"], (0, 0))
        found[row["at"]] = objects + row["objects"], stored + row["bytes"]
    rows = []
    for key, found in series.items():
        points = [(at, *found.get(at, (0, 0))) for at in times]
        first = (min(points[0][0], month.begin), *points[0][1:])
        points = [first, *points[1:]]
        objects = mean_bytes([(at, count) for at, count, _ in points], month.begin, month.end)
        stored = mean_bytes([(at, size) for at, _, size in points], month.begin, month.end)
        rows.append({**dict(zip(_KEYS, key, strict=True)), "objects": objects, "bytes": stored})
    return _cells(bucket, rows)


def from_dates(cells: pa.Table, month: Period) -> pa.Table:
    """The cells of today as far as they were there then: each from its day on. What was deleted
    since is not in them, so the month was this or more."""
    days = (month.end - month.begin).days
    since = pc.cast(pc.cast(cells["day"], pa.int32()).fill_null(0), pa.int64()).to_numpy()
    end = (month.end.date() - date(1970, 1, 1)).days
    there = np.clip(end - since, 0, days)  # what has no day is as old as can be
    for name in _COUNTS:
        counted = pa.array(cells[name].to_numpy() * there // days, pa.int64())
        cells = put(cells, name, counted)
    return cells.filter(pa.array(there > 0))


def _cells(bucket: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    def full() -> Iterator[dict[str, Any]]:
        for row in rows:
            mean = row["bytes"] // max(1, row["objects"])
            size_class = 1 << (mean.bit_length() - 1) if mean else 0
            yield {**row, "bucket": bucket, "day": None, "size_class": size_class, "key_bytes": 0}

    return pa.Table.from_pylist(list(full()), CELL_SCHEMA)


def totals(history: pa.Table) -> list[tuple[datetime, int, int]]:
    """(when, objects, bytes) of each scan, oldest first."""
    if not len(history):
        return []
    sums = history.group_by("at").aggregate([("objects", "sum"), ("bytes", "sum")])
    rows = sums.sort_by("at").to_pylist()
    return [(row["at"], row["objects_sum"], row["bytes_sum"]) for row in rows]


def of_scan(bucket: str, history: pa.Table, at: datetime) -> pa.Table:
    """The cells of one scan as the history keeps them."""
    rows = history.filter(pc.equal(history["at"], pa.scalar(at, history.schema.field("at").type)))
    return _cells(bucket, rows.select([*_KEYS, "objects", "bytes"]).to_pylist())
