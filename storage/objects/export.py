"""Listing rows as CSV that a spreadsheet shows and never executes. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import pyarrow as pa

from storage.errors import InvalidInput

COLUMNS = ("bucket", "key", "kind", "size_bytes", "modified_utc", "etag", "storage_class")
_BOM = "\ufeff"  # without it Excel reads UTF-8 as the computer's old code page

# A cell is a formula when it begins with one of = + - @ (also full-width). Excel set to ";" as its
# separator, and importers that split at tabs or line ends, start a new cell behind those, so a
# sign there counts as a beginning too.
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=[\s\"'\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫])")
_HIDDEN_START = ("\t", "\r", "\n")


def rows_to_csv(bucket: str, objects: pa.RecordBatch, kinds: Sequence[str]) -> bytes:
    """The listing rows (`OBJECT_SCHEMA`) with their kinds as a CSV file: UTF-8 with a byte order
    mark, CRLF, every cell quoted. A cell that a spreadsheet could take for a formula begins with
    an apostrophe. Raises InvalidInput when `kinds` does not fit the rows.
    """
    if len(kinds) != objects.num_rows:
        raise InvalidInput("The rows to export and their kinds are not the same number.")
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row, kind in zip(objects.to_pylist(), kinds, strict=True):
        cells = (
            bucket,
            row["key"],
            kind,
            str(row["size"]),
            row["modified"].isoformat(),
            row["etag"],
            row["storage_class"],
        )
        writer.writerow([harmless(cell or "") for cell in cells])
    return (_BOM + out.getvalue()).encode("utf-8", "backslashreplace")


def harmless(cell: str) -> str:
    """`cell` with an apostrophe before everything a spreadsheet would take for a formula."""
    cell = _FORMULA.sub("'", cell)
    return f"'{cell}" if cell.startswith(_HIDDEN_START) else cell
