"""Who may do what, over HTTP: every route, times every role and bucket, times every kind of session
and token. Routes are found by inspection, and what is right is read from the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from api_rig import console_app
from loops import run_async
from matrix_rig import (
    KEY,
    OWNER,
    REVOKED,
    SIGNED_OUT,
    SOMEBODY,
    World,
    cookie,
    matrix_world,
)

from server.routes import console_routes
from storage.model.people import WRITING_CANS, Actor, Can, Role, Scope, local_actor

OWN = "http://127.0.0.1:8501"
AUDIO = "/api/audio/{filename:key}"
ANN = "id.example.org/ann"
FRESH, OLD = timedelta(minutes=5), timedelta(hours=13)

Route = tuple[str, str]
Place = tuple[str, str]


@dataclass(frozen=True)
class Ask:
    """How a route is asked for a bucket by the person of that id, and the permission it needs, or
    several.
    """

    can: Can
    path: Callable[[World, Place, Actor], str]
    options: Callable[[Place], Mapping[str, Any]] = lambda _place: {}
    also: frozenset[Can] = frozenset()

    @property
    def cans(self) -> frozenset[Can]:
        """All it needs."""
        return self.also | {self.can}


def _at(path: str, **more: str) -> Callable[[World, Place, Actor], str]:
    def made(_world: World, place: Place, _actor: Actor) -> str:
        return f"{path}?{urlencode({'project': place[0], 'bucket': place[1], **more})}"

    return made


def _by_place(path: str, **more: str) -> Callable[[World, Place, Actor], str]:
    def made(_world: World, place: Place, _actor: Actor) -> str:
        return f"{path}?{urlencode({'layout': place[0], 'role': place[1], **more})}"

    return made


def _zip(world: World, place: Place, actor: Actor) -> str:
    return f"/api/ui/zip?ticket={world.services.tickets.issue(actor, *place, [KEY])}"


def _clip(place: Place) -> Mapping[str, Any]:
    return {"json": {"layout": place[0], "role": place[1], "key": KEY, "etag": "e"}}


def _listening(name: str, **more: Any) -> Ask:
    def body(place: Place) -> Mapping[str, Any]:
        return {"json": {"layout": place[0], "role": place[1], **more}}

    seeing = frozenset({Can.OBJECT_LIST, Can.OBJECT_READ})
    return Ask(Can.REVIEW_VERDICT, lambda *_: f"/api/ui/{name}", body, seeing)


_SAID = {"nonce": "n", "key": KEY, "etag": "e", "size": 1, "decision": "approved"}
ASKS: Mapping[Route, Ask] = {
    ("GET", "/api/audio/list"): Ask(Can.OBJECT_LIST, _at("/api/audio/list")),
    ("GET", "/api/audio/search"): Ask(Can.OBJECT_LIST, _at("/api/audio/search", query="x")),
    ("GET", AUDIO): Ask(Can.OBJECT_READ, _at(f"/api/audio/{KEY}")),
    ("HEAD", AUDIO): Ask(Can.OBJECT_READ, _at(f"/api/audio/{KEY}")),
    ("DELETE", AUDIO): Ask(Can.OBJECT_DELETE, _at(f"/api/audio/{KEY}")),
    ("POST", "/api/audio/upload"): Ask(
        Can.OBJECT_WRITE, _at("/api/audio/upload", filename=KEY), lambda _place: {"content": b"x"}
    ),
    ("POST", "/api/ui/clip"): Ask(Can.OBJECT_READ, lambda *_: "/api/ui/clip", _clip),
    ("GET", "/api/ui/download"): Ask(Can.OBJECT_READ, _by_place("/api/ui/download", key=KEY)),
    ("GET", "/api/ui/zip"): Ask(Can.OBJECT_ARCHIVE, _zip),
    ("POST", "/api/ui/next"): _listening("next", scope={"prefix": "x/"}),
    ("POST", "/api/ui/verdict"): _listening("verdict", verdicts=[_SAID]),
    ("POST", "/api/ui/undo"): _listening("undo", verdict_id=1),
    ("GET", "/api/ui/activity"): Ask(
        Can.AUDIT_READ, lambda *_: f"/api/ui/activity?form=csv&person={SOMEBODY}"
    ),
}
OPEN: Mapping[Route, str] = {
    ("GET", "/sign-in"): "leads to the provider",
    ("GET", "/api/ui/listen/{name:key}"): "the scripts of a component, the same for everybody",
    ("GET", "/api/health"): "says whether the console is up, and nothing of anybody",
    **{
        (method, "/api/{rest:key}"): "says that nothing is there"
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    },
}
"""Routes that ask nobody who they are, each with its reason."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with matrix_world(tmp_path_factory.mktemp("matrix")) as made:
        yield made


