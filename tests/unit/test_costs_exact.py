"""Money to the last digit: each case computed by hand, with the working beside it.

Rates of us-east-1 from the shipped book, a GB-month: Standard 0.023 / 0.022 / 0.021 (50 TB, 500 TB),
Standard-IA 0.0125, One Zone-IA 0.01, Glacier Instant 0.004, Glacier 0.0036, Deep Archive 0.00099.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from costs_rig import BILLS, BOOK, GB, KB, MB, ON, TB, US, bill, cell, cells, cost

from storage.costs.early import early_deletion
from storage.costs.estimate import Elsewhere, price
from storage.costs.usage import Bills, usage
from storage.model.money import Quantity

STORED: list[tuple[str, list[dict[str, Any]], str]] = [
    # nothing: no line, no cost
    ("nothing", [], "0"),
    # an object of no bytes in Standard is billed by none
    ("zero bytes", [cell(1, 0)], "0"),
    # one byte: 0.023 / 2^30 = 0.023 * 931322574615478515625 / 10^30
    ("one byte", [cell(1, 1)], "0.000000000021420419216156005859375"),
    # one GB: 1 * 0.023
    ("one GB", [cell(1, GB)], "0.023"),
    # a GB is 2^30 bytes: 10^9 bytes are 0.931322574615478515625 GB, * 0.023
    ("a billion bytes", [cell(1, 10**9)], "0.021420419216156005859375"),
    # DOMAIN: 1,000 recordings of 1 MB (2^20): 1000/1024 GB = 0.9765625 * 0.023
    ("1,000 recordings", [cell(1000, MB)], "0.0224609375"),
    # exactly 50 TB = 51,200 GB * 0.023
    ("50 TB", [cell(50, TB)], "1177.6"),
    # one GB more is of the second tier: 1,177.6 + 1 * 0.022
    ("50 TB and 1 GB", [cell(50, TB), cell(1, GB)], "1177.622"),
    # exactly 500 TB: 51,200 * 0.023 + 460,800 * 0.022 = 1,177.6 + 10,137.6
    ("500 TB", [cell(500, TB)], "11315.2"),
    # and a GB of the third: + 0.021
    ("500 TB and 1 GB", [cell(500, TB), cell(1, GB)], "11315.221"),
    # AWS's FAQ, "How much does S3 cost": 52,900 GB-months cross a tier:
    # 51,200 * 0.023 = 1,177.60; 1,700 * 0.022 = 37.40; "Total Storage cost = $1,215.00"
    ("AWS: 52,900 GB-months", [cell(52_900, GB)], "1215.00"),
    # old versions are billed like live bytes: (4 + 5) GB * 0.023
    (
        "versions",
        [cell(1, 5 * GB), cell(1, 4 * GB, state="noncurrent")],
        "0.207",
    ),
    # a delete marker is billed by its key's name: 1,024 markers of 1,024 bytes = 2^20 bytes
    # = 1/1024 GB * 0.023
    ("markers", [cell(1024, 0, state="delete-marker", key_bytes=MB)], "0.0000224609375"),
    # parts of an upload that never finished: 3 parts of 8 MB = 24/1024 GB * 0.023
    ("parts", [cell(3, 8 * MB, state="part")], "0.0005390625"),
    # parts of what is to be archived wait in Standard: 1 GB * 0.023, not 0.0036
    ("parts for Glacier", [cell(1, GB, "GLACIER", state="part")], "0.023"),
    # 8 objects of 128 KB in IA are what they are: 1/1024 GB * 0.0125
    ("IA at 128 KB", [cell(8, 128 * KB, "STANDARD_IA")], "0.00001220703125"),
    # one byte less each is billed as 128 KB all the same
    ("IA under 128 KB", [cell(8, 128 * KB - 1, "STANDARD_IA")], "0.00001220703125"),
    # a clip of 20 KB in IA is billed as 128 KB: 8,192 * 128 KB = 1 GB * 0.0125;
    # in Standard it would be 8,192 * 20 KB = 0.15625 GB * 0.023 = 0.00359375
    ("clips in IA", [cell(8192, 20 * KB, "STANDARD_IA")], "0.0125"),
    ("clips in Standard", [cell(8192, 20 * KB)], "0.00359375"),
    # empty objects too: 8,192 * 128 KB = 1 GB, One Zone-IA 0.01, Glacier Instant 0.004
    ("empty in One Zone", [cell(8192, 0, "ONEZONE_IA")], "0.01"),
    ("empty in Glacier Instant", [cell(8192, 0, "GLACIER_IR")], "0.004"),
    # archived: 32,768 objects of 1 byte: their bytes 1/32768 GB * 0.0036 = 0.0000001098632812500,
    # index 32,768 * 32 KB = 1 GB * 0.0036, names 32,768 * 8 KB = 0.25 GB * 0.023 = 0.00575
    ("Glacier", [cell(32768, 1, "GLACIER")], "0.00935010986328125"),
    # the same in Deep Archive: 1/32768 * 0.00099 + 1 * 0.00099 + 0.25 * 0.023
    ("Deep Archive", [cell(32768, 1, "DEEP_ARCHIVE")], "0.006740030212402343750"),
    # Intelligent-Tiering, 1,000 objects of 1 GB: 1,000 * 0.023 + monitoring 1 thousand * 0.0025
    ("Intelligent", [cell(1000, GB, "INTELLIGENT_TIERING")], "23.0025"),
    # at 128 KB an object is monitored: 8,192,000 * 128 KB = 1,000 GB; 8,192 thousand * 0.0025
    ("Intelligent at 128 KB", [cell(8_192_000, 128 * KB, "INTELLIGENT_TIERING")], "43.48"),
    # under it not: 1,024 * 127 KB = 127/1024 GB * 0.023
    (
        "Intelligent under 128 KB",
        [cell(1024, 127 * KB, "INTELLIGENT_TIERING")],
        "0.002852539062500",
    ),
    # two buckets of a region share the tier: 30 + 30 TB = 51,200 * 0.023 + 10,240 * 0.022
    ("shared tier", [cell(30, TB), cell(30, TB, bucket="b")], "1402.88"),
    # two regions do not: 2 * 30,720 * 0.023
    ("two regions", [cell(30, TB), cell(30, TB, bucket="c")], "1413.12"),
]


@pytest.mark.parametrize(
    ("rows", "total"), [case[1:] for case in STORED], ids=[c[0] for c in STORED]
)
def test_storing_for_a_month(rows: list[dict[str, Any]], total: str) -> None:
    """A month's storage is what the working says, to the last digit; the lines add up to it."""
    made = bill(*rows)
    assert made.total == Decimal(total)
    assert sum(line.quantity * line.rate for line in made.lines) == Decimal(total)
    assert not made.missing


