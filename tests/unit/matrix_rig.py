"""Real services over a store that is never asked, the people and tokens that knock, and what the
tables say of them: for the tests of who may do what.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from service_calls import SOMEBODY

from storage import bootstrap
from storage.access import CONSOLE_GRANTS
from storage.bootstrap import Services
from storage.errors import StorageError
from storage.model.accounts import Token
from storage.model.audit import AuditEvent
from storage.model.people import CONSOLE_CANS, Actor, Can, Role, Scope, Session

NOW = datetime.now(UTC)
BEGUN, ENDS = NOW - timedelta(hours=1), NOW + timedelta(days=1)
TOKENS = {"live": (None, ENDS), "old": (NOW, ENDS), "late": (None, NOW)}
SIGNED_OUT, REVOKED = "id.example.org/out", "id.example.org/revoked"


class Touched(StorageError):
    """A call has come as far as a store."""


class NoStore:
    """In the place of every store: keeps what was asked of it, and has nothing."""

    def __init__(self) -> None:
        self.touches: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.touches.append(name)
        raise Touched(f"the store was asked for {name}")


@dataclass
class World:
    """Services as they are wired for everybody, without stores; `told` is what was audited."""

    services: Services
    store: NoStore
    told: list[AuditEvent]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Real services over S3 of one's own that is never asked, with people, tokens and a job."""
    own = {
        "STORAGE_DATA": str(tmp_path_factory.mktemp("matrix")),
        "S3_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "never-used",
    }
    services, store, told = bootstrap.build(own), NoStore(), list[AuditEvent]()
    gate = services.objects._gate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "_store_for", lambda *_: store)
        setup = replace(services.console._setup, store_for=lambda *_: store)
        patch.setattr(services.console, "_setup", setup)
        patch.setattr(services.jobs._pool, "submit", services.jobs._over)  # nothing runs behind us
        people = services.users._people
        for person in (SOMEBODY, SIGNED_OUT, REVOKED):
            people.seen(person, person, "", frozenset(Role), BEGUN)
        people.sign_out(SIGNED_OUT, NOW)
        people.revoke(REVOKED, NOW)
        for token_id, (revoked_at, expires_at) in TOKENS.items():
            scope = Scope(frozenset(Can))
            token = Token(
                token_id, token_id, SOMEBODY, "", frozenset(Role), scope, BEGUN, expires_at
            )
            services.tokens._tokens.add(replace(token, revoked_at=revoked_at), "0" * 64)
        services.activity.begin_verify(signed_in(frozenset(Role), SOMEBODY), services.jobs)
        # the real log commits to disk row by row, for thousands of rows; what it is told is enough
        patch.setattr(services.audit, "append", lambda *events: told.extend(events))
        patch.setattr(services.audit, "append_once", lambda event, _within: told.append(event))
        yield World(services, store, told)
    services.close()


def signed_in(roles: frozenset[Role], person: str = "id.example.org/ann", **changed: Any) -> Actor:
    session = replace(Session(BEGUN, ENDS, "login"), **changed)
    return Actor(person, "Ann", roles, "session", session=session)


def token_of(roles: frozenset[Role], scope: Scope, token: str = "live", owner: str = "") -> Actor:
    session = Session(BEGUN, TOKENS[token][1], "token", token)
    return Actor(owner or "id.example.org/ann", "Ann", roles, "token", session=session, scope=scope)


def granted(
    services: Services, cans: frozenset[Can], roles: frozenset[Role], layout: str, bucket: str
) -> bool:
    """What the tables say, read here without any code of the library."""
    table = services.layouts[layout].access
    return all(
        any(
            can in (CONSOLE_GRANTS[role] if can in CONSOLE_CANS else table.get((role, bucket), ()))
            for role in roles
        )
        for can in cans
    )


def actors(
    cans: frozenset[Can], roles: frozenset[Role], layout: str
) -> Iterator[tuple[str, Actor, bool]]:
    """(in words, the actor, whether who they are leaves it to the roles)."""
    console = cans <= CONSOLE_CANS
    whole, here = Scope(cans), Scope(cans, frozenset({layout}))
    elsewhere = Scope(frozenset(Can), frozenset({"another"}))
    yield "plain", signed_in(roles), True
    yield "without a login", Actor("local", "You", roles), True
    yield "token in scope", token_of(roles, whole), True
    yield "token of this project", token_of(roles, here), not console
    yield "token of another project", token_of(roles, elsewhere), False
    for can in cans:
        yield f"token without {can}", token_of(roles, Scope(frozenset(Can) - {can})), False
    yield "signed out", signed_in(roles, SIGNED_OUT), False
    yield "revoked", signed_in(roles, REVOKED), False
    yield "expired", signed_in(roles, expires_at=NOW), False
    yield "revoked token", token_of(roles, whole, "old"), False
    yield "expired token", token_of(roles, whole, "late"), False
    yield "token of a revoked person", token_of(roles, whole, owner=REVOKED), False
    yield (
        "token that is not there",
        replace(token_of(roles, whole), session=Session(BEGUN, ENDS, "token", "never made")),
        False,
    )


def everywhere(services: Services, cans: frozenset[Can]) -> Iterator[tuple[str, str]]:
    """Every bucket of every project; one is enough for what concerns none."""
    places = [
        (one.name, bucket.role) for one in services.layouts.values() for bucket in one.buckets
    ]
    return iter(places[:1] if cans <= CONSOLE_CANS else places)
