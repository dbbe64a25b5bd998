"""`users list|revoke` and `tokens create|list|revoke`; no store is started for them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from storage.cli import show
from storage.cli.session import actor_of, local, opened_office
from storage.errors import ConfigError, InvalidInput
from storage.model.accounts import KnownPerson, Token
from storage.model.people import Actor, Can, Role
from storage.office import Office
from storage.units import parse_duration

_Named = TypeVar("_Named", bound=StrEnum)


def list_users(args: argparse.Namespace) -> int:
    """Everybody who signed in and had a role."""
    with opened_office(args) as office:
        found = office.users.list(_actor(office, args))
    if args.json:
        show.document({"users": [person.as_json() for person in found]})
        return 0
    for person in found:
        show.line(_person(person))
    if not found:
        show.note("Nobody has signed in yet.")
    return 0


def revoke_user(args: argparse.Namespace) -> int:
    """Ends the person's sessions, tokens and jobs."""
    with opened_office(args) as office:
        person = office.users.revoke(_actor(office, args), args.id, args.note)
    if args.json:
        show.document(person.as_json())
        return 0
    show.line(_person(person))
    show.note("Sessions, tokens and running jobs of this person are over.")
    show.note("While soundstage.toml gives them a role, they can sign in again.")
    return 0


def create_token(args: argparse.Namespace) -> int:
    """A new token: its secret alone on stdout, everything else on stderr."""
    expires_s = parse_duration(args.expires)
    roles = _named(Role, args.role, "role")
    permissions = _named(Can, args.can, "permission")
    with opened_office(args) as office:
        made = office.tokens.create(
            _actor(office, args),
            name=args.name,
            roles=roles,
            permissions=permissions,
            layouts=set(args.only),
            expires_s=expires_s,
            note=args.note,
        )
    if args.json:
        show.document({"secret": str(made.secret), "token": made.token.as_json()})
        return 0
    show.line(made.secret)
    show.note(_token(made.token))
    show.note("The first line is the secret. It is shown this once: keep it where secrets belong.")
    return 0


def list_tokens(args: argparse.Namespace) -> int:
    """All tokens, also those that are over."""
    with opened_office(args) as office:
        found = office.tokens.list(_actor(office, args))
    if args.json:
        show.document({"tokens": [token.as_json() for token in found]})
        return 0
    for token in found:
        show.line(_token(token))
    if not found:
        show.note("There is none yet.")
    return 0


def revoke_token(args: argparse.Namespace) -> int:
    """Ends the token."""
    with opened_office(args) as office:
        token = office.tokens.revoke(_actor(office, args), args.id, args.note)
    if args.json:
        show.document(token.as_json())
    else:
        show.line(_token(token))
    return 0


def _actor(office: Office, args: argparse.Namespace) -> Actor:
    """No token may manage tokens or people, so where there is a login `--as-local` is the way.

    It opens no door: who can read the database and the audit log's key could change both by hand,
    and this way it is in the log.
    """
    if args.as_local:
        return local()
    if office.login is not None and not office.settings.token:
        raise ConfigError(
            "People and tokens are managed by people, and this console has a login.",
            "Sign in to it as an admin (Settings), or add --as-local on the console's own machine.",
        )
    return actor_of(office)


def _named(kind: type[_Named], names: Iterable[str], what: str) -> set[_Named]:
    known = {item.value: item for item in kind}
    for name in names:
        if name not in known:
            raise InvalidInput(f"There is no {what} {name!r}.", f"Choose among {', '.join(known)}.")
    return {known[name] for name in names}


def _person(person: KnownPerson) -> str:
    roles = ",".join(sorted(person.roles)) or "no role"
    seen = person.last_seen.isoformat()[:19]
    return f"{person.id}  {person.name} <{person.email}>  {roles}  seen {seen}Z"


def _token(token: Token) -> str:
    where = ",".join(sorted(token.scope.layouts)) or "all projects"
    what = ",".join(sorted(token.scope.permissions))
    roles = ",".join(sorted(token.roles))
    return (
        f"{token.id}  {_state(token):<32} {token.name}  of {token.owner_name} ({token.owner_id})  "
        f"{roles}  {what}  in {where}"
    )


def _state(token: Token) -> str:
    if token.revoked_at:
        return f"revoked {token.revoked_at.isoformat()[:19]}Z"
    expired = token.expires_at <= datetime.now(UTC)
    return f"{'expired' if expired else 'until'} {token.expires_at.isoformat()[:19]}Z"
