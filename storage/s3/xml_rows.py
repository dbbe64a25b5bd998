"""The rows of a listing answer as Arrow columns, without a Python object for each key.

boto3 spends 50 ms on a page of 1,000 keys, most of it on dates and dictionaries. Here the places
of all tags are found at once and each column is cut out of the body by its offsets. Whatever
is not exactly as expected raises, and the caller asks the SDK instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
from botocore.compat import unquote_str
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Range = tuple[Positions, Positions]
"""Where a text begins and ends in the body, for each row."""
NO_STORAGE_CLASS = "STANDARD"  # what S3 means when it names none

_URL = re.compile(r"[%+]")
_QUOTES = (b"&quot;", b"&#34;", b'"')  # AWS and moto; SeaweedFS and MinIO (Go); Ceph
_HEAD = 8  # bytes of a tag that are compared as one number


class UnusualError(ValueError):
    """The body is not laid out as expected."""


class Body:
    """A body whose rows are elements named `rows`, and where each of its tags begins.

    Raises UnusualError, UnicodeDecodeError.
    """

    def __init__(self, body: bytes, rows: Sequence[bytes]) -> None:
        if not body.isascii():
            body.decode()
        self.body = body
        firsts = [at for name in rows if (at := body.find(b"<%s>" % name)) >= 0]
        first, last = min(firsts, default=-1), max(body.rfind(b"</%s>" % name) for name in rows)
        self.frame = body if first < 0 else body[:first] + body[last:]  # all but the rows
        self._bytes = np.frombuffer(body, np.uint8)
        self._words = np.ndarray((len(body) - 7,), "<u8", body, strides=(1,))
        self._at: Positions = np.flatnonzero(self._bytes == ord("<"))
        self._heads = self._words[self._at]
        if b"!" in body and _begins(self._heads, b"<!").any():
            raise UnusualError  # a comment or CDATA could hide a "<"
        if any(b"<%s/" % name in self.frame for name in rows):
            raise UnusualError  # a row without anything in it, before or behind the others
        self._rows = np.searchsorted(self._at, (first, last)).tolist() if first >= 0 else None
        self._url_encoded = self.text(b"<EncodingType>") == "url"

    @property
    def empty(self) -> bool:
        """Whether there is no row."""
        return self._rows is None

    def text(self, tag: bytes) -> str:
        """The text of an element that occurs at most once, "" when it does not occur."""
        start = self.frame.find(tag)
        if start < 0:
            return ""
        start += len(tag)
        return _unescaped(self.frame[start : self.frame.index(b"<", start)].decode())

    def name(self, tag: bytes) -> str:
        """As `text`, of a key: decoded from the URL form."""
        text = self.text(tag)
        return str(unquote_str(text)) if self._url_encoded else text

    def truncated(self) -> bool:
        """What IsTruncated says."""
        said = self.text(b"<IsTruncated>")
        if said not in {"true", "false"}:
            raise UnusualError
        return said == "true"

    def prefixes(self) -> list[str]:
        """The common prefixes."""
        if b"<CommonPrefixes>" not in self.frame:
            return []
        opens, closes = self._find(b"<CommonPrefixes>"), self._find(b"</CommonPrefixes>")
        if len(opens) != len(closes):
            raise UnusualError
        # <Prefix> also occurs once above the rows: the prefix that was asked for
        inner = opens + 1
        if not _begins(self._heads[inner], b"<Prefix>").all() or (closes != opens + 3).any():
            raise UnusualError
        names = self.names((self._at[inner] + len(b"<Prefix>"), self._at[inner + 1]))
        return [str(name) for name in names.to_pylist()]

    def alike(self, wanted: Sequence[bytes]) -> dict[bytes, Range | None] | None:
        """Where each wanted text lies, when every row has the tags of the first one, in its order.

        The usual page, and half the work: None when it is not one. Tags are told apart by their
        first eight bytes.
        """
        first, last = self._bounds()
        opening = self.body[self._at[first] : self.body.index(b">", self._at[first]) + 1]
        end = self.body.index(b"</" + opening[1:], self._at[first])
        width = int(np.searchsorted(self._at, end)) - first + 1
        if (last - first + 1) % width:
            return None
        at = self._at[first : last + 1].reshape(-1, width)
        heads = self._heads[first : last + 1].reshape(-1, width)
        tags = [self.body[start : self.body.index(b">", start) + 1] for start in at[0].tolist()]
        masks = np.array([(1 << 8 * min(_HEAD, len(tag))) - 1 for tag in tags], np.uint64)
        if ((heads ^ heads[0]) & masks).any() or any(tags.count(tag) > 1 for tag in wanted):
            return None
        rows: dict[bytes, Range | None] = dict.fromkeys(wanted)
        for column, tag in enumerate(tags):
            if tag in rows:
                if not tags[column + 1].startswith(b"</"):
                    raise UnusualError
                rows[tag] = at[:, column] + len(tag), at[:, column + 1]
        return rows

    def opens(self, name: bytes) -> Positions:
        """The rows of that name, as indexes into the tags; `found` gives indexes of the same."""
        first, last = self._bounds()
        opens, closes = self._find(b"<%s>" % name), self._find(b"</%s>" % name)
        if len(opens) != len(closes) or not (opens < closes).all():
            raise UnusualError
        if self.body.find(b"/>", self._at[first], self._at[last]) >= 0:
            raise UnusualError  # an element without a text, or a row without elements
        return opens

    def found(self, tag: bytes) -> tuple[Positions, Range]:
        """Every text of an element inside the rows: its tag's index, and where it lies."""
        first, last = self._bounds()
        found = self._find(tag)
        found = found[(found > first) & (found < last)]
        ends = self._at[found + 1]
        if not (self._bytes[ends + 1] == ord("/")).all():
            raise UnusualError
        return found, (self._at[found] + len(tag), ends)

    def column(self, where: Range) -> Any:
        """The texts as a string array: every other of the body's pieces."""
        starts, ends = where
        offsets = np.empty(2 * len(starts), np.int32)
        offsets[0::2], offsets[1::2] = starts, ends
        pieces = pa.StringArray.from_buffers(
            max(len(offsets) - 1, 0), pa.py_buffer(offsets), pa.py_buffer(self.body)
        )
        return pieces.take(pa.array(np.arange(0, len(offsets), 2)))

    def plain(self, where: Range) -> Any:
        """As `column`, of texts that hold no entity."""
        texts = self.column(where)
        if _holds_any(texts, b"&"):
            raise UnusualError
        return texts

    def names(self, where: Range) -> Any:
        """Keys or prefixes, decoded as botocore does: XML first, then the URL form."""
        names = self.column(where)
        if not _holds_any(names, b"&%+\r"):
            return names
        plain = [_unescaped(name) for name in names.to_pylist()]
        if self._url_encoded:
            plain = [unquote_str(name) if _URL.search(name) else name for name in plain]
        return pa.array(plain, pa.string())

    def etags(self, where: Range) -> Any:
        """ETags without their quotes, however the server writes a quote."""
        starts, ends = where
        for quote in _QUOTES:
            quoted = _begins(self._words[starts], quote)
            if quoted.any():
                starts = starts + quoted * len(quote)
                ends = ends - quoted * len(quote)
                break
        if (ends < starts).any():
            raise UnusualError
        etags = self.column((starts, ends))
        if _holds_any(etags, b'&"'):
            raise UnusualError
        return etags

    def _bounds(self) -> tuple[int, int]:
        if self._rows is None:
            raise UnusualError
        first, last = self._rows
        return first, last

    def _find(self, tag: bytes) -> Positions:
        """Indexes into `_at` of exactly this tag."""
        found = np.flatnonzero(_begins(self._heads, tag[:_HEAD]))
        for start in range(_HEAD, len(tag), _HEAD):
            piece = tag[start : start + _HEAD]
            places = np.minimum(self._at[found] + start, len(self._words) - 1)
            found = found[_begins(self._words[places], piece)]
        return found


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