def everywhere(world: World, ask: Ask, role: Role, place: Place) -> Iterator[tuple[Any, ...]]:
    """(in words, headers, whose ticket, expected): asked for every bucket."""
    roles = frozenset({role})
    yield "signed in", {"Cookie": cookie(ANN, [role])}, ANN, 200
    token = world.token(roles, Scope(ask.cans))
    yield "token in scope", {"Authorization": f"Bearer {token}"}, OWNER, 200


def once(world: World, ask: Ask, role: Role, place: Place) -> Iterator[tuple[Any, ...]]:
    """The same of those that are refused whatever the bucket."""
    for words, person, groups, age, status in (
        ("without a role", ANN, [], FRESH, 403),
        ("expired", ANN, [role], OLD, 401),
        ("signed out", SIGNED_OUT, [role], timedelta(hours=1), 401),
        ("revoked", REVOKED, [role], timedelta(hours=1), 401),
    ):
        yield words, {"Cookie": cookie(person, groups, age)}, person, status
    yield "anonymous", {}, ANN, 401
    for words, secret, status in world.tokens(ask.cans, frozenset({role}), place[0]):
        both = {"Authorization": f"Bearer {secret}", "Cookie": cookie(ANN, list(Role))}
        yield words, both, OWNER, status  # the cookie beside a token counts for nothing


async def check(world: World, route: Route) -> int:
    """Asks for everything; returns how often."""
    ask, asked = ASKS[route], 0
    transport = httpx.ASGITransport(console_app(), client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
        places = world.places(ask.cans)
        for role in Role:
            for place in places:
                kinds = [*everywhere(world, ask, role, place)]
                kinds += once(world, ask, role, place) if place in (places[0], places[-1]) else ()
                right = world.granted(ask.cans, [role], place)
                for words, headers, person, expected in kinds:
                    actor = Actor(person, "", frozenset(Role))
                    world.store.touches.clear()
                    answer = await client.request(
                        route[0],
                        ask.path(world, place, actor),
                        headers={"Origin": OWN, **headers},
                        **ask.options(place),
                    )
                    asked += 1
                    where = f"{route} by {role}, {words}, in {place}: {answer.text[:200]}"
                    if expected == 200 and right:
                        assert answer.status_code not in (401, 403), where
                    else:
                        wanted = 403 if expected == 200 else expected
                        assert answer.status_code == wanted, where
                        assert world.store.touches == [], where
    return asked


def test_every_route_is_in_the_matrix() -> None:
    """A new one is registered with the permission it needs, or says why it asks for none."""
    routes = {
        (method, route.path)
        for route in console_routes()
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert routes == {route for route in ASKS if route[0] != "HEAD"} | OPEN.keys()


@pytest.mark.parametrize("route", ASKS, ids=" ".join)
def test_a_route_lets_in_exactly_whom_the_tables_let(world: World, route: Route) -> None:
    """Every role in every bucket, by cookie and by token; and each way to be nobody."""
    assert run_async(check, world, route) >= 5 * (2 + 9)


@pytest.mark.parametrize("route", ASKS, ids=" ".join)
def test_a_console_that_only_reads_writes_for_nobody(world: World, route: Route) -> None:
    """403 and why, on every route that writes; the others go on."""
    ask = ASKS[route]
    place = next(at for at in world.places(ask.cans) if world.granted(ask.cans, Role, at))
    world.services.switches.set_read_only(local_actor(), "an incident")

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(console_app(), client=("127.0.0.1", 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            path = ask.path(world, place, Actor(ANN, "", frozenset(Role)))
            headers = {"Origin": OWN, "Cookie": cookie(ANN, list(Role))}
            return await client.request(route[0], path, headers=headers, **ask.options(place))

    try:
        answer = run_async(send)
    finally:
        world.services.switches.clear_read_only()
    assert ("an incident" in answer.text) == bool(ask.cans & WRITING_CANS)
    assert (answer.status_code == 403) == bool(ask.cans & WRITING_CANS)
