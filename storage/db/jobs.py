"""Jobs as rows: added, read, and changed only where they are still as the caller believes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from storage.db.engine import JOBS_LOCK, Database
from storage.db.schema import jobs

Row = Mapping[str, Any]


class JobRows:
    """The rows in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: Row) -> None:
        """Adds a row; every column is given."""
        with self._database.writing(JOBS_LOCK) as connection:
            connection.execute(insert(jobs).values(**row))

    def get(self, job_id: str) -> Row | None:
        """The row, None where there is none."""
        with self._database.reading() as connection:
            found = connection.execute(select(jobs).where(jobs.c.id == job_id)).first()
        return found._asdict() if found else None

    def newest(self, same: Row, token: str, *, before: str, limit: int) -> list[Row]:
        """Up to `limit` rows with these columns, begun by that token ("": whatever) and with an id
        below `before` ("": all), newest first: ids begin with the time.
        """
        wanted = [jobs.c[name] == value for name, value in same.items()]
        if token:
            wanted.append(jobs.c.actor.contains(f'"token": {json.dumps(token)}', autoescape=True))
        if before:
            wanted.append(jobs.c.id < before)
        found = select(jobs).where(*wanted).order_by(jobs.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [row._asdict() for row in connection.execute(found)]

    def silent(self, since: str) -> list[Row]:
        """The rows that somebody has to look after and that gave no sign since that time."""
        left = select(jobs).where(jobs.c.beat_at != "", jobs.c.beat_at < since)
        with self._database.reading() as connection:
            return [row._asdict() for row in connection.execute(left.order_by(jobs.c.id))]

    def change(self, job_id: str, values: Row, **expected: Any) -> Row | None:
        """Changes the row if these columns are as expected, and returns it as it is then; None,
        and nothing is changed, when it is another by now.
        """
        with self._database.writing(JOBS_LOCK) as connection:
            return _change(connection, job_id, values, expected)

    def beat(self, runs: Mapping[tuple[str, str], Row]) -> dict[tuple[str, str], bool | None]:
        """Changes many rows at once, by id and runner; returns for each whether it is to be
        cancelled, None where it has another runner.
        """
        told: dict[tuple[str, str], bool | None] = {}
        with self._database.writing(JOBS_LOCK) as connection:
            for (job_id, runner), values in runs.items():
                row = _change(connection, job_id, values, {"runner": runner})
                told[job_id, runner] = bool(row["cancel"]) if row else None
        return told


def _change(connection: Connection, job_id: str, values: Row, expected: Row) -> Row | None:
    same = [jobs.c[name] == value for name, value in expected.items()]
    changed = update(jobs).where(jobs.c.id == job_id, *same).values(**values).returning(jobs)
    row = connection.execute(changed).first()
    return row._asdict() if row else None
