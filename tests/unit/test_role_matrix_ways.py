"""Who may do what, for the ways into the library: every command and every HTTP route, times every
role and every bucket. Commands and routes are found by inspection, as the library's calls are.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import httpx
import pytest
from matrix_rig import World, actors, everywhere, granted, signed_in
from service_calls import KEY, SOMEBODY
from starlette.applications import Starlette
from starlette.routing import Route

from server.errors import console_errors
from server.routes import console_routes
from storage import bootstrap
from storage.bootstrap import Services
from storage.cli.main import _parser, main
from storage.model.people import WRITING_CANS, Actor, Can, Role
from storage.settings import Secret

REFUSED = {"access-denied", "not-signed-in", "read-only"}
TRIED = ("plain", "token in scope", "token of another project", "revoked token", "expired")
"""Of the actors of the library's matrix; of them `token without …` too."""


@dataclass(frozen=True)
class Door:
    """The world, and who stands before it: whatever token they show, they are `actor`."""

    world: World
    files: Path
    actor: list[Actor]

    @property
    def services(self) -> Services:
        return self.world.services


@pytest.fixture(scope="module")
def door(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Commands and routes go to the world's services; a file to be stored lies ready."""
    files = tmp_path_factory.mktemp("ways")
    (files / "clip.mp3").write_bytes(b"\xff\xfb\x90\x00" + bytes(413))
    settings = replace(world.services.settings, token=Secret("sst_shown"))
    services = replace(world.services, settings=settings)
    actor: list[Actor] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services.tokens, "actor_of", lambda *_, **__: actor[0])
        patch.setattr(bootstrap, "services", lambda *_: services)
        patch.setattr(bootstrap, "office", lambda *_: nullcontext(services))
        patch.setattr(bootstrap, "close", lambda: None)
        patch.setattr(bootstrap, "status", lambda: bootstrap.Status("ready"))
        yield Door(replace(world, services=services), files, actor)


@dataclass(frozen=True)
class Way:
    """What a way needs, and how it is gone by `actor` to a bucket: returns the error's code."""

    cans: frozenset[Can]
    go: Callable[[Door, str, str], list[str]]


# -- commands -----------------------------------------------------------------------------------


def _command(*cans: Can, line: Callable[[Door, str], str]) -> Way:
    return Way(frozenset(cans), lambda door, _layout, role: line(door, role).split())


def _job(door: Door) -> str:
    return door.services.jobs.list(Actor(SOMEBODY, "", frozenset()))[0].id


COMMANDS: Mapping[str, Way] = {
    "objects:ls": _command(Can.OBJECT_LIST, line=lambda _, at: f"ls {at}:"),
    "objects:stat": _command(Can.OBJECT_READ, line=lambda _, at: f"stat {at}:{KEY}"),
    "objects:url": _command(Can.OBJECT_LINK, line=lambda _, at: f"url {at}:{KEY}"),
    "objects:url --put": _command(
        Can.OBJECT_RECEIVE,
        line=lambda _, at: f"url --put {at}:{KEY} --type audio/mpeg --max-size 1MiB",
    ),
    "changes:put": _command(
        Can.OBJECT_WRITE, line=lambda door, at: f"put {door.files / 'clip.mp3'} {at}:{KEY}"
    ),
    "changes:copy": _command(
        *(Can.OBJECT_READ, Can.OBJECT_WRITE), line=lambda _, at: f"cp {at}:{KEY} {at}:x/"
    ),
    "changes:move": _command(
        *(Can.OBJECT_READ, Can.OBJECT_WRITE, Can.OBJECT_DELETE),
        line=lambda _, at: f"mv {at}:{KEY} {at}:x/",
    ),
    "removing:remove": _command(Can.OBJECT_DELETE, line=lambda _, at: f"rm --yes {at}:{KEY}"),
    "removing:remove --recursive": _command(
        Can.PREFIX_DELETE, line=lambda _, at: f"rm --yes --recursive {at}:x/"
    ),
    # it looks at the object first; what changes.restore then asks is in the library's matrix
    "removing:restore": _command(
        Can.OBJECT_READ, line=lambda _, at: f"restore {at}:{KEY} --version v1"
    ),
    "audit:verify": _command(Can.AUDIT_READ, line=lambda *_: "audit verify"),
    "audit:list_rows": _command(
        Can.AUDIT_READ, line=lambda *_: f"audit list --actor {SOMEBODY} --limit 1"
    ),
    "audit:export": _command(
        Can.AUDIT_READ, line=lambda *_: f"audit export --actor {SOMEBODY} --key none"
    ),
    "jobs:list_jobs": _command(Can.JOB_MANAGE, line=lambda *_: "jobs list --all"),
    "jobs:show_job": _command(Can.JOB_MANAGE, line=lambda door, _: f"jobs show {_job(door)}"),
    "jobs:cancel": _command(Can.JOB_MANAGE, line=lambda door, _: f"jobs cancel {_job(door)}"),
    "jobs:resume": _command(Can.JOB_MANAGE, line=lambda door, _: f"jobs resume {_job(door)}"),
    "people:list_users": _command(Can.USER_MANAGE, line=lambda *_: "users list"),
    "people:revoke_user": _command(Can.USER_MANAGE, line=lambda *_: f"users revoke {SOMEBODY}"),
    "people:list_tokens": _command(Can.TOKEN_MANAGE, line=lambda *_: "tokens list"),
    "people:create_token": _command(
        Can.TOKEN_MANAGE,
        line=lambda *_: "tokens create t --role admin --can object:list --expires 1h",
    ),
    "people:revoke_token": _command(Can.TOKEN_MANAGE, line=lambda *_: "tokens revoke old"),
}
OPEN_COMMANDS = {
    "projects:layouts": "the configuration alone, which whoever runs it can read",
    "projects:policy": "the configuration alone, which whoever runs it can read",
    "demo:serve": "the store of this machine's own data folder, without services",
    "demo:seed": "the samples, into that store only",
}


