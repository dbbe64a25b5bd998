"""The player's test page with a renewal route and the console's own security policy."""

import os
import urllib.error
import urllib.request
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.headers import FIXED_HEADERS, content_security_policy

MEDIA = os.environ["MEDIA"]


def _ask(body: bytes) -> tuple[int, bytes]:
    request = urllib.request.Request(f"{MEDIA}/clip", data=body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


async def clip(request: Request) -> Response:
    """Passes the renewal on to the stand-in, which the test steers."""
    status, body = await run_in_threadpool(_ask, await request.body())
    return Response(body, status, media_type="application/json")


class Headers:
    """The headers of the real console, with the stand-in as the only store."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(FIXED_HEADERS)
                headers["Content-Security-Policy"] = content_security_policy([MEDIA])
            await send(message)

        await self.app(scope, receive, send_with_headers)


app = st.App(
    str(Path(__file__).with_name("player_page.py")),
    routes=[Route("/api/ui/clip", clip, methods=["POST"])],
    middleware=[Middleware(Headers)],
)
