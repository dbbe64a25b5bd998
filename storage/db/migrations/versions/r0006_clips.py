"""Course manifests by digest, and what was measured of clips by content."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes the four tables."""
    op.create_table(
        "manifests",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("clips", sa.LargeBinary, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_manifests"),
    )
    op.create_table(
        "course_manifests",
        *_texts("layout course source digest etag at by_id by_name"),
        sa.PrimaryKeyConstraint("layout", "course", "source", name="pk_course_manifests"),
    )
    op.create_table(
        "measurements",
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        *_texts("sha256 state at container codec bitrate_mode digest damage"),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("sample_rate_hz", "channels", "bitrate_bps", "clipped_runs", "analysis")
        ),
        *(
            sa.Column(name, sa.Double, nullable=False)
            for name in (
                *("duration_s", "lead_silence_s", "trail_silence_s", "inner_silence_s"),
                "dc_offset",
            )
        ),
        sa.Column("loudness_lufs", sa.Double),
        sa.Column("true_peak_dbtp", sa.Double),
        sa.Column("loudness_estimated", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("etag", "size", name="pk_measurements"),
    )
    op.create_index("ix_measurements_sha256", "measurements", ["sha256"])
    op.create_index("ix_measurements_digest", "measurements", ["digest"])
    op.create_table(
        "waveforms",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_waveforms"),
    )


def _texts(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names.split()]
