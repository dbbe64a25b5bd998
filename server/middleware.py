"""ASGI layers around all of Streamlit: response headers, who may knock, the sign-in, what only
people who are signed in may fetch.

Pure ASGI, because a websocket must pass through the same gate: it is how a page drives the console.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import tokens
from server.errors import storage_error_response
from server.headers import FIXED_HEADERS, HTTPS_ONLY, content_security_policy
from server.login_setup import configured_login
from server.loopback import REMEDY, Public, is_api, refusal
from server.ready import ANY_LOCAL_PORT, page_origins
from server.sign_in import SignInFlow
from storage.errors import ConfigError, StorageError

# Streamlit serves these to anybody who knows or guesses an address: what pages show, what people
# upload, how many people are here.
_FOR_SIGNED_IN = ("/media/", "/_stcore/upload_file/", "/_stcore/metrics", "/_stcore/agent/")


def console_middleware(option: Callable[[str], Any]) -> list[Middleware]:
    """The layers, outermost first. `option` reads a Streamlit option by name."""
    served = Served()
    return [
        Middleware(SecurityHeaders, served=served),
        Middleware(Doorkeeper, served=served, option=option),
        Middleware(SignInFlow),
        Middleware(SignedInOnly, served=served),
    ]


class Served:
    """Where the console is served, known once the server has started: None for here only."""

    public: Public | None = None


class SecurityHeaders:
    """Sets the security headers on every HTTP response that passes, and the request's id."""

    def __init__(self, app: ASGIApp, served: Served) -> None:
        self._app = app
        self._served = served
        self._policy = content_security_policy([ANY_LOCAL_PORT])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        # ours, not the client's: the audit log names it, so nobody else may choose it
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
                await self._add(scope, message)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    async def _add(self, scope: Scope, message: Message) -> None:
        if _is_page(message):
            # asked for anew each time: a bucket may have been found in another region since
            self._policy = content_security_policy(await page_origins())
        headers = MutableHeaders(scope=message)
        headers.update(FIXED_HEADERS)
        # an object that is sent brings a stricter policy, and may be kept by who asked for it
        headers.setdefault("Content-Security-Policy", self._policy)
        if is_api(scope):
            headers.setdefault("Cache-Control", "no-store")
        if self._served.public and self._served.public.https:
            headers.update(HTTPS_ONLY)
            message["headers"] = [_secured(*header) for header in message["headers"]]


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A cookie that no unencrypted request carries: Streamlit does not know of a proxy's https."""
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return name, value
    return name, value + b"; Secure"


def _is_page(message: Message) -> bool:
    """HTML, or "not modified": browsers then take the new policy for the page they kept."""
    content_type = Headers(raw=message["headers"]).get("content-type", "")
    return content_type.startswith("text/html") or message["status"] == 304


class Doorkeeper:
    """Refuses what is not for this console or comes from elsewhere; at start, a half-made login and
    an address that others reach without one.
    """

    def __init__(self, app: ASGIApp, served: Served, option: Callable[[str], Any]) -> None:
        self._app = app
        self._served = served
        self._option = option

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        public = self._served.public
        reason = refusal(scope, public)
        if not reason:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # closing before accepting is answered with 403
            await send({"type": "websocket.close", "code": 1008})
        else:
            remedy = public.remedy if public else REMEDY
            response = PlainTextResponse(f"{reason}\n{remedy}\n", status_code=403)
            await response(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._served.public = configured_login(self._option)
        except ConfigError as error:
            await receive()
            # the server prints this message and exits with an error, without a traceback
            message = f"{error.what} {error.remedy}"
            await send({"type": "lifespan.startup.failed", "message": message})
        else:
            await self._app(scope, receive, send)


class SignedInOnly:
    """With a login: asks who it is before Streamlit hands out files and takes uploads, which it
    does for anybody.
    """

    def __init__(self, app: ASGIApp, served: Served) -> None:
        self._app = app
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        guarded = self._served.public and scope["type"] == "http"
        if guarded and scope["path"].startswith(_FOR_SIGNED_IN):
            request = Request(scope)
            try:
                await tokens.actor_of(request)
            except StorageError as error:
                await storage_error_response(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)
