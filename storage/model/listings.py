"""A listing as it travels from the store to a page."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

OBJECT_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("size", pa.int64()),  # bytes
        ("etag", pa.string()),  # without quotes
        ("modified", pa.timestamp("ms", tz="UTC")),
        ("storage_class", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class ListPage:
    """One delimiter page of a bucket: folders first, then objects (`OBJECT_SCHEMA`).

    `next` is the key to continue after, None exactly when `complete`.
    """

    bucket: str
    prefix: str
    prefixes: tuple[str, ...]
    objects: pa.RecordBatch
    complete: bool
    next: str | None
    requests: int = 1
