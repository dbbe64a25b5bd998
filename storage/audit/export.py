"""The log as a file to keep or to open in a spreadsheet, made row by row. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from storage.model.audit import AuditRow
from storage.spreadsheet import BOM, csv_line

COLUMNS = (
    "seq", "at", "actor", "name", "roles", "via", "address", "action", "result", "layout", "role",
    "bucket", "key", "version_before", "version_after", "note", "request_id", "detail", "mac",
)  # fmt: skip
# a terminal that shows the file obeys these; a tab or a line end it only shows
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def as_csv(rows: Iterable[AuditRow]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, CRLF, every cell quoted, no cell a formula."""
    yield (BOM + csv_line(COLUMNS)).encode()
    for row in rows:
        shown = row.as_json()
        shown["roles"] = " ".join(shown["roles"])
        shown["detail"] = json.dumps(shown["detail"], sort_keys=True) if shown["detail"] else ""
        yield csv_line([_visible(str(shown[name])) for name in COLUMNS]).encode()


def as_jsonl(rows: Iterable[AuditRow]) -> Iterator[bytes]:
    """One JSON document a line, in ASCII."""
    for row in rows:
        yield json.dumps(row.as_json()).encode("ascii") + b"\n"


def _visible(text: str) -> str:
    return _CONTROL.sub(lambda odd: odd[0].encode("unicode_escape").decode(), text)
