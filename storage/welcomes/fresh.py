"""What a new welcome and a new recording are given: an id, and a date."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime


def new_id() -> str:
    """A UUID as keys have it, in upper case."""
    return str(uuid.uuid4()).upper()


def as_date(time: datetime) -> str:
    """As the registry writes it: `2025-09-02T08:30:00Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
