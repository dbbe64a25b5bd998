"""The chain: what each row's mac is over, and what is wrong with rows that break it. Pure.

A row's mac is an HMAC-SHA-256 over all its columns and the mac of the row before. Who has the
database but not the key can change rows, and cannot make their macs.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from storage.model.audit import Head, Tampering

GENESIS = "0" * 64  # `prev` of the first row
COLUMNS = (
    "seq",
    "at",
    "actor_id",
    "actor_name",
    "roles",
    "via",
    "address",
    "action",
    "layout",
    "role",
    "bucket",
    "key",
    "version_before",
    "version_after",
    "result",
    "note",
    "request_id",
    "detail",
)
_FORM = "soundstage-audit-1"  # so that a later form is told from this one

Stored = Mapping[str, Any]
"""A row as the database keeps it: `COLUMNS`, `prev` and `mac`. Any value may have been tampered."""

_values = itemgetter(*COLUMNS)
# a column that was given another type is encoded as what it is, never as the text it shows
_encode = json.JSONEncoder(
    separators=(",", ":"), default=lambda odd: {type(odd).__name__: repr(odd)}
).encode


def canonical(row: Stored) -> bytes:
    """The bytes a row's mac is over: a JSON list, so that no two rows have the same."""
    return _encode([_FORM, row["prev"], *_values(row)]).encode("ascii")


def row_mac(key: bytes, row: Stored) -> str:
    """The mac of a row whose other columns are set: 64 hex digits."""
    return _hmac(key, b"row", canonical(row))


def sealed(key: bytes, seq: int, mac: str, at: str = "") -> Head:
    """The head of a log whose newest row is `seq` with `mac`; with `at` for the heads file."""
    message = f"{seq}:{mac}:{at}".encode("utf-8", "backslashreplace")
    return Head(seq, mac, _hmac(key, b"head", message))


def is_sealed(key: bytes, head: Head, at: str = "") -> bool:
    """Whether `head` was made with `key`, for that time."""
    return _same(head.seal, sealed(key, head.seq, head.mac, at).seal)


def check_chain(key: bytes, rows: Iterable[Stored], head: Head | None) -> Iterator[Tampering]:
    """Everything wrong with `rows` (in order of `seq`) and with their end, `head`."""
    last, prev, blamed = 0, GENESIS, False
    for row in rows:
        seq = row["seq"]
        if not isinstance(seq, int):
            yield Tampering("added", 0, "A row has no number.")
            continue
        if seq <= last:
            yield Tampering("added", seq, f"Row {seq} is there twice.")
            continue
        if seq > last + 1:
            yield Tampering("missing", last + 1, f"{_rows(last + 1, seq - 1)} missing.")
            blamed = True
        # a row is not blamed for being linked to what is not there any more
        linked = blamed or row["prev"] == prev
        blamed = not _same(row["mac"], row_mac(key, row))
        if blamed:
            yield Tampering("edited", seq, f"Row {seq} is not as the console wrote it.")
        elif not linked:
            yield Tampering(
                "moved", seq, f"Row {seq} was written behind another row than {last or 'none'}."
            )
        last, prev = seq, row["mac"]
    yield from _check_end(key, head, last, prev)


def _check_end(key: bytes, head: Head | None, last: int, mac: str) -> Iterator[Tampering]:
    if head is None:
        if last:
            yield Tampering("head", 0, "The log has rows but its head is gone.")
        return
    if not is_sealed(key, head):
        yield Tampering("head", 0, "The head of the log is not as the console wrote it.")
    elif head.seq > last:
        yield Tampering("cut", last + 1, f"{_rows(last + 1, head.seq)} cut off the end.")
    elif head.seq < last:
        yield Tampering("added", head.seq + 1, f"{_rows(head.seq + 1, last)} added to the end.")
    elif head.mac != mac:
        yield Tampering("edited", last, f"Row {last} is not the one the console wrote last.")


def _rows(first: int, last: int) -> str:
    return f"Row {first} is" if first == last else f"Rows {first} to {last} are"


def _hmac(key: bytes, use: bytes, message: bytes) -> str:
    return hmac.digest(key, use + b"\0" + message, "sha256").hex()


def _same(given: object, right: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "backslashreplace"), right.encode()
    )
