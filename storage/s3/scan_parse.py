"""The body of a ListObjectsV2 or ListObjectVersions answer as rows of an inventory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.model.inventory import LISTED_SCHEMA
from storage.s3.xml_rows import NO_STORAGE_CLASS, Body, Positions, Range, UnusualError

_ROOT = rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<%s[\s>]"
_MODIFIED = LISTED_SCHEMA.field("modified").type
_CHECKSUM = b"<ChecksumAlgorithm>"
# in this way, because others import pandas: 30 MB and half a second for every command
NO_ROWS = pa.RecordBatch.from_arrays(
    [pa.nulls(0, field.type) for field in LISTED_SCHEMA], schema=LISTED_SCHEMA
)


@dataclass(frozen=True, slots=True)
class ParsedRows:
    """What one answer holds. A listing of versions goes on after `marker`: key and version id."""

    rows: pa.RecordBatch
    truncated: bool
    marker: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class _Shape:
    """One kind of answer: its root, its rows, and what of them is read."""

    root: bytes
    rows: tuple[bytes, ...]  # the first holds sizes, ETags and classes
    versions: bool

    @property
    def always(self) -> tuple[bytes, ...]:
        """What every row has."""
        more = (b"<VersionId>", b"<IsLatest>") if self.versions else ()
        return (b"<Key>", b"<LastModified>", *more)


_SIZE, _ETAG, _CLASS = b"<Size>", b"<ETag>", b"<StorageClass>"
_OBJECTS = _Shape(b"ListBucketResult", (b"Contents",), versions=False)
_VERSIONS = _Shape(b"ListVersionsResult", (b"Version", b"DeleteMarker"), versions=True)


def parse_rows(body: bytes, *, versions: bool) -> ParsedRows | None:
    """The rows in `body`, exactly as boto3 would read them, or None when anything is unusual."""
    shape = _VERSIONS if versions else _OBJECTS
    body = body.rstrip()
    if not re.match(_ROOT % shape.root, body) or not body.endswith(b"</%s>" % shape.root):
        return None
    try:
        found = Body(body, shape.rows)
        marker = ("", "")
        if versions:
            marker = (found.name(b"<NextKeyMarker>"), found.text(b"<NextVersionIdMarker>"))
        rows = NO_ROWS if found.empty else _rows(found, shape)
        return ParsedRows(rows, found.truncated(), marker)
    except (ValueError, ET.ParseError):  # not UTF-8; odd dates, numbers or entities
        return None


def _rows(found: Body, shape: _Shape) -> pa.RecordBatch:
    wanted = (*shape.always, _SIZE, _ETAG, _CLASS, _CHECKSUM)
    alike = found.alike(wanted)
    if alike is None or alike[_SIZE] is None:
        return _batch(found, shape, _Unlike(found, shape))
    rows = _Alike(found, alike)
    # the first eight bytes of ChecksumAlgorithm are those of ChecksumType
    if rows.same(_CHECKSUM) is None and found.body.count(_CHECKSUM) not in (0, rows.count):
        return _batch(found, shape, _Unlike(found, shape))
    return _batch(found, shape, rows)


def _length(where: Range | None) -> int:
    if where is None:
        raise UnusualError
    return len(where[0])


class _Alike:
    """Columns of rows that are all laid out as the first."""

    def __init__(self, found: Body, ranges: dict[bytes, Range | None]) -> None:
        self._found = found
        self._ranges = ranges
        self.count = _length(ranges[b"<Key>"])
        self.markers: Any = pa.repeat(pa.scalar(False), self.count)

    def always(self, tag: bytes) -> Range:
        where = self._ranges[tag]
        if where is None:
            raise UnusualError
        return where

    def maybe(self, tag: bytes, default: str, read: Any) -> Any:
        where = self._ranges[tag]
        return pa.repeat(default, self.count) if where is None else read(where)

    def few(self, tag: bytes, default: str) -> Any:
        """As `maybe`, of an element that is mostly the same in all rows."""
        text = self.same(tag)
        if text is None:
            return self.maybe(tag, default, self._found.plain)
        return pa.repeat(text.decode(), self.count)

    def same(self, tag: bytes) -> bytes | None:
        """The text that the element has in every row; None where there is none such."""
        where = self._ranges[tag]
        if where is None:
            return None
        text = self._found.body[where[0][0] : where[1][0]]
        whole = b"%s%s</%s" % (tag, text, tag[1:])
        return text if self._found.body.count(whole) == self.count and b"&" not in text else None

    def checksums(self) -> Any:
        return self.few(_CHECKSUM, "")


class _Unlike:
    """The same where rows differ: some are delete markers, some have a checksum, some have not."""

    def __init__(self, found: Body, shape: _Shape) -> None:
        self._found = found
        opens = [found.opens(name) for name in shape.rows]
        self._opens = np.sort(np.concatenate(opens))
        self._full = np.searchsorted(self._opens, opens[0])  # the rows that have sizes
        self.count = len(self._opens)
        markers = np.ones(self.count, bool)
        markers[self._full] = False
        self.markers: Any = pa.array(markers)

    def _at(self, tag: bytes) -> tuple[Positions, Range]:
        at, where = self._found.found(tag)
        return np.searchsorted(self._opens, at) - 1, where

    def always(self, tag: bytes) -> Range:
        rows, where = self._at(tag)
        if not np.array_equal(rows, np.arange(self.count)):
            raise UnusualError
        return where

    def maybe(self, tag: bytes, default: str, read: Any) -> Any:
        """In each full row, or in none of them."""
        rows, where = self._at(tag)
        if not len(rows) and (tag != _SIZE or not len(self._full)):
            return pa.repeat(default, self.count)
        if not np.array_equal(rows, self._full):
            raise UnusualError
        return self._spread(read(where), rows, default)

    def few(self, tag: bytes, default: str) -> Any:
        return self.maybe(tag, default, self._found.plain)

    def checksums(self) -> Any:
        """Any number in each full row."""
        rows, where = self._at(_CHECKSUM)
        if not np.isin(rows, self._full).all():
            raise UnusualError
        texts = self._found.plain(where)
        if (np.diff(rows) > 0).all():
            return self._spread(texts, rows, "")
        joined: dict[int, str] = {}
        for row, text in zip(rows.tolist(), texts.to_pylist(), strict=True):
            joined[row] = f"{joined[row]},{text}" if row in joined else text
        return pa.array([joined.get(row, "") for row in range(self.count)], pa.string())

    def _spread(self, texts: Any, rows: Positions, default: str) -> Any:
        places = np.zeros(self.count, np.int64)
        there = np.zeros(self.count, bool)
        places[rows], there[rows] = np.arange(len(rows)), True
        return pc.fill_null(texts.take(pa.array(places, mask=~there)), default)


def _batch(found: Body, shape: _Shape, rows: _Alike | _Unlike) -> pa.RecordBatch:
    count = rows.count
    none: Any = pa.repeat("", count)
    ids, latest = none, pa.repeat(pa.scalar(True), count)
    if shape.versions:
        ids = found.plain(rows.always(b"<VersionId>"))
        latest = found.column(rows.always(b"<IsLatest>")).cast(pa.bool_())
    columns = {
        "key": found.names(rows.always(b"<Key>")),
        "version_id": ids,
        "is_latest": latest,
        "is_delete_marker": rows.markers,
        "size": rows.maybe(_SIZE, "0", found.column).cast(pa.int64()),
        "etag": rows.maybe(_ETAG, "", found.etags),
        "modified": found.column(rows.always(b"<LastModified>")).cast(_MODIFIED),
        "storage_class": rows.few(_CLASS, NO_STORAGE_CLASS),
        "checksum_algorithm": rows.checksums(),
        "upload_id": none,
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=LISTED_SCHEMA)