TRAFFIC: list[tuple[str, str, int, str, str, str]] = [
    # (what, meter, amount, class, figure, cost)
    # 1,000 PUT: 0.005; LIST is billed like PUT; a GET costs a 12.5th
    ("1,000 PUT", "put", 1000, "STANDARD", "put", "0.005"),
    ("1,000 LIST", "list", 1000, "STANDARD", "put", "0.005"),
    ("1,000 GET", "get", 1000, "STANDARD", "get", "0.0004"),
    # one request: 0.005 / 1000
    ("one PUT", "put", 1, "STANDARD", "put", "0.000005"),
    # IA: PUT 0.01, GET 0.001; Glacier Instant 0.02 and 0.01 a thousand
    ("1,000 GET of IA", "get", 1000, "STANDARD_IA", "get", "0.001"),
    ("1,000 PUT to Glacier Instant", "put", 1000, "GLACIER_IR", "put", "0.02"),
    # a million small files moved to IA: 1,000 * 0.01
    ("a million into IA", "transition", 10**6, "STANDARD_IA", "transition", "10"),
    ("a thousand into Deep Archive", "transition", 1000, "DEEP_ARCHIVE", "transition", "0.05"),
    # retrieval a GB: IA 0.01, Glacier Instant 0.03
    ("retrieved from IA", "retrieval", 100 * GB, "STANDARD_IA", "retrieval", "1"),
    ("retrieved from Instant", "retrieval", 100 * GB, "GLACIER_IR", "retrieval", "3"),
    # 100 GB out are free; the next byte is not: 0.09 / 2^30
    ("100 GB out", "out", 100 * GB, "ANY", "out", "0"),
    ("a byte more", "out", 100 * GB + 1, "ANY", "out", "0.00000000008381903171539306640625"),
    # 155 GB out: 55 * 0.09: what "5 USD a month" of an old estimate would need
    ("155 GB out", "out", 155 * GB, "ANY", "out", "4.95"),
    # 10 TB out: (10,240 - 100) * 0.09; one GB more at 0.085
    ("10 TB out", "out", 10 * TB, "ANY", "out", "912.6"),
    ("10 TB and 1 GB out", "out", 10 * TB + GB, "ANY", "out", "912.685"),
    # 200 TB out: 10,140 * 0.09 + 40,960 * 0.085 + 102,400 * 0.07 + 51,200 * 0.05
    # = 912.6 + 3,481.6 + 7,168 + 2,560
    ("200 TB out", "out", 200 * TB, "ANY", "out", "14122.2"),
    # to another region: 0.02 a GB
    ("replicated", "replication", 10 * GB, "ANY", "between", "0.2"),
    # KMS: 0.03 for 10,000 requests
    ("KMS", "kms", 10_000, "ANY", "kms", "0.03"),
]


