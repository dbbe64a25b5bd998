"""Listing rows as CSV that a spreadsheet shows and never executes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from storage.errors import InvalidInput
from storage.spreadsheet import BOM, csv_line

COLUMNS = ("bucket", "key", "kind", "size_bytes", "modified_utc", "etag", "storage_class")


def rows_to_csv(bucket: str, objects: pa.RecordBatch, kinds: Sequence[str]) -> bytes:
    """The listing rows (`OBJECT_SCHEMA`) with their kinds as a CSV file: UTF-8 with a byte order
    mark, CRLF, every cell quoted. A cell that a spreadsheet could take for a formula begins with
    an apostrophe. Raises InvalidInput when `kinds` does not fit the rows.
    """
    if len(kinds) != objects.num_rows:
        raise InvalidInput("The rows to export and their kinds are not the same number.")
    lines = [csv_line(COLUMNS)]
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
        lines.append(csv_line([cell or "" for cell in cells]))
    return (BOM + "".join(lines)).encode("utf-8", "backslashreplace")
