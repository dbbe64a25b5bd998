"""Who may do what, for the library: every call of every service, times every role, every bucket of
the five projects, and every state of a session or token. Nothing is listed by hand: calls are found
by inspection, and what is right is read from the layouts' tables and the console's.
"""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from matrix_rig import World, actors, everywhere, granted, signed_in
from service_calls import ASKED_ELSEWHERE, CALLS, Call, methods_with_an_actor

from storage.errors import AccessDenied, NotSignedIn, ReadOnly, StorageError
from storage.gate import _LOOKING
from storage.model.people import CONSOLE_CANS, WRITING_CANS, Actor, Can, Role, Scope


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
    for (layout, bucket), role in itertools.product(everywhere(world.services, call.cans), Role):
        roles = frozenset({role})
        right = granted(world.services, call.cans, roles, layout, bucket)
        for words, actor, stands in actors(call.cans, roles, layout):
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
    for (layout, bucket), roles in itertools.product(everywhere(world.services, call.cans), sets):
        error = outcome(world, call, signed_in(frozenset(roles)), layout, bucket)
        right = granted(world.services, call.cans, frozenset(roles), layout, bucket)
        assert (error is None) == right, f"{name} by {sorted(roles)} in {layout}/{bucket}"


@pytest.mark.parametrize("name", CALLS)
def test_a_console_that_only_reads_writes_for_nobody(world: World, name: str) -> None:
    """Each call that needs a writing permission, by whoever has all roles; the others go on."""
    call = CALLS[name]
    writes = bool(call.cans & WRITING_CANS)
    for layout, bucket in everywhere(world.services, call.cans):
        admin = signed_in(frozenset(Role))
        if not granted(world.services, call.cans, admin.roles, layout, bucket):
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
    assert len(list(everywhere(world.services, CALLS["objects.list_page"].cans))) == 10
    assert {field.name for field in dataclasses.fields(Scope)} == {"permissions", "layouts"}
