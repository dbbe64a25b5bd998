"""The tables. A change here needs a revision in `migrations/versions`; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

REVISION = "0001"
"""The newest revision, so that a start need not load Alembic to see that nothing is to be done."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# INTEGER, not BIGINT, is what SQLite makes its row number: such a column holds no other type
_SEQ = BigInteger().with_variant(Integer(), "sqlite")

audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", _SEQ, primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    Column("at", String(27), nullable=False),  # 2026-11-21T07:36:00.123456Z: sorts as it is
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("roles", Text, nullable=False),  # sorted, with commas
    Column("via", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("layout", Text, nullable=False),
    Column("role", Text, nullable=False),  # of the bucket in its layout
    Column("bucket", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version_before", Text, nullable=False),
    Column("version_after", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("detail", Text, nullable=False),  # a JSON object
    Column("prev", String(64), nullable=False),  # mac of the row before
    Column("mac", String(64), nullable=False),  # over all of this row and prev
    Index(None, "at"),
    Index(None, "actor_id", "seq"),
    Index(None, "bucket", "key", "seq"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("mac", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
