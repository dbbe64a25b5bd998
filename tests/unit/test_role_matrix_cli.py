"""Who may do what, from a terminal: every command, times every role and bucket, times every kind of
token. Commands are found by walking the parser, and what is right is read from the tables.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from matrix_rig import KEY, SOMEBODY, Touched, World, matrix_world

from storage import bootstrap
from storage.cli import main as cli_main
from storage.cli import session
from storage.cli.arguments import Parser
from storage.cli.main import _parser, main
from storage.errors import NotFound, StorageError
from storage.model.accounts import TOKEN_CANS
from storage.model.people import CONSOLE_CANS, WRITING_CANS, Can, Role, Scope, local_actor
from storage.services import Services
from storage.settings import Secret

PARSER = cache(_parser)
REFUSED = {"access-denied", "not-signed-in", "read-only"}
Place = tuple[str, str]


@dataclass(frozen=True)
class Command:
    """A command line and all permissions it needs. `{place}`, `{file}` and `{job}` are filled in;
    `store` is what a store says to everything. With `buckets` it works in these, by their role,
    whichever the place.
    """

    line: str
    cans: frozenset[Can]
    store: type[StorageError] = Touched
    buckets: Mapping[str, frozenset[Can]] | None = None

    def places(self, world: World) -> list[Place]:
        """Where it is tried."""
        found = world.places(self.cans)
        own = [place for place in found if self.buckets and place[1] in self.buckets]
        return own[:1] or found

    def granted(self, world: World, roles: Iterable[Role], place: Place) -> bool:
        """Whether the tables give the roles all it needs."""
        needs = self.buckets or {place[1]: self.cans}
        return all(world.granted(cans, roles, (place[0], role)) for role, cans in needs.items())


def _command(line: str, *cans: Can, store: type[StorageError] = Touched) -> Command:
    return Command(line, frozenset(cans), store)


def _welcomes(line: str, **buckets: set[Can]) -> Command:
    return _own(f"welcomes {line}", **buckets)


def _own(line: str, **buckets: set[Can]) -> Command:
    needs = {role: frozenset(cans) for role, cans in buckets.items()}
    cans = frozenset[Can]().union(*needs.values())
    return Command(line, cans, buckets=needs)


_LOOK = {Can.OBJECT_LIST, Can.OBJECT_READ}
_HEAR = _LOOK | {Can.REVIEW_VERDICT}


def _review(line: str, cans: set[Can] = _HEAR) -> Command:
    return Command(f"review {line}", frozenset(cans), buckets={"stage": frozenset(cans)})


_SEE = {"canonical": _LOOK, "stage": _LOOK, "prod": _LOOK}
_SAVE = {"canonical": _LOOK | {Can.OBJECT_WRITE}}


def _promote(line: str, *cans: Can, **more: set[Can]) -> Command:
    needs = {"prod": frozenset(cans), **{role: frozenset(all_) for role, all_ in more.items()}}
    every = frozenset[Can]().union(*needs.values())
    return Command(f"promote {line}", every, buckets=needs)


_READ_WRITE = (Can.OBJECT_READ, Can.OBJECT_WRITE)
_TOKEN = "tokens create x --role viewer --can object:list --expires 1h"
COMMANDS: Mapping[str, Command] = {
    "ls": _command("ls {place}x/", Can.OBJECT_LIST),
    "stat": _command(f"stat {{place}}{KEY}", Can.OBJECT_READ),
    "probe": _command(f"probe {{place}}{KEY}", Can.OBJECT_READ),
    "url": _command(f"url {{place}}{KEY}", Can.OBJECT_LINK),
    "url --put": _command(
        f"url {{place}}{KEY} --put --type audio/mpeg --max-size 1MiB", Can.OBJECT_RECEIVE
    ),
    "put": _command("put {file} {place}x/", Can.OBJECT_WRITE),
    "cp": _command(f"cp {{place}}{KEY} {{place}}x/", *_READ_WRITE),
    "mv": _command(f"mv {{place}}{KEY} {{place}}x/", *_READ_WRITE, Can.OBJECT_DELETE),
    "rm": _command(f"rm {{place}}{KEY} --yes", Can.OBJECT_DELETE),
    "rm --recursive": _command("rm {place}x/ --recursive --yes", Can.PREFIX_DELETE),
    # looks whether the object is there, and only then asks to bring it back
    "restore": _command(f"restore {{place}}{KEY} --version v1", *_READ_WRITE, store=NotFound),
    "welcomes list": _welcomes("list", **_SEE),
    "welcomes show": _welcomes("show ita_for_eng", **_SEE),
    "welcomes set": _welcomes("set ita_for_eng --text x", **_SAVE),
    "welcomes publish": _welcomes(
        "publish ita_for_eng", canonical=_LOOK, stage={Can.WELCOME_PUBLISH}
    ),
    "welcomes history": _welcomes("history ita_for_eng", canonical=_LOOK),
    "welcomes restore": _welcomes("restore ita_for_eng v1", **_SAVE),
    "welcomes status": _welcomes("status {folder}", canonical=_LOOK),
    "welcomes push": _welcomes("push {folder}", **_SAVE),
    "welcomes pull": _welcomes("pull {folder}", canonical=_LOOK),
    # it runs as a job, in which the store is asked
    "costs estimate": _command("costs estimate", Can.COST_READ),
    "costs whatif": _command("costs whatif times", Can.COST_READ),
    "costs forecast": _command("costs forecast", Can.COST_READ),
    "costs bill": _command("costs bill", Can.COST_READ),
    "costs budgets": _command("costs budgets", Can.COST_READ),
    "costs prices": _command("costs prices", Can.COST_READ),
    "scan": _command("scan {role} --out {folder}/F.parquet", Can.INVENTORY_SCAN),
    "measure": _command("measure {role}", Can.CLIP_MEASURE),
    "courses list": _own("courses list", canonical=_LOOK),
    "courses put": _own("courses put ita_for_eng {manifest}", canonical={Can.COURSE_PUT}),
    "review next": _review("next --prefix x/"),
    "review verdict": _review(f"verdict approved stage:{KEY}"),
    "review undo": _review("undo 1"),
    "review progress": _review("progress --prefix x/", _LOOK),
    "review gate": _review("gate --prefix x/", _LOOK),
    "review export": _review("export --prefix x/ --out {folder}/x.csv", _LOOK),
    "review import": _review("import {file}"),
    "promote plan": _promote("plan --prefix mastered/", Can.PROMOTE_PLAN, stage=_LOOK),
    "promote show": _promote("show x", Can.OBJECT_LIST),
    "promote approve": _promote("approve x --hash 0", Can.PROMOTE_APPROVE),
    "promote run": _promote("run x --type y", Can.PROMOTE_RUN),
    "promote pause": _promote("pause x", Can.PROMOTE_RUN),
    "promote resume": _promote("resume x", Can.PROMOTE_RUN),
    "promote cancel": _promote("cancel x", Can.PROMOTE_RUN),
    "promote verify": _promote("verify x", Can.PROMOTE_RUN),
    "promote status": _promote("status x", Can.OBJECT_LIST),
    "promote rollback": _promote("rollback x", Can.PROMOTE_ROLLBACK),
    "promote history": _promote("history", Can.OBJECT_LIST),
    "promote diff": _promote("diff stage:x/ prod:x/", *_LOOK, stage=_LOOK),
    "audit verify": _command("audit verify", Can.AUDIT_READ),
    "audit list": _command(f"audit list --actor {SOMEBODY}", Can.AUDIT_READ),
    "audit export": _command(f"audit export --actor {SOMEBODY}", Can.AUDIT_READ),
    "jobs list": _command("jobs list --all", Can.JOB_MANAGE),
    "jobs show": _command("jobs show {job}", Can.JOB_MANAGE),
    "jobs cancel": _command("jobs cancel {job}", Can.JOB_MANAGE),
    "jobs resume": _command("jobs resume {job}", Can.JOB_MANAGE),
    "users list": _command("users list", Can.USER_MANAGE),
    "users revoke": _command("users revoke nobody", Can.USER_MANAGE),
    "tokens create": _command(_TOKEN, Can.TOKEN_MANAGE),
    "tokens list": _command("tokens list", Can.TOKEN_MANAGE),
    "tokens revoke": _command("tokens revoke none", Can.TOKEN_MANAGE),
}
OPEN = {
    "layouts": "what the configuration file on this machine says",
    "policy": "the same, as an IAM policy",
    "demo serve": "runs the embedded store itself, whose data folder is theirs",
    "demo seed": "fills the embedded store, never one's own S3",
}
"""Commands that ask nobody who they are, each with its reason."""


def commands(parser: Parser, path: str = "") -> Iterator[str]:
    """Every command, and each option that makes another one of it."""
    actions = parser.filled()._actions
    inner = [a for a in actions if isinstance(a, argparse._SubParsersAction)]
    for action in inner:
        for name, part in action.choices.items():
            yield from commands(part, f"{path} {name}".strip())
    if not inner:
        yield path
    for option in actions:
        if option.dest == "run" and option.option_strings:
            yield f"{path} {option.option_strings[0]}"


FOUND = tuple(commands(PARSER()))
ASKING = [name for name in (*FOUND, "rm --recursive") if name not in OPEN]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with matrix_world(tmp_path_factory.mktemp("matrix")) as made:
        yield made


def _footing(services: Services) -> Any:
    ground = SimpleNamespace(gate=services.objects._gate)
    return SimpleNamespace(configured=services, office=services, ground=ground)


@pytest.fixture
def run(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Callable[..., str]:
    """`run(command, place, token)`: the code it ended with, "" for none."""
    (tmp_path / "x.txt").write_bytes(b"x")
    (tmp_path / "m.json").write_bytes(b'{"slices": []}')
    services = world.services
    monkeypatch.setattr(bootstrap, "services", lambda *_: services)
    monkeypatch.setattr(session, "office", lambda *_: nullcontext(services))
    monkeypatch.setattr(session, "open_footing", lambda *_: _footing(services))
    monkeypatch.setattr(bootstrap, "close", lambda: None)
    monkeypatch.setattr(cli_main, "_parser", PARSER)  # thousands of calls would make one each
    monkeypatch.setattr(services.jobs, "take_over", lambda: None)

    def go(command: Command, place: Place, token: str = "", *more: str, **changed: Any) -> str:
        nonlocal services
        settings = replace(world.services.settings, token=Secret(token))
        services = replace(world.services, settings=settings, **changed)
        world.store.touches.clear()
        world.store.error = command.store
        filled = {"place": f"{place[1]}:", "file": str(tmp_path / "x.txt"), "job": world.job}
        filled |= {"folder": str(tmp_path), "role": place[1], "manifest": str(tmp_path / "m.json")}
        argv = [part.format(**filled) for part in command.line.split()]
        status = main(["--layout", place[0], *argv, *more, "--json"])
        out = capsys.readouterr().out
        told = json.loads(out) if status else {}
        error = told.get("error", {}) if isinstance(told, dict) else {}
        assert (status == 3) >= (error.get("code") in REFUSED)
        return str(error.get("code", ""))

    return go


def test_every_command_is_in_the_matrix() -> None:
    """A new one is registered with the permissions it needs, or says why it asks for none."""
    assert set(FOUND) <= COMMANDS.keys() | OPEN.keys()


@pytest.mark.parametrize("name", ASKING)
def test_a_command_does_it_for_exactly_whom_the_tables_let(
    world: World, run: Callable[..., str], name: str
) -> None:
    """Every role in every bucket, by tokens in scope; in the first and last one by each other."""
    command = COMMANDS[name]
    places = command.places(world)
    for role in Role:
        roles = frozenset({role})
        for place in places:
            # a table in a database can say what no service would put there
            fits = command.cans <= TOKEN_CANS
            right = command.granted(world, roles, place) and fits
            asks = [("token in scope", world.token(roles, Scope(command.cans)), 200)]
            if place in (places[0], places[-1]):
                asks += world.tokens(command.cans, roles, place[0])
            for words, token, expected in asks:
                code = run(command, place, token)
                where = f"{name} by {role}, {words}, in {place}: {code}"
                if expected == 200 and right:
                    assert code not in REFUSED, where
                    continue
                assert code == ("not-signed-in" if expected == 401 else "access-denied"), where
                assert world.store.touches == [] or command.store is NotFound, where


@pytest.mark.parametrize("name", ASKING)
def test_with_a_login_nobody_is_nobody_and_without_one_they_are_local(
    world: World, run: Callable[..., str], name: str
) -> None:
    """No token: told that one is needed. Without a login the local person has all roles."""
    command = COMMANDS[name]
    for place in command.places(world):
        assert run(command, place) == "config"
        assert world.store.touches == []
        code = run(command, place, login=None)
        assert (code in REFUSED) != command.granted(world, Role, place), (place, code)


@pytest.mark.parametrize("name", ASKING)
def test_as_local_is_for_people_and_tokens_alone(
    world: World, run: Callable[..., str], name: str
) -> None:
    """Where there is a login, it is the way to the two things that no token may."""
    command = COMMANDS[name]
    code = run(command, command.places(world)[0], "", "--as-local")
    if command.cans <= CONSOLE_CANS - TOKEN_CANS:
        assert code not in REFUSED | {"config"}
    else:
        assert code == "invalid-input"


@pytest.mark.parametrize("name", ASKING)
def test_a_console_that_only_reads_writes_for_nobody(
    world: World, run: Callable[..., str], name: str
) -> None:
    """Each command that writes is told so; the others go on."""
    command = COMMANDS[name]
    mine = [place for place in command.places(world) if command.granted(world, Role, place)]
    world.services.switches.set_read_only(local_actor(), "an incident")
    try:
        code = run(command, (mine or [("ssi", "canonical")])[0], login=None)
    finally:
        world.services.switches.clear_read_only()
    assert (code == "read-only") == bool(command.cans & WRITING_CANS)
