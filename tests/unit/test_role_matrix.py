"""Who may do what, for the library: every call of every service, times every role, every bucket of
the five projects, and every state of a session or token. Nothing is listed by hand: calls are found
by inspection, and what is right is read from the layouts' tables and the console's.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from matrix_rig import NoStore
from service_calls import ASKED_ELSEWHERE, CALLS, SOMEBODY, Call, methods_with_an_actor

from storage import bootstrap
from storage.access import CONSOLE_GRANTS
from storage.bootstrap import Services
from storage.errors import AccessDenied, NotSignedIn, ReadOnly, StorageError
from storage.gate import _LOOKING
from storage.model.accounts import Token
from storage.model.audit import AuditEvent
from storage.model.people import CONSOLE_CANS, WRITING_CANS, Actor, Can, Role, Scope, Session

NOW = datetime.now(UTC)
BEGUN, ENDS = NOW - timedelta(hours=1), NOW + timedelta(days=1)
TOKENS = {"live": (None, ENDS), "old": (NOW, ENDS), "late": (None, NOW)}
SIGNED_OUT, REVOKED = "id.example.org/out", "id.example.org/revoked"


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
        services.activity.begin_verify(_signed_in(frozenset(Role), SOMEBODY), services.jobs)
        tokens = services.tokens._tokens  # asked of the database once a session, not 50,000 times
        patch.setattr(people, "cutoffs", cache(people.cutoffs))
        patch.setattr(tokens, "state", cache(tokens.state))
        # the real log commits to disk row by row, for thousands of rows; what it is told is enough
        patch.setattr(services.audit, "append", lambda *events: told.extend(events))
        patch.setattr(services.audit, "append_once", lambda event, _within: told.append(event))
        yield World(services, store, told)
    services.close()


def _signed_in(roles: frozenset[Role], person: str = "id.example.org/ann", **changed: Any) -> Actor:
    session = replace(Session(BEGUN, ENDS, "login"), **changed)
    return Actor(person, "Ann", roles, "session", session=session)


def _token(roles: frozenset[Role], scope: Scope, token: str = "live", owner: str = "") -> Actor:
    session = Session(BEGUN, TOKENS[token][1], "token", token)
    return Actor(owner or "id.example.org/ann", "Ann", roles, "token", session=session, scope=scope)


def granted(
    services: Services, call: Call, roles: frozenset[Role], layout: str, bucket: str
) -> bool:
    """What the tables say, read here without any code of the library."""
    table = services.layouts[layout].access
    return all(
        any(
            can in (CONSOLE_GRANTS[role] if can in CONSOLE_CANS else table.get((role, where), ()))
            for role in roles
        )
        for where, cans in (call.buckets or {bucket: call.cans}).items()
        for can in cans
    )


def actors(call: Call, roles: frozenset[Role], layout: str) -> Iterator[tuple[str, Actor, bool]]:
    """(in words, the actor, whether who they are leaves it to the roles)."""
    console = call.cans <= CONSOLE_CANS
    whole, here = Scope(call.cans), Scope(call.cans, frozenset({layout}))
    elsewhere = Scope(frozenset(Can), frozenset({"another"}))
    yield "plain", _signed_in(roles), True
    yield "without a login", Actor("local", "You", roles), True
    yield "token in scope", _token(roles, whole), True
    yield "token of this project", _token(roles, here), not console
    yield "token of another project", _token(roles, elsewhere), False
    for can in call.cans:
        yield f"token without {can}", _token(roles, Scope(frozenset(Can) - {can})), False
    yield "signed out", _signed_in(roles, SIGNED_OUT), False
    yield "revoked", _signed_in(roles, REVOKED), False
    yield "expired", _signed_in(roles, expires_at=NOW), False
    yield "revoked token", _token(roles, whole, "old"), False
    yield "expired token", _token(roles, whole, "late"), False
    yield "token of a revoked person", _token(roles, whole, owner=REVOKED), False
    yield (
        "token that is not there",
        replace(_token(roles, whole), session=Session(BEGUN, ENDS, "token", "never made")),
        False,
    )


def outcome(
    world: World, call: Call, actor: Actor, layout: str, bucket: str
) -> AccessDenied | None:
    """How a call was refused, None where it passed; what else becomes of it, without a store, is
    nothing to us.
    """
    world.store.touches.clear()
    world.told.clear()
    try:
        call.run(world.services, actor, layout, bucket)
    except AccessDenied as error:
        return error
    except StorageError as error:
        # refused for what it is, not for who asks: that is told too, and no matter of this table
        world.told[:] = [row for row in world.told if row.detail.get("what") != error.what]
        return None
    finally:
        if Can.CONSOLE_MANAGE in call.cans:  # one of those switches it
            world.services.switches.clear_read_only()
    return None


def check_refused(world: World, call: Call, actor: Actor, error: AccessDenied, layout: str) -> None:
    """No store was touched, and the log was told who was refused what, and where."""
    assert world.store.touches == []
    if isinstance(error, NotSignedIn) and call.cans & _LOOKING:
        return  # a page that was left open asks again and again; those are no attempts
    (row,) = world.told
    assert (row.actor_id, row.result, row.via) == (actor.id, "refused", actor.via)
    assert row.action in call.cans
    assert row.layout == ("" if call.cans <= CONSOLE_CANS else layout)
    assert row.detail["what"] == error.what


def everywhere(services: Services, call: Call) -> Iterator[tuple[str, str]]:
    """Every bucket of every project; one is enough for what concerns none, or has its own."""
    places = [
        (one.name, bucket.role) for one in services.layouts.values() for bucket in one.buckets
    ]
    if call.buckets:
        return iter([next((name, role) for name, role in places if role in call.buckets)])
    return iter(places[:1] if call.cans <= CONSOLE_CANS else places)


def test_every_call_that_a_person_makes_is_in_the_matrix(world: World) -> None:
    """A new method that takes an actor is registered, or says why it asks for nothing itself."""
    assert methods_with_an_actor(world.services) == CALLS.keys() | ASKED_ELSEWHERE.keys()


def test_every_permission_is_asked_for_by_some_call() -> None:
    """A permission that no call asks for protects nothing."""
    assert {can for call in CALLS.values() for can in call.cans} == set(Can)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_passes_exactly_whom_the_tables_let(world: World, name: str) -> None:
    """Every role, every bucket, every state of a session and of a token."""
    call = CALLS[name]
    for (layout, bucket), role in itertools.product(everywhere(world.services, call), Role):
        roles = frozenset({role})
        right = granted(world.services, call, roles, layout, bucket)
        for words, actor, stands in actors(call, roles, layout):
            error = outcome(world, call, actor, layout, bucket)
            where = f"{name} by {role}, {words}, in {layout}/{bucket}"
            assert (error is None) == (right and stands), where
            if error is not None:
                check_refused(world, call, actor, error, layout)
            else:
                assert "refused" not in {row.result for row in world.told}, where


@pytest.mark.parametrize("name", CALLS)
def test_who_has_several_roles_may_do_what_any_of_them_may(world: World, name: str) -> None:
    """Nobody, every pair of roles, and all of them."""
    call = CALLS[name]
    sets = [frozenset[Role](), frozenset(Role), *map(frozenset, itertools.combinations(Role, 2))]
    for (layout, bucket), roles in itertools.product(everywhere(world.services, call), sets):
        error = outcome(world, call, _signed_in(frozenset(roles)), layout, bucket)
        right = granted(world.services, call, frozenset(roles), layout, bucket)
        assert (error is None) == right, f"{name} by {sorted(roles)} in {layout}/{bucket}"


@pytest.mark.parametrize("name", CALLS)
def test_a_console_that_only_reads_writes_for_nobody(world: World, name: str) -> None:
    """Each call that needs a writing permission, by whoever has all roles; the others go on."""
    call = CALLS[name]
    writes = bool(call.cans & WRITING_CANS)
    for layout, bucket in everywhere(world.services, call):
        admin = _signed_in(frozenset(Role))
        if not granted(world.services, call, admin.roles, layout, bucket):
            continue
        world.services.switches.set_read_only(admin, "an incident")
        error = outcome(world, call, admin, layout, bucket)
        assert isinstance(error, ReadOnly) == writes, f"{name} in {layout}/{bucket}"
        if error is not None:
            check_refused(world, call, admin, error, layout)


def test_the_matrix_is_as_large_as_the_tables(world: World) -> None:
    """All five projects with their ten buckets are in it, and each part of a token's scope."""
    layouts = world.services.layouts
    assert set(layouts) == {"ssi", "yoto", "speech-coach", "autobio", "serene"}
    assert len(list(everywhere(world.services, CALLS["objects.list_page"]))) == 10
    assert {field.name for field in dataclasses.fields(Scope)} == {"permissions", "layouts"}
