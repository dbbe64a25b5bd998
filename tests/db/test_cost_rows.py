"""Budgets, price books, bills and assumptions, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from storage.db.costs import CostRows
from storage.db.engine import Database
from storage.model.money import Budget

AT = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
BUDGET = Budget("b1", "ssi", "", Decimal("12.50"), "USD", (80, 100), "ann", "Ann", AT)
BY = {"by_id": "ann", "by_name": "Ann"}


def test_budgets(database: Database) -> None:
    """One an id: a later one takes the place of an earlier one; amounts come back as they were."""
    rows = CostRows(database)
    other = replace(BUDGET, id="b2", layout="yoto", at=AT - timedelta(days=1))
    for one in (BUDGET, other, replace(BUDGET, amount=Decimal("20.00"))):
        rows.put_budget(one)
    assert rows.budgets("ssi") == [replace(BUDGET, amount=Decimal("20.00"))]
    assert [one.id for one in rows.budgets()] == ["b2", "b1"]
    assert rows.remove_budget("b2")
    assert not rows.remove_budget("b2")


def test_a_threshold_is_told_once(database: Database) -> None:
    """The first to tell it may, the others not; unless it could not be told, or the budget is set
    anew after it was removed."""
    rows = CostRows(database)
    rows.put_budget(BUDGET)
    assert rows.tell("b1:2026-11:actual:80", AT)
    assert not rows.tell("b1:2026-11:actual:80", AT)
    rows.untell("b1:2026-11:actual:80")
    assert rows.tell("b1:2026-11:actual:80", AT)
    assert rows.tell("b11:2026-11:actual:80", AT)
    rows.remove_budget("b1")
    assert rows.told() == {"b11:2026-11:actual:80"}


def test_price_books_are_all_kept(database: Database) -> None:
    """The newest first; none takes another's place."""
    rows = CostRows(database)
    for days in (0, 2, 1):
        rows.add_book(f"book {days}", "why", BY, AT + timedelta(days=days))
    assert [one.text for one in rows.books()] == ["book 2", "book 1", "book 0"]
    assert rows.books()[0].by_name == "Ann"


def test_bills_and_assumptions(database: Database) -> None:
    """A month has one bill, the newest first; an assumption of "" is none."""
    rows = CostRows(database)
    for period, text in (("2026-09", "a"), ("2026-10", "b"), ("2026-09", "c")):
        rows.put_bill("ssi", period, text, BY, AT)
    assert [(one.key, one.text) for one in rows.bills("ssi")] == [
        ("2026-10", "b"),
        ("2026-09", "c"),
    ]
    assert rows.bills("yoto") == []
    rows.put_assumption("ssi", "prod.gets", "5", BY, AT)
    rows.put_assumption("ssi", "prod.gets", "7", BY, AT)
    assert rows.assumptions("ssi") == {"prod.gets": "7"}
    rows.put_assumption("ssi", "prod.gets", "", BY, AT)
    assert rows.assumptions("ssi") == {}
