"""Questions to an inventory of ten million rows: how long each takes, and what the bars say."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from storage.db.engine import open_database
from storage.db.inventories import InventoryRows
from storage.ground import DATABASE_FILE
from storage.inventory.files import Archive
from storage.inventory.query import Inventory
from storage.inventory.service import FOLDER

SENSITIVE_S, ANY_CASE_S, CELLS_S = 0.5, 1.5, 1.0  # issue 5


def ask(data: Path, runs: int) -> bool:
    """Prints a table; whether every bar held."""
    with closing(open_database(data / DATABASE_FILE)) as database:
        scanned = InventoryRows(database).list("ssi", "stage")[0]
    files = Archive(data / FOLDER).of("ssi", "stage", scanned.id)

    def inventory() -> Inventory:
        return Inventory(scanned, files)  # a new one each time: nothing is remembered

    some = inventory().sql("SELECT key FROM rows USING SAMPLE 1000 ROWS")["key"].to_pylist()
    part = random.Random(1).choice(some)[20:28]
    questions: dict[str, tuple[Callable[[], object], float | None]] = {
        "search, same case, few hits": (
            lambda: inventory().search(part, case_sensitive=True),
            SENSITIVE_S,
        ),
        "search, same case, no hit": (
            lambda: inventory().search("not there", case_sensitive=True),
            SENSITIVE_S,
        ),
        "search, any case, few hits": (lambda: inventory().search(part.lower()), ANY_CASE_S),
        "search, any case, everything fits": (lambda: inventory().search("MP3"), ANY_CASE_S),
        "all cells read and added up": (lambda: _add_up(inventory()), CELLS_S),
        "ages, from cells": (lambda: inventory().ages(), CELLS_S),
        "1,000 keys looked up": (lambda: inventory().by_keys(some), None),
        "folders added up from rows": (lambda: inventory().prefix_totals(), None),
    }
    print(f"{scanned.rows:,} rows, {files.rows.stat().st_size / 2**20:.0f} MiB of Parquet")
    print("| question | median s | worst s | bar |")
    print("| --- | ---: | ---: | --- |")
    held = True
    for name, (question, bar) in questions.items():
        taken = []
        for _ in range(runs):
            begun = time.perf_counter()
            question()
            taken.append(time.perf_counter() - begun)
        middle = statistics.median(taken)
        fine = bar is None or middle < bar
        held = held and fine
        verdict = "" if bar is None else f"{bar:g} s: {'held' if fine else 'MISSED'}"
        print(f"| {name} | {middle:.3f} | {max(taken):.3f} | {verdict} |")
    return held


def _add_up(inventory: Inventory) -> object:
    cells = inventory.cells()
    return cells.group_by(["storage_class", "state", "kind"]).aggregate(
        [("objects", "sum"), ("bytes", "sum"), ("key_bytes", "sum")]
    )
