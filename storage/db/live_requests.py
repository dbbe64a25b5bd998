"""Who asked for which welcome to go live: one open request a course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, and_, delete, insert, select

from storage.db.engine import LIVE_REQUESTS_LOCK, Database
from storage.db.schema import live_requests
from storage.model.welcomes import LiveRequest


class LiveRequests:
    """The requests in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, layout: str) -> Sequence[LiveRequest]:
        """All of a project, oldest first."""
        wanted = select(live_requests).where(live_requests.c.layout == layout)
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(live_requests.c.at))
            return [LiveRequest(**row) for row in found.mappings()]

    def put(self, request: LiveRequest) -> None:
        """Keeps it, in the place of an earlier one of the course."""
        with self._database.writing(LIVE_REQUESTS_LOCK) as connection:
            connection.execute(delete(live_requests).where(_of(request.layout, request.course)))
            connection.execute(insert(live_requests).values(asdict(request)))

    def remove(self, layout: str, course: str) -> bool:
        """Removes the course's request; False where there is none."""
        with self._database.writing(LIVE_REQUESTS_LOCK) as connection:
            done = connection.execute(delete(live_requests).where(_of(layout, course)))
        return done.rowcount > 0


def _of(layout: str, course: str) -> ColumnElement[bool]:
    return and_(live_requests.c.layout == layout, live_requests.c.course == course)
