"""The layers around Streamlit's sign-in, in this process; Streamlit's own answers are made up."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from loops import run_async
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit.runtime.secrets import secrets_singleton

from server import tokens
from server.deep_link import COOKIE, from_cookie, to_cookie
from server.errors import console_errors
from server.lifespan import console_lifespan
from server.loopback import Public
from server.middleware import Served, console_middleware
from server.routes import console_routes
from storage import bootstrap
from storage.errors import NotSignedIn, Unavailable
from storage.model.people import local_actor

PUBLIC = "https://console.example.org"
DEEP = "/browse?project=ssi&at=a+b"
AUTH = {
    "redirect_uri": f"{PUBLIC}/oauth2callback",
    "cookie_secret": "c0ffee" * 8,
    "client_id": "soundstage",
    "client_secret": "s",
    "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
}
USER = "_streamlit_user=signed; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax"
NO_USER = '_streamlit_user=""; expires=now; Max-Age=0; Path=/; SameSite=lax'
TOKENS = "_streamlit_user_tokens=signed; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax"


class Streamlit:
    """What stands behind the layers: answers `answer`, and counts who came so far."""

    def __init__(self) -> None:
        self.answer: Response = RedirectResponse("/", status_code=302)
        self.paths: list[str] = []

    def sets(self, *cookies: str) -> None:
        self.answer = RedirectResponse("/", status_code=302)
        for cookie in cookies:
            self.answer.raw_headers.append((b"set-cookie", cookie.encode()))

    async def serve(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        return self.answer


@pytest.fixture
def streamlit() -> Streamlit:
    return Streamlit()


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Nobody is signed in until `come_in()`; `ended` is who signed out."""
    monkeypatch.setattr(secrets_singleton, "_secrets", {"auth": AUTH})
    ended: list[str] = []

    def nobody(_claims: Any, **_origin: str) -> None:
        raise NotSignedIn("You are not signed in.", "Sign in.")

    made = SimpleNamespace(
        mode="moto",
        login=SimpleNamespace(actor=nobody, sign_out=lambda actor: ended.append(actor.id)),
        sessions=SimpleNamespace(check=lambda _: None),
        origins=lambda: (),
        close=lambda: None,
        ended=ended,
    )

    def come_in() -> None:
        made.login.actor = lambda _claims, **_origin: local_actor()
        monkeypatch.setattr(tokens, "session_claims", lambda _connection: {"sub": "somebody"})

    made.come_in = come_in
    bootstrap.install(made)  # type: ignore[arg-type]
    yield made
    bootstrap.close()


