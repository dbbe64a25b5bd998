"""What money may and did cost: budgets, price books, bills, assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, and_, delete, insert, select

from storage.db.engine import COSTS_LOCK, Database
from storage.db.schema import bills, budgets, budgets_told, cost_assumptions, price_books
from storage.db.times import as_text, some_time
from storage.model.money import Budget


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text that somebody left here: a price book, a bill."""

    key: str
    text: str
    note: str
    by_name: str
    at: datetime


class CostRows:
    """All of it in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- budgets ----------------------------------------------------------------------------------

    def budgets(self, layout: str = "") -> list[Budget]:
        """Those of a project, else all of them, the oldest first."""
        wanted = select(budgets).order_by(budgets.c.at)
        if layout:
            wanted = wanted.where(budgets.c.layout == layout)
        with self._database.reading() as connection:
            return [_budget(row) for row in connection.execute(wanted).mappings()]

    def put_budget(self, budget: Budget) -> None:
        """Keeps it, in the place of an earlier one of its id."""
        row = {
            "id": budget.id,
            "layout": budget.layout,
            "role": budget.role,
            "amount": str(budget.amount),
            "currency": budget.currency,
            "thresholds": ",".join(map(str, budget.thresholds)),
            "at": as_text(budget.at),
            "by_id": budget.by_id,
            "by_name": budget.by_name,
        }
        self._replace(budgets, {"id": budget.id}, row)

    def remove_budget(self, budget_id: str) -> bool:
        """False where there is none of that id."""
        with self._database.writing(COSTS_LOCK) as connection:
            done = connection.execute(delete(budgets).where(budgets.c.id == budget_id))
            told = budgets_told.c.key.startswith(f"{budget_id}:", autoescape=True)
            connection.execute(delete(budgets_told).where(told))
        return done.rowcount > 0

    def tell(self, key: str, at: datetime) -> bool:
        """Notes that it is told; False where somebody else did already."""
        with self._database.writing(COSTS_LOCK) as connection:
            there = connection.execute(
                select(budgets_told).where(budgets_told.c.key == key)
            ).first()
            if there is None:
                connection.execute(insert(budgets_told).values(key=key, at=as_text(at)))
        return there is None

    def untell(self, key: str) -> None:
        """Takes it back: it could not be told."""
        with self._database.writing(COSTS_LOCK) as connection:
            connection.execute(delete(budgets_told).where(budgets_told.c.key == key))

    def told(self) -> set[str]:
        """The keys of all that was told."""
        with self._database.reading() as connection:
            return {row.key for row in connection.execute(select(budgets_told))}

    # -- price books and bills --------------------------------------------------------------------

    def books(self) -> list[KeptText]:
        """All price books that were taken in, the newest first."""
        wanted = select(price_books).order_by(price_books.c.at.desc())
        with self._database.reading() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [_kept(row, row["at"], row["text"], row["note"]) for row in rows]

    def add_book(self, text: str, note: str, by: Mapping[str, str], at: datetime) -> None:
        """Keeps one more; the earlier ones stay."""
        with self._database.writing(COSTS_LOCK) as connection:
            row = {"at": as_text(at), "text": text, "note": note, **by}
            connection.execute(insert(price_books).values(row))

    def bills(self, layout: str) -> list[KeptText]:
        """The bills of a project by month, the newest month first."""
        wanted = select(bills).where(bills.c.layout == layout).order_by(bills.c.period.desc())
        with self._database.reading() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [_kept(row, row["period"], row["bill"], "") for row in rows]

    def put_bill(
        self, layout: str, period: str, text: str, by: Mapping[str, str], at: datetime
    ) -> None:
        """Keeps it, in the place of an earlier one of that month."""
        key = {"layout": layout, "period": period}
        self._replace(bills, key, {**key, "bill": text, "at": as_text(at), **by})

    # -- assumptions ------------------------------------------------------------------------------

    def assumptions(self, layout: str) -> dict[str, str]:
        """What was entered, by name."""
        wanted = select(cost_assumptions).where(cost_assumptions.c.layout == layout)
        with self._database.reading() as connection:
            return {row.name: row.value for row in connection.execute(wanted)}

    def put_assumption(
        self, layout: str, name: str, value: str, by: Mapping[str, str], at: datetime
    ) -> None:
        """Keeps it; "" takes it away, so that what is measured or usual counts again."""
        key = {"layout": layout, "name": name}
        row = {**key, "value": value, "at": as_text(at), **by} if value else None
        self._replace(cost_assumptions, key, row)

    def _replace(self, table: Table, key: Mapping[str, str], row: Mapping[str, str] | None) -> None:
        there = and_(*(table.c[name] == value for name, value in key.items()))
        with self._database.writing(COSTS_LOCK) as connection:
            connection.execute(delete(table).where(there))
            if row is not None:
                connection.execute(insert(table).values(**row))


def _budget(row: Mapping[Any, Any]) -> Budget:
    return Budget(
        row["id"],
        row["layout"],
        row["role"],
        Decimal(row["amount"]),
        row["currency"],
        tuple(map(int, row["thresholds"].split(","))),
        row["by_id"],
        row["by_name"],
        some_time(row["at"]),
    )


def _kept(row: Mapping[Any, Any], key: str, text: str, note: str) -> KeptText:
    return KeptText(key, text, note, row["by_name"], some_time(row["at"]))
