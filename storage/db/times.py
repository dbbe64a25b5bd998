"""Times as the database keeps them: `2026-11-21T07:36:00.123456Z`, which sorts; "" for none."""

from __future__ import annotations

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


def as_text(when: datetime | None) -> str:
    """The text of a time; "" for None."""
    return when.astimezone(UTC).strftime(_FORM) if when else ""


def as_time(text: str) -> datetime | None:
    """The time of a text, None for ""."""
    return some_time(text) if text else None


def some_time(text: str) -> datetime:
    """The time of a text that is always there."""
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
