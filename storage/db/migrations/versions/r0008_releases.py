"""Releases: what was planned, approved and run, and the journal of their steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _texts(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names.split()]


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "releases",
        *_texts("id layout kind of state wanted hash job plan planned approval run verified"),
        *_texts("published why finished_at"),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_index("ix_releases_layout_id", "releases", ["layout", "id"])
    op.create_table(
        "release_plans",
        *_texts("release"),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("release", name="pk_release_plans"),
    )
    op.create_table(
        "release_steps",
        *_texts("release"),
        sa.Column("seq", sa.Integer, nullable=False),
        *_texts("key phase before_etag before_version backup after_etag after_version error at"),
        sa.PrimaryKeyConstraint("release", "seq", name="pk_release_steps"),
    )
    op.create_index("ix_release_steps_key_release", "release_steps", ["key", "release"])
