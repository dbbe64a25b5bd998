"""Cells added up once more, for what is asked all the time: without folders, and without days.

A bucket with a folder a person has a cell a person and day: millions. What it costs by age needs no
folders, and by folder no days; without either there are thousands.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from storage.model.inventory import CELL_SCHEMA

_SUMS = ("objects", "bytes", "key_bytes")


def rolled_up(cells: pa.Table, over: Literal["prefix", "day"]) -> pa.Table:
    """The cells (`CELL_SCHEMA`) with all values of one column taken together: "" or null in it."""
    keys = [name for name in CELL_SCHEMA.names if name not in (*_SUMS, over)]
    sums = cells.group_by(keys).aggregate([(name, "sum") for name in _SUMS])
    sums = sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names])
    # a scalar when it is needed, not before: the first one loads pandas, in every command
    nothing = pa.scalar(None, pa.date32()) if over == "day" else pa.scalar("", pa.string())
    sums = sums.append_column(over, pa.repeat(nothing, len(sums)))
    return sums.select(CELL_SCHEMA.names).cast(CELL_SCHEMA)


def write_rollups(cells: pa.Table, days: Path, folders: Path) -> None:
    """Both beside the cells."""
    pq.write_table(rolled_up(cells, "prefix"), days, compression="ZSTD")
    pq.write_table(rolled_up(cells, "day"), folders, compression="ZSTD")
