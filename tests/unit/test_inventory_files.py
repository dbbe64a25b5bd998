"""Cells, the file of all rows, and questions to an inventory: figures by hand, on small rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InvalidInput, Unavailable, Unsupported
from storage.inventory import cells as cell_module
from storage.inventory.cells import Cells, folders_of, size_classes
from storage.inventory.files import Files
from storage.inventory.names import write_names
from storage.inventory.query import Inventory
from storage.inventory.rows_file import merged, write_rows
from storage.model.inventory import CELL_SCHEMA, ROW_SCHEMA, Scanned

THEN = datetime(2026, 11, 27, 12, tzinfo=UTC)
NOTHING: dict[str, Any] = {
    "kind": "clip",
    "version_id": "",
    "is_latest": True,
    "is_delete_marker": False,
    "size": 10,
    "etag": "e",
    "modified": THEN,
    "storage_class": "STANDARD",
    "checksum_algorithm": "",
    "upload_id": "",
}


def row(key: str, **facts: Any) -> dict[str, Any]:
    return {"key": key, **NOTHING, **facts}


def batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), ROW_SCHEMA)


ROWS = [
    row("a/b/c/1.mp3", size=0),
    row("a/b/c/2.mp3", size=131_071, etag="0" * 32),
    row("a/b/d.mp3", size=131_072, etag="0" * 32, storage_class="STANDARD_IA"),
    row("a/b/d.mp3", size=5, is_latest=False, version_id="v0"),
    row("a/é.mp3", size=0, is_delete_marker=True, etag="", kind=""),
    row("a/é.mp3", size=7, is_latest=False, modified=datetime(2025, 1, 2, 23, 59, tzinfo=UTC)),
    row("top.mp3", size=1, is_latest=False, upload_id="u"),
]


def inventory(folder: Path, rows: Sequence[dict[str, Any]], **facts: Any) -> Inventory:
    """As a scan with versions and uploads leaves it."""
    files = Files(folder)
    written = write_rows(files, "b", [batch(rows)] if rows else [])
    pq.write_table(written.cells.table(), files.cells)
    known = {"versions": True, "uploads": True, "rows": written.rows, "bytes": written.bytes}
    scanned = Scanned(
        id="i", layout="ssi", role="stage", bucket="b", prefix="", source="listing", at=THEN,
        requests=1, seconds=0.1, **{**known, **facts},
    )  # fmt: skip
    return Inventory(scanned, files)


def test_cells_are_sums_by_everything_that_is_paid_by() -> None:
    """Folders, class, state, day and size; bytes of key names in UTF-8."""
    made = Cells("b")
    made.add(pa.Table.from_batches([batch(ROWS)]))
    found = made.table()
    assert found.schema == CELL_SCHEMA
    by = ("prefix", "storage_class", "state", "day", "size_class", "objects", "bytes", "key_bytes")
    today = date(2026, 11, 27)
    assert sorted(tuple(one[name] for name in by) for one in found.to_pylist()) == sorted(
        [
            ("a/b/", "STANDARD", "current", today, 0, 1, 0, 11),
            ("a/b/", "STANDARD", "current", today, 65_536, 1, 131_071, 11),
            ("a/b/", "STANDARD_IA", "current", today, 131_072, 1, 131_072, 9),
            ("a/b/", "STANDARD", "noncurrent", today, 4, 1, 5, 9),
            ("a/", "STANDARD", "delete-marker", today, 0, 1, 0, 8),
            ("a/", "STANDARD", "noncurrent", date(2025, 1, 2), 4, 1, 7, 8),
            ("", "STANDARD", "part", today, 1, 1, 1, 7),
        ]
    )
    assert set(found["bucket"].to_pylist()) == {"b"}


@given(
    st.lists(
        st.tuples(st.text("ab/é", min_size=1, max_size=6), st.integers(0, 2**46)), max_size=30
    ),
    st.integers(1, 8),
)
def test_nothing_is_lost_in_cells(rows: list[tuple[str, int]], pieces: int) -> None:
    """However rows come in batches: objects, bytes and key bytes add up, in the right folders."""
    made = Cells("b")
    listed = [row(key, size=size) for key, size in sorted(rows)]
    for start in range(0, len(listed), pieces):
        made.add(pa.Table.from_batches([batch(listed[start : start + pieces])]))
    found = made.table()
    for name, expected in (
        ("objects", len(rows)),
        ("bytes", sum(size for _, size in rows)),
        ("key_bytes", sum(len(key.encode()) for key, _ in rows)),
    ):
        assert (pc.sum(found[name]).as_py() or 0) == expected
    assert set(found["prefix"].to_pylist()) == {folders_of(key) for key, _ in rows}


def test_size_classes_are_exact_at_their_edges() -> None:
    """0, 1, and each power of two begins a class; one byte less is the class before."""
    sizes = [0, 1, 2, 3, 131_071, 131_072, 131_073, 2**46 - 1, 2**46, 5 * 2**40]
    assert size_classes(pa.array(sizes)).to_pylist() == [
        0, 1, 2, 2, 65_536, 131_072, 131_072, 2**45, 2**46, 2**42,
    ]  # fmt: skip


def test_folders_of_many_users_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for each of thousands of people is one of users; other folders stay apart."""
    monkeypatch.setattr(cell_module, "PREFIXES_MAX", 3)
    monkeypatch.setattr(cell_module, "_COMPACT_AT", 4)
    made = Cells("b")
    keys = [f"users/{n}/x" for n in range(9)] + ["clips/a/x", "clips/b/x", "top"]
    for key in sorted(keys):
        made.add(pa.Table.from_batches([batch([row(key)])]))
    found = {one["prefix"]: one["objects"] for one in made.table().to_pylist()}
    assert found == {"": 1, "clips/a/": 1, "clips/b/": 1, "users/": 9}


