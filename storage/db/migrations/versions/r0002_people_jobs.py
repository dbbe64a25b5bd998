"""People and their tokens, long jobs, and the console's switches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the four tables."""
    _table("people", "id", "name email roles first_seen last_seen signed_out_before revoked_before")
    _table(
        "tokens",
        "id",
        "name hash owner_id owner_name roles permissions layouts "
        "created_at expires_at revoked_at last_used_at",
    )
    _table(
        "jobs",
        "id",
        "kind title actor_id actor_name actor layout role params state unit text checkpoint "
        "result error created_at started_at beat_at finished_at runner",
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("cancel", sa.Boolean, nullable=False),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])
    op.create_index("ix_jobs_actor_id_created_at", "jobs", ["actor_id", "created_at"])
    op.create_index("ix_jobs_state", "jobs", ["state"])
    _table("switches", "name", "value at by_id by_name")


def _table(name: str, key: str, texts: str, *others: sa.Column[int] | sa.Column[bool]) -> None:
    op.create_table(
        name,
        sa.Column(key, sa.Text, nullable=False),
        *(sa.Column(text, sa.Text, nullable=False) for text in texts.split()),
        *others,
        sa.PrimaryKeyConstraint(key, name=f"pk_{name}"),
    )