@pytest.fixture
def ask(streamlit: Streamlit, services: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`ask(path, method=, cookie=, **headers)`: one request to the console at its public address."""
    monkeypatch.setattr(Served, "public", Public(PUBLIC))
    catch_all = Route("/{rest:path}", streamlit.serve, methods=["GET", "POST", "PUT", "DELETE"])
    app = Starlette(
        routes=[*console_routes(), catch_all],
        middleware=console_middleware(lambda _name: None),
        exception_handlers=console_errors(),
    )

    def once(path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(app, client=("192.0.2.7", 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
                sent = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=sent)

        return run_async(request)

    return once


def kept(target: str) -> str:
    return f"{COOKIE}={to_cookie(target)}"


# -- the way in ---------------------------------------------------------------------------------


def test_the_first_step_keeps_the_page(ask: Any) -> None:
    """In a cookie that only this site gets and no script reads; then to Streamlit's own address."""
    answer = ask(f"/sign-in?next={DEEP.replace('&', '%26')}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/auth/login?provider=")
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"]
    assert from_cookie(cookie.partition(";")[0].partition("=")[2]) == DEEP
    for attribute in ("HttpOnly", "SameSite=lax", "Secure", "Path=/", "Max-Age=3600"):
        assert attribute in cookie


def test_only_ways_that_there_are(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that nobody named is refused; without a login there is no way at all."""
    assert ask("/sign-in?provider=evil").status_code == 400
    monkeypatch.setattr(secrets_singleton, "_secrets", {})
    assert ask("/sign-in").headers["location"] == "/"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nX: y", "/%2F%2Fevil"],
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_the_way_back_stays_here(
    ask: Any, streamlit: Streamlit, target: str, signed_in: bool
) -> None:
    """Whatever stands in the cookie, and whoever put it there, also encoded by hand."""
    streamlit.sets(*([USER] if signed_in else []))
    by_hand = base64.urlsafe_b64encode(target.encode()).decode().rstrip("=")
    for value in (to_cookie(target), by_hand, "x" * 4_000):
        answer = ask("/oauth2callback?state=s&code=c", cookie=f"{COOKIE}={value}")
        assert answer.headers["location"] in {"/", "/?sign-in=stale"}


def test_back_to_the_page(ask: Any, streamlit: Streamlit) -> None:
    """Signed in: the page asked for, the cookie forgotten, nothing kept by caches, all cookies
    for encrypted connections only.
    """
    streamlit.sets(USER, TOKENS)
    answer = ask("/oauth2callback?state=s&code=c", cookie=kept(DEEP))
    assert (answer.status_code, answer.headers["location"]) == (303, DEEP)
    assert answer.headers["cache-control"] == "no-store"
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 3
    assert all("; Secure" in cookie for cookie in cookies)
    assert any(cookie.startswith(f"{COOKIE}=") and "Max-Age=0" in cookie for cookie in cookies)
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("query", "cookies", "reason"),
    [
        ("state=s&code=c", [NO_USER], "provider"),
        ("state=s&code=c", [NO_USER, TOKENS], "provider"),
        ("state=s&code=c", [], "stale"),
        ("state=s", [], "stale"),
        ("error=access_denied&state=s", [USER], "denied"),
        ("error=login_required", [USER], "denied"),
        ("error=server_error&error_description=x", [USER], "provider"),
        ("error=%1b[31mred%0d%0a&error_description=secret", [USER], "provider"),
    ],
)
def test_what_goes_wrong_is_told(
    ask: Any, streamlit: Streamlit, query: str, cookies: list[str], reason: str
) -> None:
    """On the page asked for, which stays kept; an error in the address never reaches Streamlit."""
    streamlit.sets(*cookies)
    answer = ask(f"/oauth2callback?{query}", cookie=kept(DEEP))
    assert answer.headers["location"] == f"{DEEP}&sign-in={reason}"
    assert COOKIE not in str(answer.headers.get_list("set-cookie"))
    assert ("error=" in query) is (streamlit.paths == [])


def test_the_log_repeats_no_address(ask: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Anybody can make one up: only the protocol's own words are written down."""
    with caplog.at_level(logging.INFO, "soundstage"):
        ask("/oauth2callback?error=%1b[31mred%0d%0a&error_description=told&code=c&state=s")
        ask("/oauth2callback?error=invalid_scope")
    assert [record.message for record in caplog.records if "sign-in" in record.message] == [
        "sign-in refused: unknown",
        "sign-in refused: invalid_scope",
    ]


def test_a_provider_out_of_reach(ask: Any, streamlit: Streamlit) -> None:
    """Streamlit's bare "Authentication error" becomes a sentence on the page."""
    streamlit.answer = PlainTextResponse("Authentication error", status_code=400)
    answer = ask("/auth/login?provider=t", cookie=kept(DEEP), sec_fetch_site="same-origin")
    assert answer.headers["location"] == f"{DEEP}&sign-in=unreachable"
    streamlit.answer = RedirectResponse("https://login.example.org/authorize?x=1")
    assert ask("/auth/login?provider=t").headers["location"].startswith("https://login.example")


# -- the way out --------------------------------------------------------------------------------


def test_signing_out_ends_every_session(ask: Any, services: SimpleNamespace) -> None:
    """In the database, before the cookie is forgotten; nobody's sign-out is none."""
    assert ask("/auth/logout").status_code == 302
    assert services.ended == []
    services.come_in()
    assert ask("/auth/logout").status_code == 302
    assert services.ended == ["local"]


def test_a_sign_out_that_cannot_be_noted(
    ask: Any, services: SimpleNamespace, streamlit: Streamlit
) -> None:
    """It says so, and does not pretend by forgetting the cookie."""
    services.come_in()

    def gone(_actor: object) -> None:
        raise Unavailable("The database is not there.", "Try again.")

    services.login.sign_out = gone
    assert ask("/auth/logout").status_code == 503
    assert streamlit.paths == []


def test_back_from_the_provider_after_signing_out(ask: Any) -> None:
    """The page says that it worked."""
    assert ask("/oauth2callback").headers["location"] == "/?sign-in=ended"


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/login?provider=t", "/sign-in"])
def test_no_other_site_signs_anybody_in_or_out(ask: Any, streamlit: Streamlit, path: str) -> None:
    """Not by a link, a form or an image."""
    for mode in ("navigate", "no-cors"):
        answer = ask(path, sec_fetch_site="cross-site", sec_fetch_mode=mode)
        assert answer.status_code == 403
    assert streamlit.paths == []
    back = ask("/oauth2callback?state=s", sec_fetch_site="cross-site", sec_fetch_mode="navigate")
    assert back.status_code == 303


# -- what only people who are signed in get -----------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/media/a.wav"),
        ("PUT", "/_stcore/upload_file/session/file"),
        ("DELETE", "/_stcore/upload_file/session/file"),
        ("GET", "/_stcore/metrics"),
        ("POST", "/_stcore/agent/interact"),
        ("GET", "/api/ui/download"),
        ("GET", "/api/ui/zip"),
        ("POST", "/api/ui/clip"),
    ],
)
def test_files_and_uploads_ask_who_it_is(
    ask: Any, streamlit: Streamlit, services: SimpleNamespace, method: str, path: str
) -> None:
    """Nobody gets to Streamlit's or our own; somebody does."""
    answer = ask(path, method=method, origin=PUBLIC)
    assert answer.status_code == 401
    assert streamlit.paths == []
    if not path.startswith("/api/"):
        services.come_in()
        assert ask(path, method=method, origin=PUBLIC).status_code == 302


