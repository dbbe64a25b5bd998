"""Breakdowns, what is paid for nothing, and months that are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from costs_rig import GB, KB, ON, cell, cells, month

from storage.costs.breakdown import DIMENSIONS, breakdown, wasted
from storage.costs.closed import from_dates, from_scans, last_closed, period, scanned_in
from storage.costs.report import as_csv, as_page, as_parquet
from storage.errors import InvalidInput
from storage.inventory.rollups import rolled_up
from storage.model.inventory import HISTORY_SCHEMA
from storage.model.money import added

ROWS = (
    cell(10, GB, prefix="users/ann/", kind="clip", day=ON),
    cell(5, GB, prefix="users/bob/", kind="clip", day=ON - timedelta(days=100)),
    cell(8, 20 * KB, "STANDARD_IA", prefix="", kind="note", day=ON - timedelta(days=400)),
    cell(2, GB, state="noncurrent", prefix="users/ann/", kind="clip", day=ON),
    cell(1, GB, state="part", prefix="users/ann/", day=ON),
    cell(4, GB, bucket="c", prefix="users/ann/", kind="clip"),
)


@pytest.mark.parametrize("by", DIMENSIONS)
def test_every_breakdown_adds_up_to_the_same(by: str) -> None:
    """By whatever it is broken down, the amounts are the storage's total and the objects all."""
    now = month(*ROWS)
    shares = breakdown(now, rolled_up(now.cells, "day"), by, ON)
    assert added(one.amount for one in shares) == now.storage_by("bucket").total
    assert sum(one.objects for one in shares) == 30
    assert [one.amount for one in shares] == sorted((one.amount for one in shares), reverse=True)


def test_by_folder_and_by_age() -> None:
    """Folders are those of the keys; what has no day is as old as can be."""
    now = month(*ROWS)
    folders = breakdown(now, now.cells, "prefix", ON)
    assert (folders[0].name, folders[0].amount) == ("users/ann/", 13 * Decimal("0.023"))
    ages = {(one.bucket, one.name): one.objects for one in breakdown(now, now.cells, "age", ON)}
    assert ages["a", "under 30 days"] == 13
    assert ages["a", "90 to 179 days"] == 5
    assert ages["c", "a year and older"] == 4


def test_what_is_paid_for_nothing() -> None:
    """2 GB of earlier versions, 1 GB of parts, and 108 KB that each of 8 small objects lacks."""
    now = month(*ROWS)
    found = {one.code: one for one in wasted(now, now.estimate())}
    assert found["versions"].amount == 2 * Decimal("0.023")
    assert found["uploads"].amount == Decimal("0.023")
    assert found["small"].amount == Decimal(8 * 108 * KB) / GB * Decimal("0.0125")
    assert wasted(month(cell(1, GB)), month(cell(1, GB)).estimate()) == ()


def test_cells_without_folders_or_days_cost_the_same() -> None:
    """What a scan adds up once more is billed to the last digit as its cells are."""
    whole = month(*ROWS)
    for over in ("prefix", "day"):
        less = whole.with_cells(rolled_up(whole.cells, over))  # type: ignore[arg-type]
        assert less.storage_by("bucket").lines == whole.storage_by("bucket").lines


# -- months that are over -------------------------------------------------------------------------

OCTOBER = period("2026-10")


def history(*rows: tuple[datetime, int, int]) -> pa.Table:
    """Scans: when, objects, bytes."""
    made: list[dict[str, Any]] = [
        {
            "at": at,
            "day": at.date(),
            "source": "listing",
            "prefix": "",
            "kind": "",
            "storage_class": "STANDARD",
            "state": "current",
            "objects": objects,
            "bytes": stored,
        }
        for at, objects, stored in rows
    ]
    return pa.Table.from_pylist(made, HISTORY_SCHEMA)


def _october(day: int) -> datetime:
    return datetime(2026, 10, day, tzinfo=UTC)


def test_a_month_by_its_scans() -> None:
    """31 GB until the 11th, 62 GB from then on: (10 * 31 + 21 * 62) / 31 = 52 GB in the mean."""
    made = from_scans(
        "a", history((_october(1), 31, 31 * GB), (_october(11), 62, 62 * GB)), OCTOBER
    )
    assert made["bytes"].to_pylist() == [52 * GB]
    assert made["objects"].to_pylist() == [52]


def test_before_the_first_scan_it_is_taken_to_have_been_so() -> None:
    """One scan in the middle of the month tells of all of it; one after it alone of none."""
    assert from_scans("a", history((_october(20), 1, GB)), OCTOBER)["bytes"].to_pylist() == [GB]
    assert scanned_in(history((_october(20), 1, GB)), OCTOBER)
    assert not scanned_in(history((_october(20), 1, GB)), period("2026-09"))
    around = history((_october(1) - timedelta(days=9), 1, GB), (_october(31) + timedelta(9), 1, GB))
    assert scanned_in(around, OCTOBER)


def test_what_was_deleted_between_scans_counts_as_long_as_it_was_there() -> None:
    """A class that the second scan no longer sees is there until then: 10 of 31 days."""
    both = history((_october(1), 31, 31 * GB))
    gone = pa.concat_tables([both, history((_october(11), 0, 0))])
    assert from_scans("a", gone, OCTOBER)["bytes"].to_pylist() == [10 * GB]


def test_a_month_rebuilt_from_dates() -> None:
    """What came on the 22nd was there for 10 of 31 days; what came in November not at all."""
    rows = cells(
        cell(31, GB, day=_october(22).date()),
        cell(31, GB, day=_october(1).date()),
        cell(31, GB, day=datetime(2026, 11, 2, tzinfo=UTC).date()),
        cell(31, GB),
    )
    assert from_dates(rows, OCTOBER)["bytes"].to_pylist() == [10 * GB, 31 * GB, 31 * GB]


def test_which_month_is_closed() -> None:
    """The one before, also in January; a month is written 2026-10."""
    assert last_closed(datetime(2026, 1, 15, tzinfo=UTC)).name == "2025-12"
    assert last_closed(datetime(2026, 11, 1, tzinfo=UTC)).name == "2026-10"
    for wrong in ("October", "2026-13", "2026-10-01", ""):
        with pytest.raises(InvalidInput, match="is no month"):
            period(wrong)


# -- to take along --------------------------------------------------------------------------------


def test_exports_have_every_line_and_run_nothing() -> None:
    """CSV and Parquet hold each line to the last digit; a bucket's name that is a formula or HTML
    is text, in the spreadsheet and on the printed page."""
    hostile = "=1+1<script>alert(1)</script>"
    made = month(cell(1, GB)).estimate()
    lines = tuple(
        type(line)(**{**{f: getattr(line, f) for f in line.__slots__}, "group": hostile})
        for line in made.lines
    )
    made = type(made)(lines, (), made.book, made.assumptions)
    text = as_csv(made)
    assert f'"\'{hostile}"' in text
    assert '"0.023"' in text
    assert as_parquet(made).startswith(b"PAR1")
    page = as_page(made, hostile, [hostile], [hostile], datetime(2026, 11, 1, tzinfo=UTC))
    assert "<script" not in page
    assert "0.023 USD" in page
