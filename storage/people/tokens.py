"""API tokens: made by an admin, shown once, kept as a hash, limited in everything."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storage.access import CONSOLE_GRANTS
from storage.db.people import People
from storage.db.tokens import Tokens
from storage.errors import AccessDenied, InvalidInput, NotFound, NotSignedIn
from storage.gate import ConsolePassage, Gate
from storage.layout.profile import Layout
from storage.model.accounts import TOKEN_CANS, Token
from storage.model.people import CONSOLE_CANS, Actor, Can, Role, Scope, Session
from storage.people.roles import shown_name
from storage.settings import Secret
from storage.units import human_seconds

LIFE_MIN_S = 3_600
LIFE_MAX_S = 365 * 86_400
_ID_BYTES = 8
_SECRET_BYTES = 32  # 256 random bits: nothing to guess, so one round of SHA-256 is enough
_FORM = re.compile(rf"sst_([0-9a-f]{{{_ID_BYTES * 2}}})_[0-9a-f]{{{_SECRET_BYTES * 2}}}")
_USED_EVERY = timedelta(minutes=1)
_NO_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. The secret is nowhere else: who loses it makes another."""

    secret: Secret = field(repr=False)
    token: Token


class ApiTokens:
    """The tokens behind `gate`. `random(n)` is n random bytes in hexadecimal."""

    def __init__(
        self,
        gate: Gate,
        tokens: Tokens,
        people: People,
        layouts: Mapping[str, Layout],
        *,
        clock: Callable[[], datetime],
        random: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self._gate = gate
        self._tokens = tokens
        self._people = people
        self._layouts = layouts
        self._clock = clock
        self._random = random

    def create(
        self,
        actor: Actor,
        *,
        name: str,
        roles: AbstractSet[Role],
        permissions: AbstractSet[Can],
        layouts: AbstractSet[str],
        expires_s: int,
        note: str = "",
    ) -> NewToken:
        """A token that acts for `actor` for `expires_s` seconds (an hour to a year), with some of
        their roles, and of what those may do only `permissions`, only in `layouts` (none: in all).

        Raises AccessDenied for a role the actor has not, InvalidInput for what makes no token.
        """
        passage = self._gate.enter_console(actor, Can.TOKEN_MANAGE)
        self._check(passage, roles, permissions, layouts)
        if not LIFE_MIN_S <= expires_s <= LIFE_MAX_S:
            raise InvalidInput(
                f"A token cannot live {human_seconds(expires_s)}.", "Choose 1 hour to 365 days."
            )
        named, now = shown_name(name), self._clock()
        if not named:
            raise InvalidInput("The token has no name.", "Say what it is for, such as nightly job.")
        token = Token(
            id=self._random(_ID_BYTES),
            name=named,
            owner_id=actor.id,
            owner_name=actor.name,
            roles=frozenset(roles),
            scope=Scope(frozenset(permissions), frozenset(layouts)),
            created_at=now,
            expires_at=now + timedelta(seconds=expires_s),
        )
        secret = Secret(f"sst_{token.id}_{self._random(_SECRET_BYTES)}")
        with passage.changing("tokens.create", note=note, **_facts(token)):
            self._tokens.add(token, _hash(secret))
        return NewToken(secret, token)

    def list(self, actor: Actor) -> Sequence[Token]:
        """All tokens, also those that are over, the newest first."""
        self._gate.enter_console(actor, Can.TOKEN_MANAGE)
        return self._tokens.list()

    def revoke(self, actor: Actor, token_id: str, note: str = "") -> Token:
        """Ends the token, now and for good. Raises NotFound."""
        passage = self._gate.enter_console(actor, Can.TOKEN_MANAGE)
        found = self._tokens.get(token_id) if token_id.isprintable() else None
        if found is None:
            raise NotFound(f"There is no token {token_id!r}.", "Take its id from the list.")
        with passage.changing("tokens.revoke", note=note, **_facts(found[0])):
            self._tokens.revoke(token_id, self._clock())
        return (self._tokens.get(token_id) or found)[0]

    def actor_of(self, secret: str, *, address: str, request_id: str) -> Actor:
        """Whom the token acts for, within its limits. Raises NotSignedIn for one that is not
        known, over, or revoked with its owner.
        """
        form = _FORM.fullmatch(secret)
        found = self._tokens.get(form[1]) if form else None
        # an unknown id is compared too: the time of the answer must not tell which ids exist
        right = hmac.compare_digest(_hash(secret), found[1] if found else _NO_HASH)
        if found is None or not right:
            raise NotSignedIn("This API token is not valid.", "Ask an admin for a new one.")
        token = found[0]
        owner = self._people.get(token.owner_id)
        actor = Actor(
            id=token.owner_id,
            name=f"{token.owner_name} (token {token.name}, {token.id})",
            # roles the owner has lost since then, their token has lost too
            roles=token.roles & owner.roles if owner else token.roles,
            via="token",
            address=address,
            request_id=request_id,
            session=Session(token.created_at, token.expires_at, "token", token.id),
            scope=token.scope,
        )
        self._gate.check_token(actor, token.id)
        now = self._clock()
        if token.last_used_at is None or now - token.last_used_at >= _USED_EVERY:
            self._tokens.used(token.id, now)
        return actor

    def _check(
        self,
        passage: ConsolePassage,
        roles: AbstractSet[Role],
        permissions: AbstractSet[Can],
        layouts: AbstractSet[str],
    ) -> None:
        if foreign := sorted(roles - passage.actor.roles):
            what = f"You cannot give a token a role you do not have: {', '.join(foreign)}."
            passage.audit.append(passage.event(result="refused", detail={"what": what}))
            raise AccessDenied(what, "Choose among your own roles.")
        if unknown := sorted(layouts - self._layouts.keys()):
            raise InvalidInput(
                f"There is no project {unknown[0]!r}.", f"Choose among {', '.join(self._layouts)}."
            )
        if never := sorted(permissions - TOKEN_CANS):
            raise InvalidInput(
                f"No token can have {', '.join(never)}.",
                "Managing tokens, people and the console needs a person who signed in.",
            )
        if layouts and (wide := sorted(permissions & CONSOLE_CANS)):
            raise InvalidInput(
                f"A token for some projects only cannot have {', '.join(wide)}.",
                "Those are about all projects: leave them out, or leave out the projects.",
            )
        granted = self._granted(roles, layouts)
        if not permissions or not permissions <= granted:
            unusable = ", ".join(sorted(permissions - granted)) or "nothing"
            raise InvalidInput(
                f"The token would be for {unusable}, which none of its roles may do there.",
                f"Choose among {', '.join(sorted(granted & TOKEN_CANS)) or 'other roles'}.",
            )

    def _granted(self, roles: AbstractSet[Role], layouts: AbstractSet[str]) -> frozenset[Can]:
        """What the roles may do in any bucket of the layouts (none: of all), or on the console."""
        chosen = [self._layouts[name] for name in layouts or self._layouts]
        return frozenset[Can]().union(
            *(CONSOLE_GRANTS[role] for role in roles),
            *(
                layout.grants(role, bucket.role)
                for layout in chosen
                for bucket in layout.buckets
                for role in roles
            ),
        )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _facts(token: Token) -> dict[str, str]:
    return {
        "token": token.id,
        "name": token.name,
        "owner": token.owner_id,
        "roles": ",".join(sorted(token.roles)),
        "permissions": ",".join(sorted(token.scope.permissions)),
        "layouts": ",".join(sorted(token.scope.layouts)),
        "expires_at": token.expires_at.isoformat(),
    }
