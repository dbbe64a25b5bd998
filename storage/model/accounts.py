"""People who signed in and the tokens that act for them, as the database keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from storage.model.people import Can, Role, Scope


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who signed in and had a role. `roles` are those of the last time.

    `name` and `email` are what the provider said of them; only `id` says who they are.
    """

    id: str
    name: str
    email: str
    roles: frozenset[Role]
    first_seen: datetime
    last_seen: datetime
    signed_out_before: datetime | None = None
    revoked_before: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """One person of `users list --json`."""
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "roles": sorted(self.roles),
            "first_seen": self.first_seen.isoformat(),
            "last_seen": self.last_seen.isoformat(),
            "signed_out_before": _iso(self.signed_out_before),
            "revoked_before": _iso(self.revoked_before),
        }


@dataclass(frozen=True, slots=True)
class Token:
    """An API token without its secret. It acts for its owner, within `roles` and `scope`."""

    id: str
    name: str
    owner_id: str
    owner_name: str
    roles: frozenset[Role]
    scope: Scope
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """One token of `tokens list --json`. No layouts: all of them."""
        return {
            "id": self.id,
            "name": self.name,
            "owner": self.owner_id,
            "owner_name": self.owner_name,
            "roles": sorted(self.roles),
            "permissions": sorted(self.scope.permissions),
            "layouts": sorted(self.scope.layouts),
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "revoked_at": _iso(self.revoked_at),
            "last_used_at": _iso(self.last_used_at),
        }


class TokenState(NamedTuple):
    """What ends a token: the admin who revoked it, or time."""

    revoked_at: datetime | None
    expires_at: datetime


class Cutoffs(NamedTuple):
    """Sessions begun by then are over: the person signed out, an admin revoked them."""

    signed_out_before: datetime | None
    revoked_before: datetime | None


TOKEN_CANS = frozenset(Can) - {Can.TOKEN_MANAGE, Can.USER_MANAGE, Can.CONSOLE_MANAGE}
"""What a token can be given. Not what would outlive its end: with these a leaked token could make
itself a successor, sign out the people who look for it, or lift the switch they pulled."""


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
