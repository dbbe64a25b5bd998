"""Money's services, wired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from storage.audit.log import Audit
from storage.costs.courses import Courses
from storage.costs.gathering import Gatherer
from storage.costs.ledger import Ledger
from storage.costs.service import Costs
from storage.costs.telling import Webhook
from storage.costs.watching import Watching
from storage.db.costs import CostRows
from storage.db.engine import Database
from storage.db.inventories import InventoryRows
from storage.gate import Gate
from storage.inventory.service import Inventories
from storage.layout.profile import Layout
from storage.settings import Settings


@dataclass(frozen=True, slots=True)
class Money:
    """What costs, what people set about it, and the budgets against it."""

    costs: Costs
    ledger: Ledger
    budgets: Watching


def open_money(
    gate: Gate,
    layouts: Mapping[str, Layout],
    inventories: Inventories,
    *,
    audit: Audit,
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime],
    courses: Courses | None = None,
) -> Money:
    """`courses`: what clips belong to, where that is known.

    Raises ConfigError for a webhook that cannot be one.
    """
    webhook = Webhook(settings.cost_webhook) if settings.cost_webhook else None
    rows = CostRows(database)
    ledger = Ledger(gate, layouts, rows, clock, own_book=settings.price_book)
    costs = Costs(gate, layouts, Gatherer(inventories, audit, clock), ledger, courses)
    newest = InventoryRows(database).newest_id
    return Money(costs, ledger, Watching(gate, costs, rows, clock, webhook=webhook, newest=newest))
