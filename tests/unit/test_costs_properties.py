"""What holds of every estimate, whatever is stored: tried with thousands of inventories."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
from costs_rig import BILLS, BOOK, GB, ON, TB, US, bill, cell, cells, month
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.costs.scenarios import Grow, Move, Remove, Where
from storage.costs.sharing import fill, shares, spread
from storage.costs.usage import usage
from storage.costs.whatif import what_if
from storage.model.money import EXACT, added

CLASSES = ("STANDARD", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
STATES = ("current", "noncurrent", "part")


def _sizes(most: int) -> st.SearchStrategy[int]:
    edges = [0, 1, 131_071, 131_072, 131_073]
    return st.sampled_from(edges) | st.integers(0, most)


@st.composite
def rows(draw: st.DrawFn, most: int = 100 * GB, buckets: str = "abc") -> dict[str, Any]:
    """One cell of anything."""
    return cell(
        draw(st.integers(1, 5000)),
        draw(_sizes(most)),
        draw(st.sampled_from((*CLASSES, "INTELLIGENT_TIERING"))),
        state=draw(st.sampled_from(STATES)),
        bucket=draw(st.sampled_from(buckets)),
        day=ON - timedelta(days=draw(st.integers(0, 400))),
        prefix=draw(st.sampled_from(["", "x/", "x/y/"])),
    )


some = settings(
    max_examples=settings.default.max_examples // 4
)  # of the profile: each is an estimate or five

INVENTORIES = st.lists(rows(), max_size=12)


@some
@given(INVENTORIES)
def test_lines_add_up_to_the_total_however_they_are_grouped(found: list[dict[str, Any]]) -> None:
    """Each line is quantity times rate; sums by bucket, by class and by prefix are the total."""
    made = bill(*found)
    with localcontext(EXACT):
        assert all(line.quantity * line.rate == line.amount for line in made.lines)
    for names in (("group",), ("storage_class",), ("meter", "tier"), ("region", "group", "meter")):
        assert added(made.by(*names).values()) == made.total
    for columns in (("prefix",), ("kind",), ("bucket", "prefix"), ("size_class",), ("day",)):
        by = month(*found).storage_by(*columns)
        assert by.total == made.total


@some
@given(INVENTORIES, rows())
def test_more_never_costs_less(found: list[dict[str, Any]], more: dict[str, Any]) -> None:
    """Another cell of anything makes the month dearer, or leaves it."""
    assert bill(*found, more).total >= bill(*found).total


@some
@given(st.lists(rows(most=GB), max_size=10))
def test_buckets_cost_together_what_they_cost_apart_below_the_first_tier(
    found: list[dict[str, Any]],
) -> None:
    """Under 50 TB a region (12 cells of at most 5,000 GB) the total is the sum of each bucket
    alone, and no note speaks of shared tiers."""
    made = bill(*found)
    apart = added(bill(*[one for one in found if one["bucket"] == name]).total for name in "abc")
    assert made.total == apart
    assert not any("shared" in note for note in made.notes)


@some
@given(st.integers(1, 900), st.integers(1, 900))
def test_shared_tiers_make_buckets_cheaper_together_and_say_so(one: int, other: int) -> None:
    """Two buckets of a region never cost more together than apart; less exactly when more than one
    tier is used, which a note then says."""
    both = bill(cell(one, TB), cell(other, TB, bucket="b"))
    apart = bill(cell(one, TB)).total + bill(cell(other, TB)).total
    assert both.total <= apart
    assert (both.total < apart) == any("shared" in note for note in both.notes)


@some
@given(INVENTORIES)
def test_a_change_of_nothing_changes_nothing(found: list[dict[str, Any]]) -> None:
    """Once times everything, a class that all have, nothing removed: the month is the same, line
    by line, and nothing is paid once."""
    now = month(*found)
    nothing = (Grow(1), Remove(Where(prefix="not/there/")), Move("STANDARD", Where(kind="none")))
    for change in nothing:
        made = what_if(now, change)
        assert made.steady.lines == made.now.lines
        assert made.once.total == made.saving == 0
        assert made.first_month == made.now.total


@some
@given(INVENTORIES, st.sampled_from(CLASSES), st.sampled_from(["lifecycle", "copy"]))
def test_moving_loses_no_byte(found: list[dict[str, Any]], to: str, how: Any) -> None:
    """Whatever moves where, objects and bytes stay as many."""
    made = what_if(month(*found), Move(to, Where(states=("current", "noncurrent")), True, how))
    assert made.objects <= sum(one["objects"] for one in found)
    stored = {"storage", "storage-noncurrent", "storage-parts"}

    def total(estimate: Any) -> Decimal:
        return added(one.quantity for one in estimate.lines if one.meter in stored)

    assert total(made.steady) == total(made.now)


@some
@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=8), st.data())
def test_whole_numbers_are_shared_out_whole(weights: list[int], data: st.DataObject) -> None:
    """Parts are whole, none is above its weight, and they add up; tables by rows and by columns."""
    amount = data.draw(st.integers(0, sum(weights)))
    parts = shares(amount, weights)
    assert sum(parts) == (amount if sum(weights) else 0)
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    columns = fill(sum(weights), [10**12, 10**14, None])
    assert sum(columns) == sum(weights)
    table = spread(weights, columns)
    assert [sum(row) for row in table] == weights
    assert [sum(column) for column in zip(*table, strict=True)] == columns
    assert min(value for row in table for value in row) >= 0


def test_groups_with_the_same_key_are_one_quantity() -> None:
    """A hundred thousand cells are as many quantities as buckets, classes and states."""
    many = pa.concat_tables([cells(cell(1, 5), cell(1, 7))] * 1000)
    found = usage(many, BILLS)
    assert [(one.meter, one.amount) for one in found] == [("storage", 12_000)]
    assert BOOK.tiers(US, "storage", "STANDARD")
