"""Inventories of buckets, and what each added up to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes both tables."""
    op.create_table(
        "inventories",
        *_texts("id layout role bucket prefix source at findings"),
        sa.Column("versions", sa.Boolean, nullable=False),
        sa.Column("uploads", sa.Boolean, nullable=False),
        *_numbers("rows bytes requests milliseconds"),
        sa.PrimaryKeyConstraint("id", name="pk_inventories"),
    )
    op.create_index("ix_inventories_layout_role_at", "inventories", ["layout", "role", "at"])
    keys = "inventory prefix kind storage_class state"
    op.create_table(
        "inventory_totals",
        *_texts(keys),
        *_numbers("objects bytes"),
        sa.PrimaryKeyConstraint(*keys.split(), name="pk_inventory_totals"),
    )


def _texts(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names.split()]


def _numbers(names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names.split()]
