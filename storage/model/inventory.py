"""Inventories as they are kept and passed on: rows of a scan, totals of it, what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa

from storage.model.findings import Finding

Source = Literal["listing", "s3-inventory", "cloudwatch"]

ROW_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("kind", pa.string()),  # by the layout, "" where no template fits
        ("version_id", pa.string()),  # "" where the listing names none
        ("is_latest", pa.bool_()),
        ("is_delete_marker", pa.bool_()),
        ("size", pa.int64()),  # bytes
        ("etag", pa.string()),  # without quotes
        ("modified", pa.timestamp("ms", tz="UTC")),
        ("storage_class", pa.string()),
        ("checksum_algorithm", pa.string()),  # "" none; several with commas
        ("upload_id", pa.string()),  # of the unfinished upload this is a part of, "" otherwise
    ]
)
"""A file of rows is in order of keys by their UTF-8 bytes, newest version first, parts last."""

LISTED_SCHEMA = pa.schema([field for field in ROW_SCHEMA if field.name != "kind"])
"""What a store says of a row."""

STATES = ("current", "noncurrent", "delete-marker", "part")
CELL_SCHEMA = pa.schema(
    [
        ("bucket", pa.string()),
        ("prefix", pa.string()),  # the first two folders, "" at the top level
        ("kind", pa.string()),
        ("storage_class", pa.string()),
        ("state", pa.string()),  # one of STATES
        ("day", pa.date32()),  # of `modified`, UTC; null where only totals are known
        ("size_class", pa.int64()),  # the least size of its bin: 0, 1, 2, 4, 8 …
        ("objects", pa.int64()),
        ("bytes", pa.int64()),
        ("key_bytes", pa.int64()),  # of the keys' own names, which delete markers are billed by
    ]
)
HISTORY_SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("us", tz="UTC")),
        ("day", pa.date32()),
        ("source", pa.string()),
        ("prefix", pa.string()),
        ("kind", pa.string()),
        ("storage_class", pa.string()),
        ("state", pa.string()),
        ("objects", pa.int64()),
        ("bytes", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """One inventory as the history keeps it. `requests` are all that were made for it, and
    `versions` and `uploads` say whether old versions and unfinished uploads are in it.
    """

    id: str
    layout: str
    role: str
    bucket: str
    prefix: str
    source: Source
    at: datetime  # when it began
    versions: bool
    uploads: bool
    rows: int
    bytes: int
    requests: int
    seconds: float
    findings: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form of `--json` and of a job's result."""
        return {
            "id": self.id,
            "source": self.source,
            "at": self.at.isoformat(),
            "rows": self.rows,
            "bytes": self.bytes,
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
            "findings": [finding.as_dict() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class ScanEstimate:
    """What a scan will take: `requests` of the kind LIST, for `objects`; `basis` says for people
    how that is known, and `spent` how many requests finding it out took.
    """

    requests: int
    objects: int
    basis: str
    spent: int = 0
