"""The Listen player on a stand-in for the review routes, under the console's own policy."""

import os
import urllib.error
import urllib.request
from pathlib import Path

import streamlit as st
from player_app import Headers
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server import scripts

MEDIA = os.environ["MEDIA"]


def _ask(path: str, body: bytes) -> tuple[int, bytes]:
    request = urllib.request.Request(f"{MEDIA}{path}", data=body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


async def desk(request: Request) -> Response:
    """Passes the question on to the stand-in, which the test steers."""
    status, body = await run_in_threadpool(_ask, request.url.path, await request.body())
    return Response(body, status, media_type="application/json")


app = st.App(
    str(Path(__file__).with_name("listen_page.py")),
    routes=[
        *(
            Route(f"/api/ui/{name}", desk, methods=["POST"])
            for name in ("clip", "next", "verdict", "undo")
        ),
        Route("/api/ui/listen/{name:path}", scripts.script, methods=["GET"]),
    ],
    middleware=[Middleware(Headers)],
)
