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

_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<ListBucketResult[\s>]")
_END = b"</ListBucketResult>"
_ESCAPES = re.compile(rb"[&%+\r]")
_URL = re.compile(r"[%+]")
_ETAG_ODD = re.compile(rb"[&\"]")
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
        return _Tags(body).listing()
    except (ValueError, ET.ParseError):  # not UTF-8; odd dates, numbers or entities
        return None


class _UnusualError(ValueError):
    """The body is not laid out as expected."""


class _Tags:
    """Where each tag of a body begins, and the first eight bytes of each as one number."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.bytes = np.frombuffer(body, np.uint8)
        self.at: Positions = np.flatnonzero(self.bytes == ord("<"))
        if (self.bytes[self.at[:-1] + 1] == ord("!")).any():
            raise _UnusualError  # a comment or CDATA could hide a "<"
        # a view of every eight bytes from each place of the body; the closing root tag is longer
        self.words = np.ndarray((len(body) - 7,), "<u8", body, strides=(1,))
        self.heads = self.words[self.at]
        self.url_encoded = self._text(b"<EncodingType>") == "url"

    def listing(self) -> ParsedListing:
        truncated = self._text(b"<IsTruncated>")
        if truncated not in {"true", "false"}:
            raise _UnusualError
        return ParsedListing(
            prefixes=tuple(self._prefixes()),
            objects=self._objects(),
            truncated=truncated == "true",
            token=self._text(b"<NextContinuationToken>"),
        )

    def _text(self, tag: bytes) -> str:
        """The text of an element that occurs at most once, "" when it does not occur."""
        start = self.body.find(tag)
        if start < 0:
            return ""
        start += len(tag)
        return _unescaped(self.body[start : self.body.index(b"<", start)].decode())

    def _find(self, tag: bytes) -> Positions:
        """Indexes into `at` of the tags that begin like `tag`: eight bytes tell all apart."""
        return np.flatnonzero(_begins(self.heads, tag[:8]))

    def _prefixes(self) -> list[str]:
        opens, closes = self._find(b"<CommonPrefixes>"), self._find(b"</CommonPrefixes>")
        if not len(opens):
            return []
        if len(opens) != len(closes):
            raise _UnusualError
        # <Prefix> also occurs once above the rows: the prefix that was asked for
        inner = opens + 1
        if not _begins(self.heads[inner], b"<Prefix>").all() or (closes != opens + 3).any():
            raise _UnusualError
        names = self._names(self.at[inner] + len(b"<Prefix>"), self.at[inner + 1])
        return [str(name) for name in names.to_pylist()]

    def _objects(self) -> pa.RecordBatch:
        rows = self._find(b"<Contents>"), self._find(b"</Contents>")
        if len(rows[0]) != len(rows[1]):
            raise _UnusualError
        if not len(rows[0]):
            return NO_OBJECTS
        keys, sizes, dates, etags, classes = (
            self._ranges(tag, *rows)
            for tag in (b"<Key>", b"<Size>", b"<LastModified>", b"<ETag>", b"<StorageClass>")
        )
        if keys is None or sizes is None or dates is None:
            raise _UnusualError
        columns = [
            self._names(*keys),
            self._column(*sizes).cast(pa.int64()),
            self._etags(etags, len(rows[0])),
            self._column(*dates).cast(OBJECT_SCHEMA.field("modified").type),
            pa.repeat(NO_STORAGE_CLASS, len(rows[0]))
            if classes is None
            else self._column(*classes),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=OBJECT_SCHEMA)

    def _ranges(
        self, tag: bytes, opens: Positions, closes: Positions
    ) -> tuple[Positions, Positions] | None:
        """Where the text of `tag` begins and ends in each row; None when no row has it."""
        found = self._find(tag)
        if not len(found):
            return None
        # one in each row, or a row would lend its value to another key
        if len(found) != len(opens) or not ((opens < found) & (found < closes)).all():
            raise _UnusualError
        ends = self.at[found + 1]
        if not (self.bytes[ends + 1] == ord("/")).all():
            raise _UnusualError
        return self.at[found] + len(tag), ends

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
        text = names.buffers()[2]
        if text is None or not _ESCAPES.search(text):
            return names
        plain = [_unescaped(name) for name in names.to_pylist()]
        if self.url_encoded:
            plain = [unquote_str(name) if _URL.search(name) else name for name in plain]
        return pa.array(plain, pa.string())

    def _etags(self, ranges: tuple[Positions, Positions] | None, count: int) -> Any:
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
        if _ETAG_ODD.search(etags.buffers()[2] or b""):
            raise _UnusualError
        return etags


def _begins(words: NDArray[np.uint64], text: bytes) -> NDArray[np.bool_]:
    """Which of the eight-byte words begin with `text` (at most eight bytes)."""
    mask = np.uint64((1 << 8 * len(text)) - 1)
    begins: NDArray[np.bool_] = (words & mask) == np.uint64(int.from_bytes(text, "little"))
    return begins


def _unescaped(text: str) -> str:
    """XML text as a parser gives it, entities and line ends included."""
    if "&" not in text and "\r" not in text:
        return text
    # one element's text, without "<": there can be no declaration, entity bomb or nesting in it
    return ET.fromstring(f"<t>{text}</t>").text or ""  # noqa: S314
