"""The routes, in this process, behind the console's own layers; the store is made up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest
from loops import run_async
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from server.errors import console_errors
from server.headers import FIXED_HEADERS
from server.middleware import console_middleware
from server.ready import ANY_LOCAL_PORT
from server.routes import console_routes
from storage import bootstrap
from storage.errors import (
    AccessDenied,
    ConfigError,
    Conflict,
    InvalidInput,
    NotFound,
    RuleViolation,
    StorageError,
    Unavailable,
    Unsupported,
)
from storage.model.objects import PresignedUrl
from storage.model.people import Role, local_actor
from storage.objects.tickets import Tickets

OWN = "http://127.0.0.1:8501"
CLIP = {"layout": "ssi", "role": "stage", "key": "mastered/é\u202e.mp3", "etag": "abc"}
VIEWER = local_actor(frozenset({Role.VIEWER}))
END = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class Objects:
    """Remembers what it was asked; answers or raises what the test says."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.error: Exception | None = None
        self.chunks: list[bytes | Exception] = [b"PK", b"more"]
        self.closed = threading.Event()
        self.threads: set[str] = set()

    def clip_url(self, *place: Any, etag: str, version_id: str | None) -> PresignedUrl:
        self.asked.append((*place, etag, *([version_id] if version_id else [])))
        self.threads.add(threading.current_thread().name)
        if self.error:
            raise self.error
        return PresignedUrl(url="http://127.0.0.1:9/clip?X-Amz-Signature=1", expires_at=END)

    def download(self, *place: Any) -> PresignedUrl:
        self.asked.append(place)
        self.threads.add(threading.current_thread().name)
        if self.error:
            raise self.error
        return PresignedUrl(url="http://127.0.0.1:9/clip?X-Amz-Signature=2", expires_at=END)

    def archive(self, *place: Any) -> Iterator[bytes]:
        self.asked.append(place)
        self.threads.add(threading.current_thread().name)
        if self.error:
            raise self.error
        return self._chunks()

    def _chunks(self) -> Iterator[bytes]:
        self.threads.add(threading.current_thread().name)
        try:
            for chunk in self.chunks:
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            self.closed.set()


@pytest.fixture
def services() -> Iterator[SimpleNamespace]:
    """The process's services, made up."""
    made = SimpleNamespace(
        mode="moto",
        objects=Objects(),
        tickets=Tickets(),
        origins=lambda: ("http://127.0.0.1:9",),
        close=lambda: None,
        login=None,
        sessions=SimpleNamespace(check=lambda _actor: None),
    )
    bootstrap.install(made)  # type: ignore[arg-type]
    yield made
    bootstrap.close()


@pytest.fixture
def objects(services: SimpleNamespace) -> Objects:
    made: Objects = services.objects
    return made


async def _page(_request: Request) -> HTMLResponse:
    return HTMLResponse("<p>page")


async def _broken(_request: Request) -> HTMLResponse:
    raise RuntimeError("AKIASECRET")


APP = Starlette(
    routes=[*console_routes(), Route("/page", _page), Route("/broken", _broken)],
    middleware=console_middleware(lambda _name: "127.0.0.1"),
    exception_handlers=console_errors(),
)


