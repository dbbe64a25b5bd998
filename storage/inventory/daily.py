"""CloudWatch's daily sizes as an inventory: totals by class, without rows."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from storage.gate import Passage
from storage.model.findings import Finding
from storage.model.inventory import CELL_SCHEMA, Scanned
from storage.s3.daily_sizes import DailySizes


def from_cloudwatch(
    where: Passage, found: DailySizes, began: datetime, taken: timedelta
) -> tuple[Scanned, pa.Table]:
    """What it says, and its cells: bytes of each class without a number of objects, and under the
    class "" the number of all objects without their bytes, because more is not known.
    """
    bucket = where.bucket.bucket
    cells = [_cell(bucket, name, 0, size) for name, size in sorted(found.bytes.items())]
    cells.append(_cell(bucket, "", found.objects, 0))
    scanned = Scanned(
        f"{round(began.timestamp() * 1000):011x}{secrets.token_hex(8)}",
        where.layout.name,
        where.bucket.role,
        bucket,
        "",
        "cloudwatch",
        found.at,
        versions=False,
        uploads=False,
        rows=found.objects,
        bytes=sum(found.bytes.values()),
        requests=found.requests,
        seconds=taken.total_seconds(),
        findings=(_told(bucket),),
    )
    return scanned, pa.Table.from_pylist(cells, CELL_SCHEMA)


def _cell(bucket: str, storage_class: str, objects: int, size: int) -> dict[str, Any]:
    nothing = {"prefix": "", "kind": "", "day": None, "size_class": 0, "key_bytes": 0}
    return {
        **nothing,
        "bucket": bucket,
        "storage_class": storage_class,
        "state": "current",
        "objects": objects,
        "bytes": size,
    }


def _told(bucket: str) -> Finding:
    return Finding(
        "daily-totals",
        bucket,
        "",
        "info",
        "CloudWatch's figures hold old versions and unfinished uploads too, and cannot tell them "
        "from what is there now.",
        "Measure the bucket to see them apart.",
    )
