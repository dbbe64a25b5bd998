"""The tables. A change here needs a revision in `migrations/versions`; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0008"
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


def _texts(names: str) -> list[Column[str]]:
    """Columns of text. Times are as in the audit log, "" for none; lists and objects are JSON."""
    return [Column(name, Text, nullable=False) for name in names.split()]


people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),  # issuer and subject
    *_texts("name email roles first_seen last_seen signed_out_before revoked_before"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("name hash owner_id owner_name roles permissions layouts"),
    *_texts("created_at expires_at revoked_at last_used_at"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("kind title actor_id actor_name actor layout role params state unit text checkpoint"),
    *_texts("result error created_at started_at beat_at finished_at runner"),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("cancel", Boolean, nullable=False),  # asked for, by whichever console
    Index(None, "created_at"),
    Index(None, "actor_id", "created_at"),
    Index(None, "state"),
)

switches = Table(
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    *_texts("value at by_id by_name"),
)

live_requests = Table(
    "live_requests",
    metadata,
    Column("layout", Text, primary_key=True),
    Column("course", Text, primary_key=True),
    *_texts("id etag note at by_id by_name"),
)

inventories = Table(
    "inventories",
    metadata,
    Column("id", Text, primary_key=True),  # begins with the time: sorts as it was made
    *_texts("layout role bucket prefix source at findings"),
    Column("versions", Boolean, nullable=False),
    Column("uploads", Boolean, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Index(None, "layout", "role", "at"),
)

inventory_totals = Table(
    "inventory_totals",
    metadata,
    *(
        Column(name, Text, primary_key=True)
        for name in ("inventory", "prefix", "kind", "storage_class", "state")
    ),
    Column("objects", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("layout role amount currency thresholds at by_id by_name"),
)

budgets_told = Table(
    "budgets_told",
    metadata,
    Column("key", Text, primary_key=True),  # budget, month, measure and threshold
    *_texts("at"),
)

price_books = Table(
    "price_books",
    metadata,
    Column("at", Text, primary_key=True),
    *_texts("text note by_id by_name"),
)

bills = Table(
    "bills",
    metadata,
    Column("layout", Text, primary_key=True),
    Column("period", Text, primary_key=True),  # 2026-10
    *_texts("bill at by_id by_name"),
)

cost_assumptions = Table(
    "cost_assumptions",
    metadata,
    Column("layout", Text, primary_key=True),
    Column("name", Text, primary_key=True),  # prod.gets, or of the account
    *_texts("value at by_id by_name"),
)

manifests = Table(
    "manifests",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("about", Text, nullable=False),  # a JSON object
    Column("clips", LargeBinary, nullable=False),  # Arrow, compressed
    Column("rows", BigInteger, nullable=False),
)

course_manifests = Table(
    "course_manifests",
    metadata,
    Column("layout", Text, primary_key=True),
    Column("course", Text, primary_key=True),
    Column("source", Text, primary_key=True),  # store, file
    *_texts("digest etag at by_id by_name"),
)

measurements = Table(
    "measurements",
    metadata,
    Column("etag", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    *_texts("sha256 state at container codec bitrate_mode digest damage"),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("sample_rate_hz", "channels", "bitrate_bps", "clipped_runs", "analysis")
    ),
    *(
        Column(name, Double, nullable=False)
        for name in (
            *("duration_s", "lead_silence_s", "trail_silence_s", "inner_silence_s"),
            "dc_offset",
        )
    ),
    Column("loudness_lufs", Double),
    Column("true_peak_dbtp", Double),
    Column("loudness_estimated", Boolean, nullable=False),
    Index(None, "sha256"),
    Index(None, "digest"),
)

waveforms = Table(
    "waveforms",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("peaks", LargeBinary, nullable=False),  # pairs of int8
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", _SEQ, primary_key=True, autoincrement=False),  # 1, 2, 3 …: the order they came in
    *_texts("nonce layout role bucket key version_id etag sha256 decision reasons note marks"),
    *_texts("at kept_at by_id by_name origin"),
    Column("size", BigInteger, nullable=False),
    Column(
        "undoes", BigInteger, nullable=False
    ),  # the verdict that this row takes back, 0 for none
    UniqueConstraint("by_id", "nonce", name="uq_verdicts_by_id_nonce"),
    Index(None, "layout", "id"),
    Index(None, "layout", "etag"),
    Index(None, "layout", "sha256"),
    Index(None, "layout", "role", "key"),
    Index(None, "by_id", "at"),
)

review_leases = Table(
    "review_leases",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("layout", "etag")),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    *_texts("role key by_id by_name until"),
)

review_positions = Table(
    "review_positions",
    metadata,
    Column("layout", Text, primary_key=True),
    Column("by_id", Text, primary_key=True),
    *_texts("role scope_kind scope_name sequence key at"),
)

review_selections = Table(
    "review_selections",
    metadata,
    Column("id", Text, primary_key=True),
    *_texts("layout role name keys by_id by_name at"),
)

releases = Table(
    "releases",
    metadata,
    Column("id", Text, primary_key=True),  # begins with the time
    *_texts("layout kind of state wanted hash job plan planned approval run verified"),
    *_texts("published why finished_at"),
    Index(None, "layout", "id"),
)

release_plans = Table(
    "release_plans",
    metadata,
    Column("release", Text, primary_key=True),
    Column("rows", LargeBinary, nullable=False),  # an Arrow stream
)

release_steps = Table(
    "release_steps",
    metadata,
    Column("release", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),  # of the plan's row, from 0
    *_texts("key phase before_etag before_version backup after_etag after_version error at"),
    Index(None, "key", "release"),
)
