"""Keys that a person pasted or dropped in: one a line, or a CSV. Pure."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from storage.errors import InvalidInput
from storage.spreadsheet import unharmed

KEYS_MAX = 200_000  # what a plan is built for
_KEY = "key"


def keys_of(text: str, bucket: str = "") -> tuple[str, ...]:
    """The keys in `text`, each once, in their order: one a line, or the column "key" of a CSV that
    has one; addresses (s3://bucket/key) must be in `bucket`. Raises InvalidInput for none, too
    many, or what is no CSV.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    found = [_key(cell.strip(), bucket) for cell in _cells(lines)]
    keys = tuple(dict.fromkeys(key for key in found if key))
    if not keys:
        raise InvalidInput("There is no object in the list.", "Give one a line, or a CSV.")
    if len(keys) > KEYS_MAX:
        raise InvalidInput(
            f"{len(keys):,} objects are more than one plan takes ({KEYS_MAX:,}).",
            "Make several plans, or give a folder.",
        )
    return keys


def _cells(lines: Sequence[str]) -> list[str]:
    head = next(csv.reader(lines[:1]), [])
    names = [cell.strip().casefold() for cell in head]
    if _KEY not in names:
        return [line.strip().strip('"') for line in lines]
    at = names.index(_KEY)
    try:
        rows = list(csv.reader(lines[1:], strict=True))
    except csv.Error as error:
        raise InvalidInput(
            "This is no CSV: a quote is not closed, or a line is broken.", "Export it again."
        ) from error
    return [unharmed(row[at]) for row in rows if len(row) > at]


def _key(text: str, bucket: str) -> str:
    if not text.startswith("s3://"):
        return text
    where, _, key = text.removeprefix("s3://").partition("/")
    if where != bucket:
        raise InvalidInput(
            f"{text[:200]!r} is in another bucket.", f"Give keys of {bucket}, without the bucket."
        )
    return key