@pytest.mark.parametrize("path", ["/", "/browse", "/static/x.js", "/_stcore/host-config"])
def test_the_sign_in_page_itself_asks_nobody(ask: Any, path: str) -> None:
    """Or nobody could ever sign in."""
    assert ask(path).status_code == 302


def test_all_routes_of_ours_ask_who_it_is(ask: Any) -> None:
    """Every one under /api but health and the player's scripts, which hold nobody's data: a new
    route cannot forget it unseen.
    """
    open_to_all = {"/sign-in", "/api/health", "/api/ui/listen/{name:key}", "/api/{rest:key}"}
    for route in console_routes():
        if route.path in open_to_all:
            continue
        for method in (route.methods or set()) - {"HEAD"}:
            answer = ask(
                route.path.replace("{", "").replace("}", "").replace(":key", ""),
                method=method,
                origin=PUBLIC,
            )
            assert answer.status_code == 401, route.path


def test_a_refusal_says_where_the_console_is(ask: Any) -> None:
    """Not how to make a tunnel."""
    answer = ask("/", host="192.0.2.7")
    assert answer.status_code == 403
    assert f"Open the console as {PUBLIC}." in answer.text
    assert ask("/api/health", host="192.0.2.7").status_code == 200


def test_an_access_log_holds_no_code(caplog: pytest.LogCaptureFixture) -> None:
    """Streamlit writes none; another server's keeps the path alone."""
    access = logging.getLogger("uvicorn.access")

    async def start() -> None:
        async with console_lifespan(lambda _name: None)(None):
            access.info('%s - "%s %s HTTP/%s" %d', "c", "GET", "/oauth2callback?code=x", "1.1", 303)

    bootstrap.install(SimpleNamespace(close=lambda: None))  # type: ignore[arg-type]
    with caplog.at_level(logging.INFO, "uvicorn.access"):
        run_async(start)
    assert [record.getMessage() for record in caplog.records if record.name == access.name] == [
        'c - "GET /oauth2callback HTTP/1.1" 303'
    ]
