"""What a person is told whose change came second: what lies there now, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from storage.changes.reading import head, version_of
from storage.errors import Conflict
from storage.gate import Passage
from storage.model.audit import AuditFilter
from storage.model.objects import ObjectHead
from storage.units import human_bytes

_ROWS_SEARCHED = 20


@contextmanager
def telling(where: Passage, key: str, before: str = "") -> Iterator[None]:
    """Raises a Conflict about `key` from inside again, with what is there now and who stored it.

    One about something else, or while the object still is the version `before`, passes as it is.
    """
    try:
        yield
    except Conflict as error:
        if (error.bucket, error.key) != (where.bucket.bucket, key):
            raise
        now = head(where, key)
        if version_of(now) == before:
            raise
        raise changed(where, now, key) from error


def changed(where: Passage, now: ObjectHead | None, key: str) -> Conflict:
    """That the object is `now` another one than was planned, None for gone."""
    bucket = where.bucket.bucket
    if now is None:
        return Conflict(
            "The object is no longer there, so nothing was changed.",
            "Reload the list. Where the bucket keeps versions it can be restored.",
            bucket=bucket,
            key=key,
        )
    who = _who_stored(where, now)
    when = f"{now.modified:%Y-%m-%d %H:%M:%S} UTC"
    return Conflict(
        f"Another one is there now ({human_bytes(now.size)}, {when}{who}), so nothing was changed.",
        "Look at it first; then do it again if it still should be done.",
        bucket=bucket,
        key=key,
    )


def _who_stored(where: Passage, now: ObjectHead) -> str:
    """By the audit log; "" where it was stored past the console."""
    wanted = AuditFilter(bucket=now.bucket, key=now.key, result="done")
    rows = where.audit.search(wanted, limit=_ROWS_SEARCHED).rows
    version = version_of(now)
    names = (row.event.actor_name for row in rows if row.event.version_after == version)
    name = next(names, "")
    return f", by {name}" if name else ""
