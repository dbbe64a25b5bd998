"""Who asked for which welcome to go live."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "live_requests",
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("layout", "course", "id", "etag", "note", "at", "by_id", "by_name")
        ),
        sa.PrimaryKeyConstraint("layout", "course", name="pk_live_requests"),
    )