def _runs(parser: argparse.ArgumentParser) -> set[str]:
    """What all commands run, by `module:function`."""
    found = {str(parser.get_default("run"))} if parser.get_default("run") else set()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                found |= _runs(part)
    return found


def test_every_command_is_in_the_matrix() -> None:
    """A new command is registered, or says why it needs nothing."""
    assert _runs(_parser()) == {name.partition(" ")[0] for name in COMMANDS} | OPEN_COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_passes_exactly_whom_the_tables_let(
    door: Door, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every role in every bucket, by a session and by tokens of every scope."""
    way = COMMANDS[name]

    def code(layout: str, role: str) -> str:
        capsys.readouterr()
        main([*way.go(door, layout, role), "--layout", layout, "--json"])
        out = capsys.readouterr().out
        return _code(out) if out.lstrip().startswith('{\n  "error"') else ""

    _check(door, way, code)


# -- routes -------------------------------------------------------------------------------------

PLACE = {"key": KEY, "etag": "e"}


def _post(path: str, *cans: Can) -> Way:
    return Way(
        frozenset(cans),
        lambda _, layout, role: [path, json.dumps({**PLACE, "layout": layout, "role": role})],
    )


def _get(address: Callable[[Door, str, str], str], *cans: Can) -> Way:
    return Way(frozenset(cans), lambda *place: [address(*place)])


def _ticket(door: Door, layout: str, role: str) -> str:
    return door.services.tickets.issue(door.actor[0], layout, role, [KEY])


ROUTES: Mapping[str, Way] = {
    "POST /api/ui/clip": _post("/api/ui/clip", Can.OBJECT_READ),
    "GET /api/ui/download": _get(
        lambda _, layout, role: f"/api/ui/download?layout={layout}&role={role}&key={KEY}",
        Can.OBJECT_READ,
    ),
    "GET /api/ui/zip": _get(
        lambda *place: f"/api/ui/zip?ticket={_ticket(*place)}", Can.OBJECT_ARCHIVE
    ),
    "GET /api/ui/activity": _get(
        lambda *_: f"/api/ui/activity?form=csv&person={SOMEBODY}&key=none", Can.AUDIT_READ
    ),
}
OPEN_ROUTES = {
    "GET /sign-in": "leads to the provider",
    "GET /api/health": "for load balancers: that it is up, and nothing of anybody",
    "* /api/{rest:path}": "is answered with: there is nothing here",
}


def _found(route: Route) -> Iterator[str]:
    if "{rest:path}" in route.path:
        yield f"* {route.path}"
        return
    yield from (f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"})


def test_every_route_is_in_the_matrix() -> None:
    """A new route is registered, or says why it needs nothing."""
    found = set(itertools.chain.from_iterable(map(_found, console_routes())))
    assert found == ROUTES.keys() | OPEN_ROUTES.keys()


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_passes_exactly_whom_the_tables_let(door: Door, name: str) -> None:
    """Every role in every bucket, by a session and by tokens of every scope."""
    way = ROUTES[name]
    app = Starlette(routes=console_routes(), exception_handlers=console_errors())
    headers = {"Authorization": "Bearer sst_shown", "Content-Type": "application/json"}

    async def ask(path: str, body: str = "") -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            return await client.request(name.partition(" ")[0], path, headers=headers, content=body)

    def code(layout: str, role: str) -> str:
        answer = anyio.run(ask, *way.go(door, layout, role))
        return _code(answer.text) if answer.status_code in (401, 403) else ""

    _check(door, way, code)


# -- both ---------------------------------------------------------------------------------------


def _code(document: str) -> str:
    return str(json.loads(document)["error"]["code"])


def _check(door: Door, way: Way, code: Callable[[str, str], str]) -> None:
    """The tables decide, nothing is touched for who is refused, and reading only is for all."""
    switches, store = door.services.switches, door.world.store
    for (layout, bucket), role in itertools.product(everywhere(door.services, way.cans), Role):
        roles = frozenset({role})
        right = granted(door.services, way.cans, roles, layout, bucket)
        for words, actor, stands in actors(way.cans, roles, layout):
            if words not in TRIED and "token without" not in words:
                continue
            store.touches.clear()
            door.actor[:] = [actor]
            refused = code(layout, bucket) in REFUSED
            assert refused != (right and stands), f"{role}, {words}, in {layout}/{bucket}"
            assert not (refused and store.touches)
            switches.clear_read_only()
    if way.cans & WRITING_CANS:
        door.actor[:] = [signed_in(frozenset(Role))]
        switches.set_read_only(door.actor[0], "an incident")
        try:
            assert code("yoto", "dev") == "read-only"
        finally:
            switches.clear_read_only()