@pytest.mark.parametrize(
    ("meter", "amount", "storage_class", "figure", "total"),
    [case[1:] for case in TRAFFIC],
    ids=[case[0] for case in TRAFFIC],
)
def test_traffic(meter: str, amount: int, storage_class: str, figure: str, total: str) -> None:
    """Requests, data out and their kin cost what the working says."""
    assert cost(meter, amount, storage_class, figure=figure) == Decimal(total)


EARLY: list[tuple[str, str, int, int, int, str]] = [
    # (what, class, objects, bytes each, age in days, cost)
    # 1 GB of IA deleted on the 10th day: 20 days are left: 20/30 * 0.0125
    ("IA, 10 days", "STANDARD_IA", 1, GB, 10, "1/120"),
    # on the 30th day nothing is left; on the day it came, the whole month
    ("IA, 30 days", "STANDARD_IA", 1, GB, 30, "0"),
    ("IA, at once", "STANDARD_IA", 1, GB, 0, "1/80"),
    # small ones by 128 KB: 8,192 of 20 KB are billed as 1 GB: 15/30 * 0.01
    ("One Zone, small", "ONEZONE_IA", 8192, 20 * KB, 15, "1/200"),
    # Glacier Instant, 90 days: 60 left: 60/30 * 0.004
    ("Instant, 30 days", "GLACIER_IR", 1, GB, 30, "1/125"),
    # Glacier 90 days, Deep Archive 180: 179 left: 179/30 * 0.00099
    ("Glacier, 89 days", "GLACIER", 1, GB, 89, "3/25000"),
    ("Deep Archive, 1 day", "DEEP_ARCHIVE", 1, GB, 1, "5907/1000000"),
    # Standard has no minimum
    ("Standard", "STANDARD", 1, GB, 0, "0"),
]


@pytest.mark.parametrize(
    ("storage_class", "objects", "each", "age", "total"),
    [case[1:] for case in EARLY],
    ids=[case[0] for case in EARLY],
)
def test_early_deletion(storage_class: str, objects: int, each: int, age: int, total: str) -> None:
    """What goes before its class's minimum days is billed for the days that are left."""
    rows = cells(cell(objects, each, storage_class, day=ON - timedelta(days=age)))
    made = price(early_deletion(rows, BILLS, ON), BOOK)
    # thirds of a month never end in decimals; 60 places are kept
    assert abs(Fraction(made.total) - Fraction(total)) < Fraction(1, 10**60)


def test_the_free_data_out_is_one_for_the_account() -> None:
    """150 GB from one region and 50 from another: 100 of the 200 are free, 75 and 25 by what each
    sends; the rest is (75 + 25) * 0.09."""
    sent = [
        Quantity("out", "a", US, "out", "ANY", 150 * GB),
        Quantity("out", "c", "eu-west-1", "out", "ANY", 50 * GB),
    ]
    made = price(sent, BOOK)
    assert made.total == Decimal(9)
    assert made.by("group", "tier") == {
        ("a", "free"): 0,
        ("a", "first 10 TB"): Decimal("6.75"),
        ("c", "free"): 0,
        ("c", "first 10 TB"): Decimal("2.25"),
    }


