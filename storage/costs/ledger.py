"""What people set about money, in the database: prices, assumptions, bills, budgets."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from storage.costs.assumed import parse_entered
from storage.costs.bill import Bill, BillRow, read_bills
from storage.costs.bill_traffic import traffic_of
from storage.costs.booktext import PriceChange, as_toml, differences, merged
from storage.costs.budget import DEFAULT_THRESHOLDS, check_budget
from storage.costs.pricebook import PriceBook, parse_book, read_book, shipped
from storage.costs.pricelist import read_price_list
from storage.db.costs import CostRows, KeptText
from storage.errors import InvalidInput, NotFound
from storage.gate import Gate
from storage.layout.profile import Layout
from storage.model.money import Budget
from storage.model.people import Actor, Can

_NOTE_MAX = 200


@dataclass(frozen=True, slots=True)
class BookUpdate:
    """A newer list beside the book in use; nothing is kept before `take_book`."""

    book: PriceBook
    changes: tuple[PriceChange, ...]
    notes: tuple[str, ...]
    others: int  # prices of the list that estimates do not need

    def as_json(self) -> dict[str, Any]:
        """The form of `costs prices update --json`."""
        return {
            "price_book": self.book.name.as_json(),
            "changes": [one.as_json() for one in self.changes],
            "notes": list(self.notes),
            "others": self.others,
        }


class Ledger:
    """All of it. Reading needs `cost:read`, changing `cost:manage` and is in the audit log."""

    def __init__(
        self,
        gate: Gate,
        layouts: Mapping[str, Layout],
        rows: CostRows,
        clock: Callable[[], datetime],
        *,
        own_book: str = "",
    ) -> None:
        self._gate = gate
        self._layouts = layouts
        self._rows = rows
        self._clock = clock
        self._own = own_book
        self._books: dict[str, PriceBook] = {}
        self._lock = threading.Lock()

    # -- prices -----------------------------------------------------------------------------------

    def book(self) -> PriceBook:
        """The book in use: one's own, else the newest that was taken in, else the shipped one.

        Raises ConfigError for one's own where it cannot be read.
        """
        if self._own:
            return read_book(Path(self._own).expanduser())
        kept = self._rows.books()
        key, text = (kept[0].key, kept[0].text) if kept else ("", "")
        with self._lock:
            if key not in self._books:
                self._books = {key: parse_book(text, "kept prices") if kept else shipped()}
            return self._books[key]

    def earlier_books(self, actor: Actor) -> tuple[KeptText, ...]:
        """What was taken in, the newest first."""
        self._gate.enter_console(actor, Can.COST_READ)
        return tuple(self._rows.books())

    def plan_book(self, actor: Actor, documents: Iterable[str], source: str) -> BookUpdate:
        """What a newer list would change. Raises InvalidInput for what is no price list."""
        self._gate.enter_console(actor, Can.COST_MANAGE)
        if self._own:
            raise InvalidInput(
                "The prices come from a book of your own (PRICE_BOOK), not from AWS's list.",
                "Change that file, or take PRICE_BOOK out of the environment.",
            )
        new, now = read_price_list(documents, source), self.book()
        book = merged(now, new)
        return BookUpdate(
            book, tuple(differences(now, book)), tuple(dict.fromkeys(new.conflicts)), new.others
        )

    def take_book(self, actor: Actor, update: BookUpdate, note: str = "") -> None:
        """Makes it the book in use; the earlier ones are kept."""
        passage = self._gate.enter_console(actor, Can.COST_MANAGE)
        with passage.changing("take-prices", note=note, changes=len(update.changes)):
            self._rows.add_book(as_toml(update.book), note[:_NOTE_MAX], _by(actor), self._clock())

    # -- assumptions ------------------------------------------------------------------------------

    def assumed(self, layout: str) -> Mapping[str, str]:
        """What was entered for a project, by name."""
        return self._rows.assumptions(layout)

    def assume(self, actor: Actor, layout: str, values: Mapping[str, str]) -> None:
        """Keeps what is entered; "" takes one away. Raises InvalidInput for what makes no sense."""
        passage = self._gate.enter_console(actor, Can.COST_MANAGE)
        roles = [one.role for one in known(self._layouts, layout).buckets]
        parse_entered(values, roles, roles[0])
        with passage.changing("assume", layout=layout, names=", ".join(sorted(values))):
            for name, value in values.items():
                self._rows.put_assumption(layout, name, value.strip(), _by(actor), self._clock())

    # -- bills ------------------------------------------------------------------------------------

    def take_bills(self, actor: Actor, layout: str, data: bytes, name: str) -> tuple[Bill, ...]:
        """Keeps the months of a report. Raises InvalidInput for what is no bill."""
        passage = self._gate.enter_console(actor, Can.COST_MANAGE)
        known(self._layouts, layout)
        found = read_bills(data, name)
        months = ", ".join(bill.period for bill in found)
        with passage.changing("take-bill", layout=layout, months=months):
            for bill in found:
                text = _bill_text(bill)
                self._rows.put_bill(layout, bill.period, text, _by(actor), self._clock())
        return found

    def bill_traffic(self, actor: Actor, layout: str, period: str) -> Mapping[str, str]:
        """The month's requests and data out as its bill has them, to be assumed (`assume`). Raises
        NotFound without a bill.
        """
        self._gate.enter_console(actor, Can.COST_READ)
        bill = self.bill(layout, period)
        if bill is None:
            raise NotFound(f"There is no bill of {period}.", "Take it in first.")
        return traffic_of(bill, known(self._layouts, layout).buckets, self.book())

    def bill(self, layout: str, period: str) -> Bill | None:
        """The bill of a month, None where none was taken in."""
        for kept in self._rows.bills(layout):
            if kept.key == period:
                return _bill(kept.text)
        return None

    # -- budgets ----------------------------------------------------------------------------------

    def budgets(self, actor: Actor, layout: str = "") -> list[Budget]:
        """Those of a project, else all."""
        self._gate.enter_console(actor, Can.COST_READ)
        return self._rows.budgets(layout)

    def put_budget(
        self,
        actor: Actor,
        layout: str,
        role: str,
        amount: Decimal,
        thresholds: Sequence[int] = DEFAULT_THRESHOLDS,
    ) -> Budget:
        """Sets what a project (`role` "") or one bucket may cost a month, in the book's money."""
        passage = self._gate.enter_console(actor, Can.COST_MANAGE)
        found = known(self._layouts, layout)
        if role:
            found.bucket(role)
        check_budget(amount, thresholds)
        there = [one for one in self._rows.budgets(layout) if one.role == role]
        budget = Budget(
            there[0].id if there else uuid.uuid4().hex[:12],
            layout,
            role,
            amount,
            self.book().name.currency,
            tuple(sorted(set(thresholds))),
            actor.id,
            actor.name,
            self._clock(),
        )
        with passage.changing("set-budget", layout=layout, role=role, amount=str(amount)):
            self._rows.put_budget(budget)
        return budget

    def remove_budget(self, actor: Actor, budget_id: str) -> None:
        """Raises NotFound where there is none of that id."""
        passage = self._gate.enter_console(actor, Can.COST_MANAGE)
        with passage.changing("remove-budget", id=budget_id):
            if not self._rows.remove_budget(budget_id):
                raise NotFound("There is no such budget.", "Reload the page.")


def known(layouts: Mapping[str, Layout], name: str) -> Layout:
    """The layout of that name. Raises InvalidInput."""
    found = layouts.get(name)
    if found is None:
        raise InvalidInput(f"There is no project {name!r}.", f"Choose one of {', '.join(layouts)}.")
    return found


def _by(actor: Actor) -> dict[str, str]:
    return {"by_id": actor.id, "by_name": actor.name}


def _bill_text(bill: Bill) -> str:
    return json.dumps(asdict(bill), default=str)


def _bill(text: str) -> Bill:
    facts = json.loads(text)
    rows = tuple(
        BillRow(
            row["usage_type"],
            row["bucket"],
            None if row["quantity"] is None else Decimal(row["quantity"]),
            Decimal(row["amount"]),
        )
        for row in facts.pop("rows")
    )
    made = Bill(**facts, rows=rows)
    return replace(made, tax=Decimal(made.tax), other=Decimal(made.other))
