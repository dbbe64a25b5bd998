"""The body of a ListObjectsV2 answer as Arrow columns, for a page of Browse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa

from storage.model.listings import OBJECT_SCHEMA
from storage.s3.xml_rows import NO_STORAGE_CLASS, Body, Range, UnusualError

_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<ListBucketResult[\s>]")
_END = b"</ListBucketResult>"
_WANTED = (b"<Key>", b"<Size>", b"<LastModified>", b"<ETag>", b"<StorageClass>")
# in this way, because others import pandas: 30 MB and half a second for every command
NO_OBJECTS = pa.RecordBatch.from_arrays(
    [pa.nulls(0, field.type) for field in OBJECT_SCHEMA], schema=OBJECT_SCHEMA
)


@dataclass(frozen=True, slots=True)
class ParsedListing:
    """What one listing answer holds; `token` is its NextContinuationToken, "" without one."""

    prefixes: tuple[str, ...]
    objects: pa.RecordBatch
    truncated: bool
    token: str


def parse_listing(body: bytes) -> ParsedListing | None:
    """The listing in `body`, exactly as boto3 would read it, or None when anything is unusual."""
    body = body.rstrip()
    if not _ROOT.match(body) or not body.endswith(_END):
        return None
    try:
        found = Body(body, (b"Contents",))
        return ParsedListing(
            truncated=found.truncated(),
            prefixes=tuple(found.prefixes()),
            objects=NO_OBJECTS if found.empty else _objects(found),
            token=found.text(b"<NextContinuationToken>"),
        )
    except (ValueError, ET.ParseError):  # not UTF-8; odd dates, numbers or entities
        return None


def _objects(found: Body) -> pa.RecordBatch:
    rows = found.alike(_WANTED) or _unlike(found)
    keys, sizes, dates, etags, classes = (rows[tag] for tag in _WANTED)
    if keys is None or sizes is None or dates is None:
        raise UnusualError
    count = len(keys[0])
    columns = [
        found.names(keys),
        found.column(sizes).cast(pa.int64()),
        pa.repeat("", count) if etags is None else found.etags(etags),
        found.column(dates).cast(OBJECT_SCHEMA.field("modified").type),
        pa.repeat(NO_STORAGE_CLASS, count) if classes is None else found.column(classes),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=OBJECT_SCHEMA)


def _unlike(found: Body) -> dict[bytes, Range | None]:
    """The texts where rows differ: some with a checksum, an owner, a restore, some without."""
    opens = found.opens(b"Contents")
    rows: dict[bytes, Range | None] = {}
    for tag in _WANTED:
        at, where = found.found(tag)
        # one in each row, or a row would lend its value to another key
        if len(at) and not np.array_equal(np.searchsorted(opens, at) - 1, np.arange(len(opens))):
            raise UnusualError
        rows[tag] = where if len(at) else None
    return rows
