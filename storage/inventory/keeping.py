"""What is done with an inventory whose rows are on disk, wherever they came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.db.inventories import InventoryRows
from storage.inventory.files import Archive
from storage.inventory.rollups import write_rollups
from storage.model.inventory import Scanned

TOTALS_MAX = 5_000  # rows an inventory in the database; with more folders their first ones count
_TOTAL_KEYS = ["prefix", "kind", "storage_class", "state"]


def keep(scanned: Scanned, cells: pa.Table, rows: InventoryRows, archive: Archive) -> None:
    """Writes the cells beside the rows, the totals into the database, and lets old rows go.

    What a killed run did of it is done again, by the same id.
    """
    files = archive.of(scanned.layout, scanned.role, scanned.id)
    files.folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(cells, files.cells, compression="ZSTD")
    write_rollups(cells, files.days, files.folders)
    rows.add(scanned, _totals(cells))
    for leftover in files.segments.glob("*"):
        leftover.unlink()
    if files.segments.exists():
        files.segments.rmdir()
    archive.thin_out(rows.list(scanned.layout, scanned.role))


def _totals(cells: pa.Table) -> Iterator[dict[str, Any]]:
    totals = _summed(cells)
    if totals.num_rows > TOTALS_MAX:
        first = [f"{prefix.partition('/')[0]}/" if prefix else "" for prefix in _prefixes(totals)]
        totals = _summed(totals.set_column(0, "prefix", pa.array(first, pa.string())))
    if totals.num_rows > TOTALS_MAX:
        totals = _summed(totals.set_column(0, "prefix", pa.repeat("", totals.num_rows)))
    yield from totals.to_pylist()


def _summed(cells: pa.Table) -> pa.Table:
    sums = cells.group_by(_TOTAL_KEYS).aggregate([("objects", "sum"), ("bytes", "sum")])
    return sums.rename_columns([*_TOTAL_KEYS, "objects", "bytes"])


def _prefixes(totals: pa.Table) -> list[str]:
    return list(totals["prefix"].to_pylist())