def test_what_the_account_has_elsewhere_fills_tiers_too() -> None:
    """With 50 TB elsewhere the first GB is of the second tier; with 100 GB out elsewhere none of
    ours is free: 0.022 + 0.09."""
    ours = [
        *usage(cells(cell(1, GB)), BILLS),
        Quantity("out", "a", US, "out", "ANY", GB),
    ]
    made = price(ours, BOOK, elsewhere=Elsewhere(storage=50 * TB, out=100 * GB))
    assert made.total == Decimal("0.112")


def test_intelligent_tiering_by_access_tier() -> None:
    """100 GB of which 40 per cent are in the infrequent and 10 in the instant tier:
    50 * 0.023 + 40 * 0.0125 + 10 * 0.004 + monitoring 0.1 thousand * 0.0025."""
    bills = Bills({"a": US}, tiering={"INFREQUENT": 40, "ARCHIVE_INSTANT": 10})
    rows = cell(100, GB, "INTELLIGENT_TIERING")
    assert bill(rows, bills=bills).total == Decimal("1.69025")


def test_a_shared_tier_is_told() -> None:
    """What one bucket costs of a shared tier says that it is shared; half of it each."""
    made = bill(cell(30, TB), cell(30, TB, bucket="b"))
    assert made.by("group") == {("a",): Decimal("701.44"), ("b",): Decimal("701.44")}
    assert any("Tiers are shared" in note for note in made.notes)


def test_a_class_without_a_price_is_no_zero() -> None:
    """A class that the book does not know is missing by name, and the estimate says so."""
    made = bill(cell(1, GB, "EXPRESS_ONEZONE"), cell(1, GB))
    assert made.total == Decimal("0.023")
    assert [one.storage_class for one in made.missing] == ["EXPRESS_ONEZONE"]
    assert "EXPRESS_ONEZONE" in made.notes[0]


def test_a_price_that_was_found_nowhere_is_told() -> None:
    """Frankfurt's second tier has no source: its line and a note say so; its first has one."""
    bills = Bills({"a": "eu-central-1"})
    made = bill(cell(51, TB), bills=bills)
    assert [(line.tier, line.sourced) for line in made.lines] == [
        ("first 50 TB", True),
        ("next 450 TB", False),
    ]
    assert any("no list was found" in note for note in made.notes)
    assert bill(cell(1, GB), bills=bills).notes == ()


def test_other_providers_have_no_minimums() -> None:
    """By a flat-rate book an object of one byte in "STANDARD_IA" is billed by its byte."""
    rows = cells(cell(1, 1, "STANDARD_IA"))
    found = usage(rows, Bills({"a": "here"}, provider="other"))
    assert [(one.meter, one.amount) for one in found] == [("storage", 1)]


def test_days_in_the_future_are_the_day_itself() -> None:
    """A clock ahead of ours makes no longer minimum: at most all of the 30 days."""
    rows = cells(cell(1, GB, "STANDARD_IA", day=date(2027, 1, 1)))
    assert price(early_deletion(rows, BILLS, ON), BOOK).total == Decimal("0.0125")


def test_a_whole_month_of_everything() -> None:
    """100 GB stored, 1,000 PUTs and a million GETs, 150 GB out: 2.3 + 0.005 + 0.4 + 50 * 0.09. What
    is free of data out is free of nothing else."""
    ours = [
        *usage(cells(cell(100, GB)), BILLS),
        Quantity("put", "a", US, "put", "STANDARD", 1000),
        Quantity("get", "a", US, "get", "STANDARD", 10**6),
        Quantity("out", "a", US, "out", "ANY", 150 * GB),
    ]
    made = price(ours, BOOK)
    assert made.total == Decimal("7.205")
    assert {line.meter for line in made.lines if line.tier == "free"} == {"out"}


def test_no_line_is_negative() -> None:
    """Nothing that is stored or done earns money."""
    everything = [
        cell(3, size, name, state=state)
        for size in (0, 1, 128 * KB, GB)
        for name in ("STANDARD", "STANDARD_IA", "GLACIER", "INTELLIGENT_TIERING")
        for state in ("current", "noncurrent", "part", "delete-marker")
    ]
    sent = [Quantity("out", "a", US, "out", "ANY", 101 * GB)]
    made = price([*usage(cells(*everything), BILLS), *sent], BOOK)
    assert all(line.quantity > 0 and line.amount >= 0 for line in made.lines)
