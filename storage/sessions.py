"""Whether the actor's session still stands: asked at every call, because a page's actor was made
when its script last ran, and a button pressed an hour later carries the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage.db.people import People
from storage.db.tokens import Tokens
from storage.errors import NotSignedIn
from storage.model.people import Actor, Session


class Sessions:
    """Sessions of people, tokens and jobs, by what the database says of them now."""

    def __init__(self, people: People, tokens: Tokens, clock: Callable[[], datetime]) -> None:
        self._people = people
        self._tokens = tokens
        self._clock = clock

    def check(self, actor: Actor) -> None:
        """Raises NotSignedIn when the session is over: too old, signed out, revoked.

        A local actor has no session and passes.
        """
        session = actor.session
        if session is None:
            return
        if session.expires_at is not None and self._clock() >= session.expires_at:
            raise _over("has expired", session)
        signed_out, revoked = self._people.cutoffs(actor.id)
        if _before(session, revoked):
            raise _over("was ended by an admin", session)
        if session.kind == "login" and _before(session, signed_out):
            raise _over("has ended: you signed out", session)
        if session.token_id:
            state = self._tokens.state(session.token_id)
            # what a token began may take longer than the token lasts
            expired = session.kind == "token" and self._clock() >= state.expires_at
            if state.revoked_at is not None or expired:
                raise _over("was revoked", session)

    def end(self, actor: Actor) -> None:
        """Signs the person out everywhere: whatever a login began until now may do nothing more."""
        if actor.session is not None and actor.session.kind == "login":
            self._people.sign_out(actor.id, self._clock())


def _before(session: Session, cutoff: datetime | None) -> bool:
    """`issued_at` may have whole seconds only, so a session of the cutoff's second is over too."""
    return cutoff is not None and session.issued_at <= cutoff


def _over(how: str, session: Session) -> NotSignedIn:
    if session.kind == "token":
        return NotSignedIn(f"The API token {how}.", "Ask an admin for a new one.")
    if session.kind == "job":
        return NotSignedIn(
            f"The right to go on {how}.", "Someone who may do it can start it again."
        )
    return NotSignedIn(f"Your session {how}.", "Sign in again; what you see here may be old.")
