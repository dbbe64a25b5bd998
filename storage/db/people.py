"""The people who signed in and had a role, and since when their sessions count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from storage.db.engine import PEOPLE_LOCK, Database
from storage.db.schema import people
from storage.db.times import as_text, as_time, some_time
from storage.model.accounts import Cutoffs, KnownPerson
from storage.model.people import Role


class People:
    """The people in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, person_id: str) -> KnownPerson | None:
        """The person, None for nobody who ever had a role."""
        with self._database.reading() as connection:
            row = _row(connection, person_id)
        return _person(row) if row else None

    def list(self) -> Sequence[KnownPerson]:
        """Everybody, whoever was seen last first."""
        with self._database.reading() as connection:
            found = connection.execute(select(people).order_by(people.c.last_seen.desc()))
            return [_person(row) for row in found]

    def seen(
        self, person_id: str, name: str, email: str, roles: frozenset[Role], at: datetime
    ) -> None:
        """Keeps what is known of the person now; their cutoffs stay."""
        facts = {
            "name": name,
            "email": email,
            "roles": json.dumps(sorted(roles)),
            "last_seen": as_text(at),
        }
        same = people.c.id == person_id
        with self._database.writing(PEOPLE_LOCK) as connection:
            if connection.execute(update(people).where(same).values(facts)).rowcount:
                return
            new = {"id": person_id, "first_seen": as_text(at), **_NO_CUTOFFS, **facts}
            connection.execute(insert(people).values(new))

    def cutoffs(self, person_id: str) -> Cutoffs:
        """Since when the person's sessions count; no limits for who is not known."""
        with self._database.reading() as connection:
            row = _row(connection, person_id)
        if row is None:
            return Cutoffs(None, None)
        return Cutoffs(as_time(row.signed_out_before), as_time(row.revoked_before))

    def sign_out(self, person_id: str, at: datetime) -> bool:
        """Sessions begun until `at` are over; False for who is not known."""
        return self._cut("signed_out_before", person_id, at)

    def revoke(self, person_id: str, at: datetime) -> bool:
        """Sessions begun, tokens made and jobs started until `at` are over; False for who is not
        known.
        """
        return self._cut("revoked_before", person_id, at)

    def _cut(self, column: str, person_id: str, at: datetime) -> bool:
        with self._database.writing(PEOPLE_LOCK) as connection:
            row = _row(connection, person_id)
            if row is None:
                return False
            # never earlier than before, nor than a session that was seen: clocks are set back, and
            # the provider's, which dates sessions, may be ahead of ours
            cutoff = max(as_text(at), row.last_seen, getattr(row, column))
            same = people.c.id == person_id
            connection.execute(update(people).where(same).values({column: cutoff}))
            return True


_NO_CUTOFFS = {"signed_out_before": "", "revoked_before": ""}


def _row(connection: Connection, person_id: str) -> Row[Any] | None:
    return connection.execute(select(people).where(people.c.id == person_id)).first()


def _person(row: Row[Any]) -> KnownPerson:
    return KnownPerson(
        id=row.id,
        name=row.name,
        email=row.email,
        roles=frozenset(Role(role) for role in json.loads(row.roles) if role in set(Role)),
        first_seen=some_time(row.first_seen),
        last_seen=some_time(row.last_seen),
        signed_out_before=as_time(row.signed_out_before),
        revoked_before=as_time(row.revoked_before),
    )