@pytest.fixture
def send() -> Callable[..., httpx.Response]:
    """`send(method, path, **options)`: a request from one of the console's own pages."""

    def request(method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(
                APP, client=("127.0.0.1", 50_000), raise_app_exceptions=False
            )
            async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
                headers = {"Origin": OWN, **options.pop("headers", {})}
                return await client.request(method, path, headers=headers, **options)

        return run_async(ask)

    return request


def assert_protected(answer: httpx.Response) -> None:
    for name, value in FIXED_HEADERS.items():
        assert answer.headers[name] == value
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


# -- health -------------------------------------------------------------------------------------


def test_health_says_the_console_is_ready(services: SimpleNamespace, send: Any) -> None:
    """State, kind of store and version; nothing else."""
    answer = send("GET", "/api/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "mode": "moto", "version": "0.1.0"}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("state", "status"), [("stopped", 200), ("starting", 200), ("failed", 503)]
)
def test_health_answers_while_there_is_no_store(
    monkeypatch: pytest.MonkeyPatch, send: Any, state: Any, status: int
) -> None:
    """At once, without waiting for the store or starting it."""
    secret = ConfigError("Wrong secret hunter2.", "Set it.")
    monkeypatch.setattr(bootstrap, "status", lambda: bootstrap.Status(state, error=secret))
    monkeypatch.setattr(bootstrap, "services", lambda: pytest.fail("waited for the store"))
    answer = send("GET", "/api/health")
    assert answer.status_code == status
    assert answer.json() == {"status": state, "mode": "", "version": "0.1.0"}


# -- a clip's URL -------------------------------------------------------------------------------


def test_a_clip_gets_a_fresh_url(objects: Objects, send: Any) -> None:
    """The player's four facts go to the library as they are, and the link comes back."""
    answer = send("POST", "/api/ui/clip", json=CLIP)
    assert answer.status_code == 200
    assert answer.json() == {
        "url": "http://127.0.0.1:9/clip?X-Amz-Signature=1",
        "expires_at": "2026-11-21T09:30:00+00:00",
    }
    assert objects.asked == [(local_actor(), "ssi", "stage", CLIP["key"], "abc")]
    assert answer.headers["Cache-Control"] == "no-store"
    assert_protected(answer)
    send("POST", "/api/ui/clip", json={**CLIP, "version": "v1"})
    assert objects.asked[1] == (*objects.asked[0], "v1")


def test_the_store_is_not_asked_in_the_event_loop(
    services: SimpleNamespace, objects: Objects, send: Any
) -> None:
    """A slow store must not stop the other requests."""
    send("POST", "/api/ui/clip", json=CLIP)
    send("GET", f"/api/ui/zip?ticket={services.tickets.issue(VIEWER, 'ssi', 'stage', ['a'])}")
    assert len(objects.asked) == 2
    assert threading.current_thread().name not in objects.threads


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput, 400),
        (AccessDenied, 403),
        (NotFound, 404),
        (Conflict, 409),
        (RuleViolation, 422),
        (ConfigError, 500),
        (Unsupported, 501),
        (StorageError, 502),
        (Unavailable, 503),
    ],
)
def test_a_failure_has_its_status_and_says_what_to_do(
    objects: Objects, send: Any, error: type[StorageError], status: int
) -> None:
    """Every kind of StorageError as JSON with a fitting status."""
    objects.error = error("What happened.", "What to do.")
    answer = send("POST", "/api/ui/clip", json=CLIP)
    assert answer.status_code == status
    assert answer.json() == {
        "error": {"code": error.code, "what": "What happened.", "remedy": "What to do."}
    }


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (json.dumps(CLIP), "text/plain", "not JSON"),
        (json.dumps(CLIP), "application/x-www-form-urlencoded", "not JSON"),
        (json.dumps(CLIP), None, "not JSON"),
        ("{", "application/json", "cannot be read"),
        ("", "application/json", "cannot be read"),
        ("\xff".encode("latin-1"), "application/json", "cannot be read"),
        ("[" * 20_000, "application/json", "cannot be read"),
        ('{"key": "\\ud800"}', "application/json", "cannot be read"),
        ("[]", "application/json", "lacks layout, role, key, etag"),
        ("null", "application/json", "lacks layout"),
        (json.dumps({**CLIP, "key": 1}), "application/json", "lacks key"),
        (json.dumps({**CLIP, "etag": None}), "application/json; charset=utf-8", "lacks etag"),
        (json.dumps({**CLIP, "more": "x" * 70_000}), "application/json", "too large"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    objects: Objects, send: Any, body: Any, content_type: str | None, says: str
) -> None:
    """Type, size, syntax and fields are checked before the library is asked."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = send("POST", "/api/ui/clip", content=body, headers=headers)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["what"]
    assert answer.json()["error"]["remedy"]
    assert objects.asked == []


def test_another_page_cannot_ask(objects: Objects, send: Any) -> None:
    """A request of another origin is refused before it is read, in words."""
    answer = send("POST", "/api/ui/clip", json=CLIP, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "No login is configured" in answer.text
    assert objects.asked == []
    assert_protected(answer)


def test_requests_wait_for_no_store(monkeypatch: pytest.MonkeyPatch, send: Any) -> None:
    """While the store starts: 503, try again."""
    monkeypatch.setattr(bootstrap, "status", lambda: bootstrap.Status("starting"))
    for method, path, body in (("POST", "/api/ui/clip", CLIP), ("GET", "/api/ui/zip", None)):
        answer = send(method, path, json=body)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "unavailable"


# -- one object ---------------------------------------------------------------------------------


def test_a_download_leads_to_the_store(objects: Objects, send: Any) -> None:
    """The key arrives as people wrote it, and the browser is sent on without keeping the way."""
    query = {"layout": "ssi", "role": "stage", "key": "a+b %2F#?&é.mp3"}
    answer = send("GET", "/api/ui/download", params=query)
    assert answer.is_redirect
    assert answer.headers["Location"] == "http://127.0.0.1:9/clip?X-Amz-Signature=2"
    assert answer.headers["Cache-Control"] == "no-store"
    assert objects.asked == [(local_actor(), "ssi", "stage", "a+b %2F#?&é.mp3", None)]
    assert threading.current_thread().name not in objects.threads
    send("GET", "/api/ui/download", params={**query, "version": "v1"})
    assert objects.asked[-1][-1] == "v1"


def test_a_refused_download_leads_nowhere(objects: Objects, send: Any) -> None:
    """The library's refusal is the answer."""
    objects.error = AccessDenied("You may not.", "Ask.")
    answer = send("GET", "/api/ui/download", params={"layout": "ssi"})
    assert answer.status_code == 403
    assert "Location" not in answer.headers


