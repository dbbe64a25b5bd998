"""Who listens to which bytes just now, so that no two people get the same clip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, insert, select

from storage.db.engine import LEASES_LOCK, Database
from storage.db.schema import review_leases
from storage.db.times import as_text
from storage.db.verdicts import Writer
from storage.model.content import Content

Candidate = tuple[str, Content]  # a key and what lies under it
Choose = Callable[[frozenset[tuple[str, int]]], Sequence[Candidate]]


class Leases:
    """The leases in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self, by: Writer, choose: Choose, now: datetime, until: datetime
    ) -> Sequence[Candidate]:
        """What `choose` picks once it is told the bytes (ETag, size) that others hold now; this
        person holds it `until` then. Nobody else picks meanwhile: `choose` must be quick.
        """
        c = review_leases.c
        with self._database.writing(LEASES_LOCK) as connection:
            over = and_(c.layout == by.layout, c.until <= as_text(now))
            connection.execute(delete(review_leases).where(over))
            others = select(c.etag, c.size).where(c.layout == by.layout, c.by_id != by.by_id)
            held = frozenset((row.etag, row.size) for row in connection.execute(others))
            chosen = choose(held)
            rows = {
                (content.etag, content.size): {
                    "layout": by.layout,
                    "etag": content.etag,
                    "size": content.size,
                    "role": by.role,
                    "key": key,
                    "by_id": by.by_id,
                    "by_name": by.by_name,
                    "until": as_text(until),
                }
                for key, content in chosen
                if (content.etag, content.size) not in held
            }
            for etag, size in rows:
                mine = and_(c.layout == by.layout, c.etag == etag, c.size == size)
                connection.execute(delete(review_leases).where(mine))
            if rows:
                connection.execute(insert(review_leases), list(rows.values()))
        return chosen

    def mine(self, layout: str, by_id: str, now: datetime) -> frozenset[tuple[str, int]]:
        """The bytes (ETag, size) that this person holds now."""
        c = review_leases.c
        wanted = select(c.etag, c.size).where(
            c.layout == layout, c.by_id == by_id, c.until > as_text(now)
        )
        with self._database.reading() as connection:
            return frozenset((row.etag, row.size) for row in connection.execute(wanted))

    def release(self, layout: str, by_id: str, contents: Iterable[Content]) -> None:
        """Lets go of what this person holds of these."""
        c = review_leases.c
        with self._database.writing(LEASES_LOCK) as connection:
            for one in contents:
                mine = and_(
                    c.layout == layout,
                    c.by_id == by_id,
                    c.etag == one.etag,
                    c.size == one.size,
                )
                connection.execute(delete(review_leases).where(mine))
