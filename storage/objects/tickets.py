"""Tickets: what a page has prepared for download, by a random id that fits in a link.

A selection of a thousand keys does not fit in a URL, and a link must not let anyone choose keys:
so the page leaves the selection here and the HTTP route picks it up.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storage.errors import InvalidInput, NotFound
from storage.model.people import Actor

TICKET_LIFE = timedelta(minutes=10)
MAX_TICKETS = 64  # times 2,000 keys of at most 1 KiB: 125 MiB at the very worst, usually 5


@dataclass(frozen=True, slots=True)
class Ticket:
    """A selection of one person, with the roles that person had on the page."""

    actor: Actor
    layout: str
    role: str
    keys: tuple[str, ...]


class Tickets:
    """In memory, bounded, thread-safe; the oldest goes when there are `MAX_TICKETS`.

    `clock` gives the time in UTC, `new_id` a random id of at least 128 bits.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: secrets.token_urlsafe(16),
    ) -> None:
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()
        self._tickets: dict[str, tuple[Ticket, datetime]] = {}  # id -> ticket and its end

    def issue(self, actor: Actor, layout: str, role: str, keys: Sequence[str]) -> str:
        """The id of a ticket for `keys`; it lives `TICKET_LIFE`. Raises InvalidInput without keys.

        The same selection gets the same id while half of its life is left, so that a page that
        runs again shows the same link.
        """
        if not keys:
            raise InvalidInput("Nothing is selected.", "Select at least one object.")
        wanted = Ticket(actor, layout, role, tuple(keys))
        with self._lock:
            now = self._clock()
            self._drop_expired(now)
            for known, (ticket, end) in self._tickets.items():
                if ticket == wanted and end - now > TICKET_LIFE / 2:
                    return known
            while len(self._tickets) >= MAX_TICKETS:
                del self._tickets[next(iter(self._tickets))]
            fresh = self._new_id()
            self._tickets[fresh] = (wanted, now + TICKET_LIFE)
            return fresh

    def redeem(self, actor: Actor, ticket_id: str) -> Ticket:
        """The ticket, until it expires. Raises NotFound for any other id or person."""
        with self._lock:
            self._drop_expired(self._clock())
            ticket, _ = self._tickets.get(ticket_id, (None, None))
        if ticket is None or ticket.actor.id != actor.id:
            raise NotFound(
                "This download link has expired.",
                "Go back to the page, reload it and download again.",
            )
        return ticket

    def _drop_expired(self, now: datetime) -> None:
        for ticket_id in [key for key, (_, end) in self._tickets.items() if end <= now]:
            del self._tickets[ticket_id]