def test_rows_are_written_in_order_however_they_come(tmp_path: Path) -> None:
    """Of one key the newest first and parts last; values of every type survive the sorting."""
    expected = [batch([one]).to_pylist()[0] for one in ROWS]
    files = Files(tmp_path)
    written = write_rows(files, "b", [batch([one]) for one in reversed(ROWS)])
    assert pq.read_table(files.rows).to_pylist() == expected
    assert (written.rows, written.bytes) == (7, sum(one["size"] for one in ROWS))
    assert set(tmp_path.iterdir()) == {files.rows, files.names}
    made = files.names.read_bytes()
    write_names(files.rows, files.names)
    assert files.names.read_bytes() == made, "as they are written from the rows"


def test_parts_are_merged_where_their_keys_stand() -> None:
    """Before, between, behind and beside the rows, over batches of any size."""
    keys = ["b", "d", "d", "f", "h"]
    parts = pa.Table.from_batches([batch([row(key, upload_id="u") for key in "aadegz"])])
    for size in range(1, 6):
        batches = [batch([row(key) for key in keys[n : n + size]]) for n in range(0, 5, size)]
        found = [
            (one["key"], one["upload_id"])
            for made in merged(batches, parts)
            for one in made.to_pylist()
        ]
        assert found == sorted([*((key, "") for key in keys), *((key, "u") for key in "aadegz")])


def test_a_search_finds_any_part_of_what_is_there_now(tmp_path: Path) -> None:
    """In the case that is given or in any; not what was deleted, replaced or never finished."""
    asked = inventory(tmp_path, ROWS)
    assert asked.search("/B/").rows["key"].to_pylist() == [
        "a/b/c/1.mp3",
        "a/b/c/2.mp3",
        "a/b/d.mp3",
    ]
    assert asked.search("/B/", case_sensitive=True).total == 0
    assert asked.search(".mp3", prefix="a/b/c/").total == 2
    few = asked.search("mp3", limit=2)
    assert (few.rows.num_rows, few.total) == (2, 3)
    assert asked.search("é").total == 0
    with pytest.raises(InvalidInput):
        asked.search(" ")
    with pytest.raises(InvalidInput):
        asked.search("x", limit=0)


def test_figures_of_an_inventory(tmp_path: Path) -> None:
    """Folders at any depth, duplicates, ages, and rows by their keys."""
    asked = inventory(tmp_path, ROWS)
    folders = {one["prefix"]: one for one in asked.prefix_totals().to_pylist()}
    assert folders["a/"] == {
        "prefix": "a/", "objects": 3, "bytes": 262_143, "noncurrent_bytes": 12, "part_bytes": 0,
    }  # fmt: skip
    assert folders[""]["part_bytes"] == 1
    deeper = [one["prefix"] for one in asked.prefix_totals("a/", depth=2).to_pylist()]
    assert sorted(deeper) == ["a/", "a/b/", "a/b/c/"]
    same = [row("x/1", etag="1" * 32), row("x/2", etag="1" * 32), row("x/3", etag="2" * 32)]
    found = inventory(tmp_path / "d", same).duplicates().to_pylist()
    assert found == [
        {"etag": "1" * 32, "size": 10, "copies": 2, "bytes_wasted": 10, "keys": ["x/1", "x/2"]}
    ]
    old = [row("o", modified=datetime(2026, 10, 28, tzinfo=UTC)), row("n")]
    assert inventory(tmp_path / "a", old).ages().to_pylist() == [
        {"age_from_days": 0, "objects": 1, "bytes": 10},
        {"age_from_days": 30, "objects": 1, "bytes": 10},
    ]
    by_keys = asked.by_keys(["a/b/d.mp3", "a/é.mp3", "not there"])
    assert by_keys["size"].to_pylist() == [131_072]
    assert by_keys.schema == ROW_SCHEMA


def test_questions_reach_nothing_else(tmp_path: Path) -> None:
    """A query reads the inventory's own file, and can neither write nor read another."""
    asked = inventory(tmp_path, ROWS)
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for query in (
        f"SELECT * FROM read_csv('{secret}')",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        "SET enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            asked.sql(query)


def test_missing_files_are_said(tmp_path: Path) -> None:
    """Rows that were let go, and totals that somebody removed."""
    asked = inventory(tmp_path, ROWS)
    asked.rows_path.unlink()
    with pytest.raises(Unsupported, match="only totals"):
        asked.search("x")
    asked.cells_path.unlink()
    with pytest.raises(Unavailable, match="gone"):
        asked.cells()
