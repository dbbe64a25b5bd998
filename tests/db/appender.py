"""A console of its own that appends: `appender.py ADDRESS FOLDER NAME COUNT`, one line a row."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from storage.audit.log import open_audit
from storage.db.engine import open_database
from storage.model.audit import AuditEvent
from storage.model.people import Actor
from storage.settings import Secret


def main(address: str, folder: str, name: str, count: str) -> None:
    """Appends `count` rows, and says so after each."""
    database = open_database(address if "://" in address else Path(address))
    audit = open_audit(database, Path(folder), Secret(""), lambda: datetime.now(UTC), [])
    actor = Actor(name, name, frozenset(), "cli")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for number in range(int(count)):
        audit.append(AuditEvent.by(actor, "object:link", result="allowed", key=str(number)))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