# -- a ZIP --------------------------------------------------------------------------------------


def test_a_ticket_is_answered_with_a_zip(services: SimpleNamespace, send: Any) -> None:
    """The keys the page chose, with the roles the person had there, as a download."""
    ticket = services.tickets.issue(VIEWER, "ssi", "stage", ["a", "b"])
    answer = send("GET", f"/api/ui/zip?ticket={ticket}")
    assert answer.status_code == 200
    assert answer.content == b"PKmore"
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ssi-stage.zip"'
    assert services.objects.asked == [(VIEWER, "ssi", "stage", ("a", "b"))]
    assert services.objects.closed.is_set()
    assert_protected(answer)


def test_a_project_name_cannot_write_headers(services: SimpleNamespace, send: Any) -> None:
    """Whatever a layout file calls itself, the file name stays one plain word."""
    ticket = services.tickets.issue(VIEWER, 'a"\r\nX: y/../é', "stage", ["a"])
    answer = send("GET", f"/api/ui/zip?ticket={ticket}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a-X-y--stage.zip"'


@pytest.mark.parametrize("query", ["", "?ticket=", "?ticket=guessed"])
def test_without_a_ticket_there_is_nothing(
    services: SimpleNamespace, send: Any, query: str
) -> None:
    """An unknown ticket is 404 and asks the store for nothing."""
    answer = send("GET", f"/api/ui/zip{query}")
    assert answer.status_code == 404
    assert "expired" in answer.json()["error"]["what"]
    assert services.objects.asked == []


def test_a_person_reads_words_not_json(services: SimpleNamespace, send: Any) -> None:
    """Who follows an old link in the browser sees two sentences."""
    answer = send("GET", "/api/ui/zip?ticket=old", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "download link has expired" in answer.text


def test_asking_for_the_head_makes_no_archive(services: SimpleNamespace, send: Any) -> None:
    """HEAD gives the headers of the download only."""
    ticket = services.tickets.issue(VIEWER, "ssi", "stage", ["a"])
    answer = send("HEAD", f"/api/ui/zip?ticket={ticket}")
    assert answer.status_code == 200
    assert services.objects.asked == []


def test_a_refused_archive_has_a_status(services: SimpleNamespace, send: Any) -> None:
    """The permission is checked before the first byte goes out."""
    services.objects.error = AccessDenied("You may not.", "Ask.")
    ticket = services.tickets.issue(VIEWER, "ssi", "stage", ["a"])
    assert send("GET", f"/api/ui/zip?ticket={ticket}").status_code == 403


def test_a_broken_archive_does_not_end_well(services: SimpleNamespace, send: Any) -> None:
    """A failure in the middle breaks the connection: a cut ZIP must not look complete."""
    services.objects.chunks = [b"PK", Unavailable("Gone.", "")]
    ticket = services.tickets.issue(VIEWER, "ssi", "stage", ["a"])
    sent: list[dict[str, Any]] = []

    async def ask() -> None:
        await APP(_zip_scope(ticket), _no_more, lambda message: _keep(sent, message))

    with pytest.raises((Unavailable, ExceptionGroup, RuntimeError)):
        run_async(ask)
    assert sent[0]["status"] == 200
    assert all(message.get("more_body") for message in sent[1:])


def test_a_browser_that_goes_away_stops_the_archive(services: SimpleNamespace) -> None:
    """The store is not read to the end for nobody."""
    services.objects.chunks = [b"x"] * 1_000
    ticket = services.tickets.issue(VIEWER, "ssi", "stage", ["a"])
    sent: list[dict[str, Any]] = []

    async def send_twice(message: dict[str, Any]) -> None:
        if len(sent) > 2:
            raise OSError("gone")  # how a server tells it, ASGI spec 2.4
        sent.append(message)

    async def ask() -> None:
        await APP(_zip_scope(ticket), _no_more, send_twice)

    with pytest.raises(ClientDisconnect):
        run_async(ask)
    assert services.objects.closed.is_set()
    assert len(sent) == 3


def _zip_scope(ticket: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/ui/zip",
        "raw_path": b"/api/ui/zip",
        "root_path": "",
        "query_string": f"ticket={ticket}".encode(),
        "headers": [(b"host", b"127.0.0.1:8501")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8501),
    }


async def _no_more() -> dict[str, Any]:
    await anyio.sleep_forever()
    raise AssertionError


async def _keep(sent: list[dict[str, Any]], message: dict[str, Any]) -> None:
    sent.append(message)


# -- everything else ----------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/nope"), ("GET", "/api/ui/clip")])
def test_an_unknown_address_is_not_a_page(send: Any, method: str, path: str) -> None:
    """JSON and 404, where Streamlit would answer with its page and 200."""
    answer = send(method, path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not-found"


def test_a_bug_shows_no_details(send: Any) -> None:
    """500 with the headers of every other response, and nothing of the exception."""
    answer = send("GET", "/broken")
    assert answer.status_code == 500
    assert "AKIASECRET" not in answer.text
    assert_protected(answer)


def test_a_page_may_play_from_the_store(services: SimpleNamespace, send: Any) -> None:
    """The policy names the store, asked for anew for each page: buckets move."""
    policy = send("GET", "/page").headers["Content-Security-Policy"]
    assert "media-src 'self' http://127.0.0.1:9 blob:;" in policy
    services.origins = lambda: ("https://b.example",)
    assert (
        "media-src 'self' https://b.example blob:;"
        in send("GET", "/page").headers["Content-Security-Policy"]
    )


@pytest.mark.parametrize("state", ["starting", "failed"])
def test_a_page_does_not_wait_long_for_the_store(
    monkeypatch: pytest.MonkeyPatch, send: Any, state: Any
) -> None:
    """While its address is unknown the policy allows this machine's ports, where it will be."""
    monkeypatch.setattr(bootstrap, "status", lambda: bootstrap.Status(state))
    monkeypatch.setattr("server.ready.PAGE_WAITS_S", 0.1)
    answer = send("GET", "/page")
    assert answer.status_code == 200
    assert f"media-src 'self' {ANY_LOCAL_PORT} blob:;" in answer.headers["Content-Security-Policy"]


def test_a_page_waits_a_moment_for_the_store(
    services: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, send: Any
) -> None:
    """A store that is ready within the wait is named exactly."""
    states = iter(["starting", "starting"])
    monkeypatch.setattr(bootstrap, "status", lambda: bootstrap.Status(next(states, "ready")))  # type: ignore[arg-type]
    assert (
        "media-src 'self' http://127.0.0.1:9 blob:;"
        in send("GET", "/page").headers["Content-Security-Policy"]
    )


def test_a_store_that_is_down_does_not_take_the_page_along(
    services: SimpleNamespace, send: Any
) -> None:
    """The page is served, and shows itself what is wrong."""

    def down() -> tuple[str, ...]:
        raise Unavailable("The store is down.", "Start it.")

    services.origins = down
    assert send("GET", "/page").status_code == 200
