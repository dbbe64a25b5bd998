"""The audit log's rows: added under a lock, read in order. What they mean is `storage.audit`'s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    func,
    insert,
    or_,
    select,
    update,
)

from storage.db.engine import AUDIT_LOCK, Database
from storage.db.schema import audit_events as events
from storage.db.schema import audit_head as heads
from storage.model.audit import Head

_AT_ONCE = 1_000  # rows fetched ahead while streaming; some 1 KB each
_SAID = ("actor_id", "actor_name", "address", "bucket", "key", "note", "request_id", "detail")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: with these columns, in this time ("" for no limit), with a key that begins with
    `prefix`, and with `text` in what they say.
    """

    same: Row = field(default_factory=dict)
    since: str = ""
    until: str = ""
    prefix: str = ""
    text: str = ""


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
        self._connection.execute(insert(events), rows)
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

    def stream(self, wanted: Wanted) -> Iterator[Row]:
        """The rows that are there now, oldest first.

        Read in steps, each a transaction of its own: who takes them slowly holds up nobody.
        """
        conditions = _conditions(wanted)
        with self._database.reading() as connection:
            end = connection.execute(select(func.max(events.c.seq))).scalar() or 0
        last = 0
        while True:
            step = events.c.seq > last, events.c.seq <= end
            found = select(events).where(*conditions, *step).order_by(events.c.seq)
            with self._database.reading() as connection:
                rows = list(_rows(connection.execute(found.limit(_AT_ONCE))))
            yield from rows
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1]["seq"]

    def newest(self, wanted: Wanted, *, before: int | None, limit: int) -> list[Row]:
        """Up to `limit` rows with a number below `before`, newest first."""
        conditions = _conditions(wanted)
        if before is not None:
            conditions.append(events.c.seq < before)
        found = select(events).where(*conditions).order_by(events.c.seq.desc()).limit(limit)
        with self._database.reading() as connection:
            return list(_rows(connection.execute(found)))

    def actors(self, limit: int) -> list[tuple[str, str]]:
        """(id, name) of those who did something, by id; the name is the newest one."""
        who, found = events.c.actor_id, list[tuple[str, str]]()
        with self._database.reading() as connection:
            last = connection.execute(select(func.min(who))).scalar()
            while last is not None and len(found) < limit:
                named = select(events.c.actor_name).where(who == last).order_by(events.c.seq.desc())
                found.append((last, connection.execute(named.limit(1)).scalar_one()))
                # from one to the next by the index: DISTINCT would read every row
                last = connection.execute(select(func.min(who)).where(who > last)).scalar()
        return found


def _head(connection: Connection) -> Head | None:
    row = connection.execute(select(heads.c.seq, heads.c.mac, heads.c.seal)).first()
    if row is None or isinstance(row.seq, int):
        return Head(row.seq, str(row.mac), str(row.seal)) if row else None
    return Head(0, "", "")  # SQLite holds a text there when someone wrote one; no seal fits this


def _holds(connection: Connection, same: Row, since: str) -> bool:
    found = select(events.c.seq).where(*_conditions(Wanted(same, since))).limit(1)
    return connection.execute(found).first() is not None


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        events.c[name] == value for name, value in wanted.same.items()
    ]
    if wanted.since:
        found.append(events.c.at >= wanted.since)
    if wanted.until:
        found.append(events.c.at < wanted.until)
    if wanted.prefix:
        # not LIKE, to which SQLite's letters have no case; not >=, which obeys a collation
        found.append(func.substr(events.c.key, 1, len(wanted.prefix)) == wanted.prefix)
    if wanted.text:
        found.append(
            or_(*(events.c[name].icontains(wanted.text, autoescape=True) for name in _SAID))
        )
    return found


def _stream(connection: Connection, rows: Select[Any]) -> Iterator[Row]:
    yield from _rows(connection.execution_options(yield_per=_AT_ONCE).execute(rows))


def _rows(found: CursorResult[Any]) -> Iterator[Row]:
    return (row._asdict() for row in found)
