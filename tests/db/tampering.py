"""An audit log with all that someone could do to it who has the database, but not the key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from storage.audit.log import Audit, open_audit
from storage.db.engine import Database
from storage.model.audit import AuditEvent, Verdict
from storage.model.people import Actor, Role
from storage.settings import Secret

ANN = Actor("ann@example.org", "Ann", frozenset({Role.OPERATOR, Role.QA}), "session")
KEY = Secret("k" * 64)


def event(number: int = 0, **facts: Any) -> AuditEvent:
    """An event that differs by its number."""
    given = {"result": "allowed", "layout": "ssi", "role": "stage", "bucket": "b", **facts}
    return AuditEvent.by(ANN, "object:link", **{"key": f"mastered/{number}.mp3", **given})


class Clock:
    """A clock that tests set; it moves by itself never."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 7, 36, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Log:
    """The log as the console sees it (`audit`), and as its database's owner does."""

    def __init__(self, database: Database, folder: Path, clock: Callable[[], datetime]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = database
        self.folder = folder
        self.audit: Audit = open_audit(database, folder, KEY, clock, [])

    def fill(self, count: int) -> None:
        """Adds `count` rows."""
        self.audit.append(*(event(number) for number in range(count)))

    def verify(self) -> Verdict:
        return self.audit.verify()

    def codes(self) -> list[tuple[str, int]]:
        """What verify finds: (code, row)."""
        return [(finding.code, finding.seq) for finding in self.verify().findings]

    def run(self, statement: str, **values: Any) -> None:
        """Changes the database as its owner can: without the triggers that forbid it."""
        with self.database.writing(1) as connection:
            sqlite = self.database.kind == "sqlite"
            if sqlite:
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS audit_events_no_{verb}"))
            else:
                connection.execute(
                    text("DROP TRIGGER IF EXISTS audit_events_only_grows ON audit_events")
                )
            connection.execute(text(statement), values)

    def rows(self) -> list[dict[str, Any]]:
        """All rows as stored."""
        with self.database.reading() as connection:
            found = connection.execute(text("SELECT * FROM audit_events ORDER BY seq"))
            return [row._asdict() for row in found]

    def head(self) -> dict[str, Any]:
        """The head as stored."""
        with self.database.reading() as connection:
            return connection.execute(text("SELECT * FROM audit_head")).one()._asdict()

    def put(self, row: dict[str, Any], table: str = "audit_events") -> None:
        """Inserts a row as it is."""
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f":{name}" for name in row)
        self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", **row)
