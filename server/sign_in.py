"""The way through the provider and back: the page asked for is kept, a failure is told in words.

Streamlit signs people in by three addresses. `/auth/login` leads to the provider, which leads back
to `/oauth2callback`; `/auth/logout` forgets the person here and there. All of them end at "/", and
every failure silently so. This layer around them changes where they end, and ends all sessions of
who signs out.
"""

from __future__ import annotations

import logging
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import tokens
from server.deep_link import COOKIE, COOKIE_LIFE_S, HOME, from_cookie, to_cookie, with_reason
from server.errors import storage_error_response
from server.ready import services_now
from storage.errors import AccessDenied, InvalidInput, NotSignedIn, StorageError
from storage.people.providers import providers

_LOG = logging.getLogger("soundstage.login")

# What a provider may answer instead of a person (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6).
# Only these words reach the log: the rest of such an address is anybody's.
_DENIED = frozenset({"access_denied", "consent_required", "interaction_required", "login_required"})
_REFUSED = frozenset(
    {
        "account_selection_required",
        "invalid_request",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    }
)


async def begin(request: Request) -> Response:
    """`/sign-in?next=&provider=`: keeps the page asked for and leads to the provider."""
    names = providers(tokens.auth_section())
    if not names:
        return RedirectResponse(HOME, status_code=303)
    provider = request.query_params.get("provider", names[0])
    if provider not in names:
        raise InvalidInput("There is no such way to sign in.", "Go back and choose another.")
    response = RedirectResponse(tokens.provider_address(provider), status_code=303)
    response.set_cookie(
        COOKIE,
        to_cookie(request.query_params.get("next", "")),
        max_age=COOKIE_LIFE_S,
        httponly=True,
        samesite="lax",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


class SignInFlow:
    """Around Streamlit's addresses of a sign-in; everything else passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path == "/auth/login":
            await self._app(scope, receive, _Answer(scope, send).to_provider)
        elif path == "/auth/logout":
            failed = await _end_session(Request(scope))
            await (failed or self._app)(scope, receive, send)
        elif path == "/oauth2callback":
            answer = _Answer(scope, send)
            told = answer.told_by_provider()
            await (told(scope, receive, send) if told else self._app(scope, receive, answer.back))
        else:
            await self._app(scope, receive, send)


class _Answer:
    """What Streamlit answers on one of its addresses, and what is made of it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._query = parse_qs(scope["query_string"].decode("latin-1"))
        self._next = from_cookie(HTTPConnection(scope).cookies.get(COOKIE, ""))
        self._send = send

    def told_by_provider(self) -> Response | None:
        """The answer when the provider sends no person back; None when it seems to."""
        if "error" in self._query:
            code = self._query["error"][0]
            _LOG.warning("sign-in refused: %s", code if code in _DENIED | _REFUSED else "unknown")
            return self._failed("denied" if code in _DENIED else "provider")
        if "state" not in self._query:
            return RedirectResponse(with_reason(HOME, "ended"), status_code=303)  # from signing out
        return None

    async def to_provider(self, message: Message) -> None:
        """Leads to the provider, or back to the page with what is wrong."""
        if message["type"] == "http.response.start":
            location = Headers(raw=message["headers"]).get("location", HOME)
            if message["status"] >= 400:
                self._redirect(message, with_reason(self._next, "unreachable"))
            elif location == HOME:  # the link was older than two minutes
                self._redirect(message, with_reason(self._next, "stale"))
        await self._send(message)

    async def back(self, message: Message) -> None:
        """Leads to the page asked for, or back to the sign-in with what is wrong."""
        if message["type"] == "http.response.start":
            signed_in, refused = _user_cookie(message)
            if signed_in:
                self._redirect(message, self._next)
                MutableHeaders(scope=message).append("set-cookie", _forget())
            else:
                self._redirect(message, with_reason(self._next, "provider" if refused else "stale"))
        await self._send(message)

    def _failed(self, reason: str) -> Response:
        return RedirectResponse(with_reason(self._next, reason), status_code=303)

    def _redirect(self, message: Message, target: str) -> None:
        message["status"] = 303
        headers = MutableHeaders(scope=message)
        headers["location"] = target
        headers["cache-control"] = "no-store"


def _user_cookie(message: Message) -> tuple[bool, bool]:
    """(whether the answer signs a person in, whether it forgets one)."""
    cookies = Headers(raw=message["headers"]).getlist("set-cookie")
    ours = [cookie for cookie in cookies if cookie.startswith(f"{tokens.USER_COOKIE}=")]
    forgets = [cookie for cookie in ours if "max-age=0" in cookie.lower()]
    return len(ours) > len(forgets), bool(forgets)


def _forget() -> str:
    gone = Response()
    gone.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return gone.headers["set-cookie"]


async def _end_session(request: Request) -> Response | None:
    """Ends what the person may do in every tab and browser; the answer if that cannot be done.

    The cookie alone would only be forgotten here, and a tab that is open needs none.
    """
    try:
        actor = await tokens.actor_of(request)
        login = services_now().login
        if login is not None:
            await run_in_threadpool(login.sign_out, actor)
    except (NotSignedIn, AccessDenied):
        return None  # nobody's session, or one that may do nothing
    except StorageError as error:
        return storage_error_response(request, error)
    return None
