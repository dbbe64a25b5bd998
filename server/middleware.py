"""ASGI layers around all of Streamlit: response headers outside, the loopback gate within.

Pure ASGI, because a websocket must pass through the same gate: it is how a page drives the console.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.headers import FIXED_HEADERS, content_security_policy
from server.loopback import REMEDY, address_refusal, is_api, refusal
from server.ready import ANY_LOCAL_PORT, page_origins


def console_middleware(option: Callable[[str], Any]) -> list[Middleware]:
    """The layers, outermost first. `option` reads a Streamlit option by name."""
    return [Middleware(SecurityHeaders), Middleware(LoopbackOnly, option=option)]


class SecurityHeaders:
    """Sets the security headers on every HTTP response that passes, and the request's id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
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
        headers["Content-Security-Policy"] = self._policy
        if is_api(scope):
            headers["Cache-Control"] = "no-store"


def _is_page(message: Message) -> bool:
    """HTML, or "not modified": browsers then take the new policy for the page they kept."""
    content_type = Headers(raw=message["headers"]).get("content-type", "")
    return content_type.startswith("text/html") or message["status"] == 304


class LoopbackOnly:
    """Refuses what does not come from this machine's own browser; at start, an open address."""

    def __init__(self, app: ASGIApp, option: Callable[[str], Any]) -> None:
        self._app = app
        self._option = option

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        reason = refusal(scope)
        if not reason:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # closing before accepting is answered with 403
            await send({"type": "websocket.close", "code": 1008})
        else:
            response = PlainTextResponse(f"{reason}\n{REMEDY}\n", status_code=403)
            await response(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = address_refusal(self._option("server.address"))
        if error is None:
            await self._app(scope, receive, send)
            return
        await receive()
        # the server prints this message and exits with an error, without a traceback
        message = f"{error.what} {error.remedy}"
        await send({"type": "lifespan.startup.failed", "message": message})
