"""Verdicts on bytes, leases, where people stopped, saved selections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_VERDICT = "nonce layout role bucket key version_id etag sha256 decision reasons note marks"
_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names.split()]


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "verdicts",
        sa.Column("id", _SEQ, autoincrement=False),
        *_texts(f"{_VERDICT} at kept_at by_id by_name origin"),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("undoes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
        sa.UniqueConstraint("by_id", "nonce", name="uq_verdicts_by_id_nonce"),
    )
    op.create_index("ix_verdicts_layout_id", "verdicts", ["layout", "id"])
    op.create_index("ix_verdicts_layout_etag", "verdicts", ["layout", "etag"])
    op.create_index("ix_verdicts_layout_sha256", "verdicts", ["layout", "sha256"])
    op.create_index("ix_verdicts_layout_role_key", "verdicts", ["layout", "role", "key"])
    op.create_index("ix_verdicts_by_id_at", "verdicts", ["by_id", "at"])
    op.create_table(
        "review_leases",
        *_texts("layout etag role key by_id by_name until"),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("layout", "etag", "size", name="pk_review_leases"),
    )
    op.create_table(
        "review_positions",
        *_texts("layout by_id role scope_kind scope_name sequence key at"),
        sa.PrimaryKeyConstraint("layout", "by_id", name="pk_review_positions"),
    )
    op.create_table(
        "review_selections",
        *_texts("id layout role name keys by_id by_name at"),
        sa.PrimaryKeyConstraint("id", name="pk_review_selections"),
    )
