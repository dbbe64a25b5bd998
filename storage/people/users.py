"""What an admin sees of the people who sign in, and how to put an end to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from storage.db.people import People
from storage.errors import NotFound
from storage.gate import Gate
from storage.model.accounts import KnownPerson
from storage.model.people import Actor, Can


class Users:
    """The people behind `gate`. Roles are not given here: they come from the config file."""

    def __init__(self, gate: Gate, people: People, clock: Callable[[], datetime]) -> None:
        self._gate = gate
        self._people = people
        self._clock = clock

    def list(self, actor: Actor) -> Sequence[KnownPerson]:
        """Everybody who signed in and had a role, whoever was seen last first."""
        self._gate.enter_console(actor, Can.USER_MANAGE)
        return self._people.list()

    def revoke(self, actor: Actor, person_id: str, note: str = "") -> KnownPerson:
        """Ends every session, token and running job of the person, now. They can sign in again as
        long as the config file gives them a role. Raises NotFound.
        """
        passage = self._gate.enter_console(actor, Can.USER_MANAGE)
        person = self._people.get(person_id) if person_id.isprintable() else None
        if person is None:
            raise NotFound(
                f"Nobody with the id {person_id!r} has ever signed in.",
                "Take the id from the list of people.",
            )
        with passage.changing("users.revoke", note=note, person=person.id, name=person.name):
            self._people.revoke(person.id, self._clock())
        return self._people.get(person.id) or person
