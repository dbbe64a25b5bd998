"""The body of a ListObjectsV2 answer as Arrow columns, without a Python object for each key.

boto3 spends 50 ms on a page of 1,000 keys, most of it on dates and dictionaries. Here the places
of all tags are found at once and each column is cut out of the body by its offsets. Whatever
is not exactly as expected gives None, and the caller asks the SDK instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
from botocore.compat import unquote_str
from numpy.typing import NDArray

from storage.model.objects import OBJECT_SCHEMA

Positions = NDArray[np.int64]
_Range = tuple[Positions, Positions]  # where a text begins and ends in the body, for each row

_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<ListBucketResult[\s>]")
_END = b"</ListBucketResult>"
_WANTED = (b"<Key>", b"<Size>", b"<LastModified>", b"<ETag>", b"<StorageClass>")
_URL = re.compile(r"[%+]")
_QUOTES = (b"&quot;", b"&#34;", b'"')  # AWS and moto; SeaweedFS and MinIO (Go); Ceph
NO_STORAGE_CLASS = "STANDARD"  # what S3 means when it names none
NO_OBJECTS = pa.RecordBatch.from_pylist([], schema=OBJECT_SCHEMA)


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
        if not body.isascii():
            body.decode()
        return _Body(body).listing()
    except (ValueError, ET.ParseError):  # not UTF-8; odd dates, numbers or entities
        return None


class _UnusualError(ValueError):
    """The body is not laid out as expected."""


class _Body:
    """A body, where each of its tags begins, and any eight bytes of it as one number."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        first, last = body.find(b"<Contents>"), body.rfind(b"</Contents>")
        self.frame = body if first < 0 else body[:first] + body[last:]  # all but the rows
        self.bytes = np.frombuffer(body, np.uint8)
        self.words = np.ndarray((len(body) - 7,), "<u8", body, strides=(1,))
        self.at: Positions = np.flatnonzero(self.bytes == ord("<"))
        self.heads = self.words[self.at]
        if b"!" in body and _begins(self.heads, b"<!").any():
            raise _UnusualError  # a comment or CDATA could hide a "<"
        self.rows = np.searchsorted(self.at, (first, last)).tolist() if first >= 0 else None
        self.url_encoded = self._text(b"<EncodingType>") == "url"

    def listing(self) -> ParsedListing:
        truncated = self._text(b"<IsTruncated>")
        if truncated not in {"true", "false"}:
            raise _UnusualError
        return ParsedListing(
            prefixes=tuple(self._prefixes()),
            objects=NO_OBJECTS if self.rows is None else self._objects(*self.rows),
            truncated=truncated == "true",
            token=self._text(b"<NextContinuationToken>"),
        )

    def _text(self, tag: bytes) -> str:
        """The text of an element that occurs at most once, "" when it does not occur."""
        start = self.frame.find(tag)
        if start < 0:
            return ""
        start += len(tag)
        return _unescaped(self.frame[start : self.frame.index(b"<", start)].decode())

    def _find(self, tag: bytes) -> Positions:
        """Indexes into `at` of the tags that begin like `tag`: eight bytes tell all apart."""
        return np.flatnonzero(_begins(self.heads, tag[:8]))

    def _prefixes(self) -> list[str]:
        if b"<CommonPrefixes>" not in self.frame:
            return []
        opens, closes = self._find(b"<CommonPrefixes>"), self._find(b"</CommonPrefixes>")
        if len(opens) != len(closes):
            raise _UnusualError
        # <Prefix> also occurs once above the rows: the prefix that was asked for
        inner = opens + 1
        if not _begins(self.heads[inner], b"<Prefix>").all() or (closes != opens + 3).any():
            raise _UnusualError
        names = self._names(self.at[inner] + len(b"<Prefix>"), self.at[inner + 1])
        return [str(name) for name in names.to_pylist()]

    def _objects(self, first: int, last: int) -> pa.RecordBatch:
        rows = self._rows_alike(first, last) or self._rows_unlike()
        keys, sizes, dates, etags, classes = (rows[tag] for tag in _WANTED)
        if keys is None or sizes is None or dates is None:
            raise _UnusualError
        columns = [
            self._names(*keys),
            self._column(*sizes).cast(pa.int64()),
            self._etags(etags, len(keys[0])),
            self._column(*dates).cast(OBJECT_SCHEMA.field("modified").type),
            pa.repeat(NO_STORAGE_CLASS, len(keys[0]))
            if classes is None
            else self._column(*classes),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=OBJECT_SCHEMA)

    def _rows_alike(self, first: int, last: int) -> dict[bytes, _Range | None] | None:
        """Where each wanted text lies, when every row has the tags of the first one, in its order.

        The usual page, and half the work: None when it is not one.
        """
        end = self.body.index(b"</Contents>", self.at[first])
        width = int(np.searchsorted(self.at, end)) - first + 1
        if (last - first + 1) % width:
            return None
        at = self.at[first : last + 1].reshape(-1, width)
        heads = self.heads[first : last + 1].reshape(-1, width)
        tags = [self.body[start : self.body.index(b">", start) + 1] for start in at[0].tolist()]
        masks = np.array([(1 << 8 * min(8, len(tag))) - 1 for tag in tags], np.uint64)
        if ((heads ^ heads[0]) & masks).any() or any(tags.count(tag) > 1 for tag in _WANTED):
            return None
        rows: dict[bytes, _Range | None] = dict.fromkeys(_WANTED)
        for column, tag in enumerate(tags):
            if tag in rows:
                if not tags[column + 1].startswith(b"</"):
                    raise _UnusualError
                rows[tag] = at[:, column] + len(tag), at[:, column + 1]
        return rows

    def _rows_unlike(self) -> dict[bytes, _Range | None]:
        """The same where rows differ: some with a checksum, an owner, a restore, some without."""
        opens, closes = self._find(b"<Contents>"), self._find(b"</Contents>")
        if len(opens) != len(closes):
            raise _UnusualError
        rows: dict[bytes, _Range | None] = {}
        for tag in _WANTED:
            found = self._find(tag)
            # one in each row, or a row would lend its value to another key
            if len(found) and (
                len(found) != len(opens) or not ((opens < found) & (found < closes)).all()
            ):
                raise _UnusualError
            ends = self.at[found + 1]
            if not (self.bytes[ends + 1] == ord("/")).all():
                raise _UnusualError
            rows[tag] = (self.at[found] + len(tag), ends) if len(found) else None
        return rows

    def _column(self, starts: Positions, ends: Positions) -> Any:
        """The texts from `starts` to `ends` as a string array: every other of the body's pieces."""
        offsets = np.empty(2 * len(starts), np.int32)
        offsets[0::2], offsets[1::2] = starts, ends
        pieces = pa.StringArray.from_buffers(
            len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(self.body)
        )
        return pieces.take(pa.array(np.arange(0, len(offsets), 2)))

    def _names(self, starts: Positions, ends: Positions) -> Any:
        """Keys or prefixes, decoded as botocore does: XML first, then the URL form."""
        names = self._column(starts, ends)
        if not _holds_any(names, b"&%+\r"):
            return names
        plain = [_unescaped(name) for name in names.to_pylist()]
        if self.url_encoded:
            plain = [unquote_str(name) if _URL.search(name) else name for name in plain]
        return pa.array(plain, pa.string())

    def _etags(self, ranges: _Range | None, count: int) -> Any:
        """ETags without their quotes, however the server writes a quote."""
        if ranges is None:
            return pa.repeat("", count)
        starts, ends = ranges
        for quote in _QUOTES:
            quoted = _begins(self.words[starts], quote)
            if quoted.any():
                starts = starts + quoted * len(quote)
                ends = ends - quoted * len(quote)
                break
        if (ends < starts).any():
            raise _UnusualError
        etags = self._column(starts, ends)
        if _holds_any(etags, b'&"'):
            raise _UnusualError
        return etags


def _begins(words: NDArray[np.uint64], text: bytes) -> NDArray[np.bool_]:
    """Which of the eight-byte words begin with `text` (at most eight bytes)."""
    mask = np.uint64((1 << 8 * len(text)) - 1)
    begins: NDArray[np.bool_] = (words & mask) == np.uint64(int.from_bytes(text, "little"))
    return begins


def _holds_any(column: Any, characters: bytes) -> bool:
    """Whether any text of the column has one of the characters; far quicker than a pattern."""
    data = column.buffers()[2]
    text = b"" if data is None else data.to_pybytes()
    return any(text.find(character) >= 0 for character in characters)


def _unescaped(text: str) -> str:
    """XML text as a parser gives it, entities and line ends included."""
    if "&" not in text and "\r" not in text:
        return text
    # one element's text, without "<": there can be no declaration, entity bomb or nesting in it
    return ET.fromstring(f"<t>{text}</t>").text or ""  # noqa: S314
