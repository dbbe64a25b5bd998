"""What money may and did cost: budgets, price books, bills, and what estimates assume."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the five tables."""
    _table("budgets", "id", "layout role amount currency thresholds at by_id by_name")
    _table("budgets_told", "key", "at")
    _table("price_books", "at", "text note by_id by_name")
    _table("bills", "layout period", "bill at by_id by_name")
    _table("cost_assumptions", "layout name", "value at by_id by_name")


def _table(name: str, key: str, texts: str) -> None:
    op.create_table(
        name,
        *(sa.Column(text, sa.Text, nullable=False) for text in f"{key} {texts}".split()),
        sa.PrimaryKeyConstraint(*key.split(), name=f"pk_{name}"),
    )
