"""From the claims of a sign-in to an actor, each time a page runs or a route is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from storage.audit.log import Audit
from storage.config import LoginConfig
from storage.db.people import People
from storage.errors import AccessDenied, NotSignedIn
from storage.model.audit import AuditEvent, Result
from storage.model.people import Actor, Session
from storage.people.roles import Claims, Person, person_of, roles_of
from storage.sessions import Sessions

SIGN_IN, SIGN_OUT = "session:begin", "session:end"
"""What the audit log calls them; no permissions, for nobody has them before."""
CLOCK_SKEW = timedelta(minutes=5)  # a provider's clock may be ahead of ours by this much
_SEEN_EVERY = timedelta(minutes=1)
_REFUSED_ONCE = timedelta(hours=12)
_BEGUN_MAX = 10_000  # sessions remembered as audited; some 200 bytes each


class Login:
    """Sign-ins by `config`. Thread-safe."""

    def __init__(
        self,
        config: LoginConfig,
        people: People,
        sessions: Sessions,
        audit: Audit,
        clock: Callable[[], datetime],
    ) -> None:
        self.config = config
        self._people = people
        self._sessions = sessions
        self._audit = audit
        self._clock = clock
        self._begun: set[tuple[str, datetime]] = set()

    def actor(
        self, claims: Claims, *, address: str, request_id: str, via: str = "session"
    ) -> Actor:
        """Who the claims (of a verified ID token) are, with the roles they have now.

        Raises NotSignedIn when the session is too old, signed out or revoked or the claims say not
        enough; AccessDenied, that says who they are signed in as, for people without a role.
        """
        person, now = person_of(claims), self._clock()
        if person.issued_at > now + CLOCK_SKEW:
            raise NotSignedIn(
                "This sign-in is dated in the future.",
                "The clock of this console or of the provider is wrong: an admin must set it.",
            )
        life = timedelta(hours=self.config.session_hours)
        session = Session(person.issued_at, person.issued_at + life, "login")
        roles = roles_of(claims, self.config)
        actor = Actor(person.id, person.name, roles, via, address, request_id, session)
        self._sessions.check(actor)
        self._keep(actor, person, now)
        if not roles:
            raise self._without_role(actor, person)
        self._tell(actor, person, life)
        return actor

    def sign_out(self, actor: Actor) -> None:
        """Ends all that the person's logins may do, in every tab and browser."""
        with self._audit.recorded(AuditEvent.by(actor, SIGN_OUT, result="allowed")):
            self._sessions.end(actor)

    def _without_role(self, actor: Actor, person: Person) -> AccessDenied:
        self._audit.append_once(_event(actor, person, "refused"), _REFUSED_ONCE)
        known_as = f"{person.name} ({person.email})" if person.email else person.name
        return AccessDenied(
            f"You are signed in as {known_as}, and nobody gave you a role here.",
            f"Ask {self.config.contact or 'an admin of this console'} for one, or sign in as "
            f"somebody else. Your id here is {person.id}",
        )

    def _tell(self, actor: Actor, person: Person, life: timedelta) -> None:
        """One row a session, however many consoles and runs it lasts."""
        session = (person.id, person.issued_at)
        if session in self._begun:
            return
        self._audit.append_once(_event(actor, person, "allowed"), life)
        if len(self._begun) >= _BEGUN_MAX:
            self._begun.clear()
        self._begun.add(session)

    def _keep(self, actor: Actor, person: Person, now: datetime) -> None:
        """What the database knows of people who have, or had, a role; written once a minute."""
        known = self._people.get(person.id)
        facts = (person.name, person.email, actor.roles)
        # a session dated ahead of our clock counts as seen then, or a cutoff would miss it
        seen_at = max(now, person.issued_at)
        if known is None:
            if actor.roles:  # anybody with an account at the provider comes this far
                self._people.seen(person.id, *facts, seen_at)
            return
        seen_at = max(seen_at, known.last_seen)
        late = seen_at - known.last_seen >= _SEEN_EVERY or known.last_seen < person.issued_at
        if late or facts != (known.name, known.email, known.roles):
            self._people.seen(person.id, *facts, seen_at)


def _event(actor: Actor, person: Person, result: Result) -> AuditEvent:
    detail = {"email": person.email, "issued_at": person.issued_at.isoformat()}
    return AuditEvent.by(actor, SIGN_IN, result=result, detail=detail)
