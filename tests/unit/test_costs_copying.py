"""What running a release costs: each sum worked out by hand from the shipped us-east-1 figures."""

from __future__ import annotations

from decimal import Decimal

from storage.costs.copying import copying
from storage.costs.estimate import price
from storage.costs.pricebook import shipped
from storage.layout.profile import Bucket
from storage.model.money import GB
from storage.model.promotion import STATES, State
from storage.promotion.looking import Total, copied


def bucket(role: str, region: str = "us-east-1") -> Bucket:
    return Bucket(role, role.title(), f"the-{role}", region)


def test_copies_and_their_heads() -> None:
    """1,000 COPY at 0.005 USD a thousand, 2,000 HEAD at 0.0004 USD a thousand; a class of its own
    has its own prices: 100 COPY into Standard-IA at 0.01, 200 HEAD at 0.001 a thousand, and 2 GB
    read out of it at 0.01 a GB.
    """
    copies = {"": (1_000, 10_000_000), "STANDARD_IA": (100, 2 * GB)}
    told = price(copying(bucket("stage"), bucket("prod"), copies, "aws"), shipped())
    standard = Decimal("0.005") + 2 * Decimal("0.0004")
    seldom = Decimal("0.001") + Decimal("0.0002") + 2 * Decimal("0.01")
    assert told.total == standard + seldom
    assert not told.missing


def test_the_way_between_regions_is_paid_where_it_begins() -> None:
    """3 GB from us-east-1 at 0.02 USD a GB, besides a copy and two HEADs in eu-west-1."""
    there = bucket("prod", "eu-west-1")
    told = price(copying(bucket("stage"), there, {"": (1, 3 * GB)}, "aws"), shipped())
    between = [line for line in told.lines if line.meter == "replication"]
    assert [(line.region, line.amount) for line in between] == [("us-east-1", Decimal("0.06"))]


def test_a_region_without_prices_is_missing_and_not_free() -> None:
    """Nothing is said to cost 0 because nobody knows its price."""
    far = (bucket("stage", "mars-1"), bucket("prod", "mars-1"))
    told = price(copying(*far, {"": (1, 1)}, "aws"), shipped())
    assert {one.meter for one in told.missing} == {"put", "get"}
    assert told.total == 0


def test_only_what_is_copied_counts() -> None:
    """What is the same, missing or taken away is not copied."""
    totals = [Total(state, "", 1, 10) for state in STATES]
    new: State = "new"
    assert copied([*totals, Total(new, "STANDARD_IA", 2, 7)]) == {
        "": (3, 30),
        "STANDARD_IA": (2, 7),
    }
