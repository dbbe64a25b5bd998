"""The whole Costs page's figures over 10,000,000 objects: from the file to the last table.

Two inventories: clips of courses in one folder, and recordings of 1,000 people in a folder each,
over three years, with earlier versions. They are made as rows and summed up into cells as a scan
does, once more without folders and without days; the page reads those.

    python -m benchmarks.cost_page [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from storage.costs import closed
from storage.costs.assumed import Entered
from storage.costs.breakdown import DIMENSIONS, breakdown, wasted
from storage.costs.month import Month
from storage.costs.pricebook import shipped
from storage.costs.report import as_csv, as_page
from storage.costs.scenarios import Move, Where
from storage.costs.traffic import Role
from storage.costs.whatif import what_if
from storage.inventory.rollups import write_rollups
from storage.model.inventory import CELL_SCHEMA

ROWS = 10_000_000
BAR_S = 1.0
ON = date(2026, 11, 1)
RUNS = 5

_CELLS = """
    SELECT 'b' AS bucket, {prefix} AS prefix, 'clip' AS kind,
        CASE WHEN n % 50 = 0 THEN 'STANDARD_IA' ELSE 'STANDARD' END AS storage_class,
        CASE WHEN n % 20 = 0 THEN 'noncurrent' ELSE 'current' END AS state,
        DATE '2023-11-01' + CAST(hash(n) % 1095 AS INTEGER) AS day,
        CAST(1 AS BIGINT) << CAST(floor(log2(size)) AS INTEGER) AS size_class,
        count(*) AS objects, CAST(sum(size) AS BIGINT) AS bytes, 60 * count(*) AS key_bytes
    FROM (SELECT range AS n, {size} AS size FROM range({rows}))
    GROUP BY ALL
"""
SHAPES = {
    "clips of courses": ("'mastered/'", "5000 + hash(range * 7) % 55000"),
    "recordings of 1,000 people": (
        "'users/' || (n % 1000) || '/'",
        "200000 + hash(range * 7) % 3000000",
    ),
}


def cells(shape: str, rows: int) -> pa.Table:
    """What a scan of so many objects keeps."""
    prefix, size = SHAPES[shape]
    query = _CELLS.format(prefix=prefix, size=size, rows=rows)
    return duckdb.sql(query).to_arrow_table().cast(CELL_SCHEMA)


def page(folder: Path) -> dict[str, float]:
    """Seconds of each part of the page."""
    took: dict[str, float] = {}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        made = act()
        took[name] = time.perf_counter() - begin
        return made

    table = timed("cells read", lambda: pq.read_table(folder / "days", schema=CELL_SCHEMA))
    folders = timed("folders read", lambda: pq.read_table(folder / "folders", schema=CELL_SCHEMA))
    month = Month(table, (Role("b", "b", "eu-west-1", ON),), Entered({}), shipped())
    estimate = timed("estimate, line by line", month.estimate)
    for by, title in DIMENSIONS.items():
        timed(f"by {title.lower()}", lambda by=by: breakdown(month, folders, by, ON))  # type: ignore[misc]
    timed("paid for nothing", lambda: wasted(month, estimate))
    timed(
        "to take along",
        lambda: (as_csv(estimate), as_page(estimate, "", (), (), datetime.now(UTC))),
    )
    took["Now, as a whole (one breakdown)"] = sum(took.values()) - sum(
        seconds for name, seconds in took.items() if name.startswith("by ") and name != "by folder"
    )
    timed(
        "What if: move to Standard-IA",
        lambda: what_if(month, Move("STANDARD_IA", Where(older_days=30))),
    )
    october = closed.period("2026-10")
    timed(
        "Last month, from dates",
        lambda: month.with_cells(closed.from_dates(table, october)).estimate(),
    )
    return took


def main() -> None:
    """Prints a table for RESULTS.md: the median of some runs."""
    rows = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        for shape in SHAPES:
            there = Path(folder)
            table = cells(shape, rows)
            write_rollups(table, there / "days", there / "folders")
            runs = [page(there) for _ in range(RUNS)]
            print(f"\n{rows:,} objects, {shape}: {len(table):,} cells\n")
            print("| part | median ms | bar |\n| --- | ---: | --- |")
            for name in runs[0]:
                seconds = sorted(run[name] for run in runs)[RUNS // 2]
                whole = name[0].isupper()
                held = f"{BAR_S:.0f} s: {'held' if seconds < BAR_S else 'MISSED'}" if whole else ""
                print(f"| {name} | {seconds * 1000:,.0f} | {held} |")


if __name__ == "__main__":
    main()
