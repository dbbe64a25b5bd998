"""The audit log's rows: added under a lock, read in order. What they mean is `storage.audit`'s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Select, insert, select, update

from storage.db.engine import AUDIT_LOCK, Database
from storage.db.schema import audit_events as events
from storage.db.schema import audit_head as heads
from storage.model.audit import Head

_AT_ONCE = 1_000  # rows fetched ahead while streaming; some 1 KB each

Row = Mapping[str, Any]


class Appending:
    """The log while no one else adds to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> Head | None:
        """The head, None for an empty log."""
        return _head(self._connection)

    def holds(self, same: Row, since: str) -> bool:
        """Whether a row from `since` on has these columns."""
        return _holds(self._connection, same, since)

    def add(self, rows: Sequence[Row], head: Head) -> None:
        """Adds rows and puts the head behind them."""
        self._connection.execute(insert(events), [dict(row) for row in rows])
        values = {"seq": head.seq, "mac": head.mac, "seal": head.seal}
        if not self._connection.execute(update(heads).values(values)).rowcount:
            self._connection.execute(insert(heads).values(id=1, **values))


class Events:
    """The rows in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        """The log for adding to; what was added is kept at the end, or by an exception undone."""
        with self._database.writing(AUDIT_LOCK) as connection:
            yield Appending(connection)

    def is_empty(self) -> bool:
        """Whether nothing was ever added."""
        with self._database.reading() as connection:
            return (
                _head(connection) is None
                and not connection.execute(select(events.c.seq).limit(1)).first()
            )

    def holds(self, same: Row, since: str) -> bool:
        """Whether a row from `since` on has these columns."""
        with self._database.reading() as connection:
            return _holds(connection, same, since)

    @contextmanager
    def snapshot(self) -> Iterator[tuple[Head | None, Iterator[Row]]]:
        """Head and all rows in order, as they are at one moment, however long the reading takes."""
        with self._database.reading() as connection:
            yield _head(connection), _stream(connection, select(events).order_by(events.c.seq))

    def stream(self, same: Row, since: str, until: str) -> Iterator[Row]:
        """The rows with these columns, oldest first; "" for no limit of time."""
        with self._database.reading() as connection:
            found = select(events).where(*_conditions(same, since, until)).order_by(events.c.seq)
            yield from _stream(connection, found)

    def newest(
        self, same: Row, since: str, until: str, *, before: int | None, limit: int
    ) -> list[Row]:
        """Up to `limit` rows with these columns and a number below `before`, newest first."""
        wanted = _conditions(same, since, until)
        if before is not None:
            wanted.append(events.c.seq < before)
        found = select(events).where(*wanted).order_by(events.c.seq.desc()).limit(limit)
        with self._database.reading() as connection:
            return list(_rows(connection.execute(found)))


def _head(connection: Connection) -> Head | None:
    row = connection.execute(select(heads.c.seq, heads.c.mac, heads.c.seal)).first()
    if row is None or isinstance(row.seq, int):
        return Head(row.seq, str(row.mac), str(row.seal)) if row else None
    return Head(0, "", "")  # SQLite holds a text there when someone wrote one; no seal fits this


def _holds(connection: Connection, same: Row, since: str) -> bool:
    found = select(events.c.seq).where(*_conditions(same, since, "")).limit(1)
    return connection.execute(found).first() is not None


def _conditions(same: Row, since: str, until: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [events.c[name] == value for name, value in same.items()]
    if since:
        wanted.append(events.c.at >= since)
    if until:
        wanted.append(events.c.at < until)
    return wanted


def _stream(connection: Connection, rows: Select[Any]) -> Iterator[Row]:
    yield from _rows(connection.execution_options(yield_per=_AT_ONCE).execute(rows))


def _rows(found: CursorResult[Any]) -> Iterator[Row]:
    return (row._asdict() for row in found)
