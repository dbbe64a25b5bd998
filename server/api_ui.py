"""What our own components ask for: a clip's renewed URL, a file, a ZIP of selected ones.

The store is asked in worker threads, never in the event loop.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import replace
from typing import Any

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from server.ready import services_now
from server.tokens import actor_of
from storage.errors import InvalidInput

MAX_BODY_BYTES = 64 * 1024  # a key is at most 1,024 bytes; the rest of a request is small


async def clip(request: Request) -> Response:
    """`{layout, role, key, etag}` -> `{url, expires_at}` for the player."""
    actor = await actor_of(request)
    asked = await _read_strings(request, ("layout", "role", "key", "etag"))
    link = await run_in_threadpool(
        services_now().objects.clip_url,
        actor,
        asked["layout"],
        asked["role"],
        asked["key"],
        etag=asked["etag"],
    )
    return JSONResponse({"url": link.url, "expires_at": link.expires_at.isoformat()})


async def download(request: Request) -> Response:
    """Leads the browser to the store, which sends `key` as a file: `?layout=&role=&key=`, and
    `&version=` for an older version of it.
    """
    actor = await actor_of(request)
    asked = request.query_params
    link = await run_in_threadpool(
        services_now().objects.download,
        actor,
        asked.get("layout", ""),
        asked.get("role", ""),
        asked.get("key", ""),
        asked.get("version") or None,
    )
    return RedirectResponse(link.url, status_code=302)


async def archive(request: Request) -> Response:
    """The objects of a ticket that a page made, as one streamed ZIP."""
    actor = await actor_of(request)
    services = services_now()
    ticket = services.tickets.redeem(actor, request.query_params.get("ticket", ""))
    # with the roles of the page, but the session of now: the ticket may be older than the sign-in
    asking = replace(actor, roles=actor.roles & ticket.actor.roles)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{ticket.layout}-{ticket.role}")
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    if request.method == "HEAD":
        return Response(media_type="application/zip", headers=headers)

    def begin() -> tuple[bytes, Iterator[bytes]]:
        # with the first chunk, so that a refusal still has a status of its own
        chunks = services.objects.archive(asking, ticket.layout, ticket.role, ticket.keys)
        return next(chunks, b""), chunks

    return ArchiveResponse(*await run_in_threadpool(begin), headers)


class ArchiveResponse(StreamingResponse):
    """Streams an archive and stops making it when the browser goes away."""

    media_type = "application/zip"

    def __init__(
        self, first: bytes, rest: Iterator[bytes], headers: dict[str, str], status_code: int = 200
    ) -> None:
        super().__init__(_after(first, rest), status_code, headers)
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if isinstance(self._rest, Generator):
                # releases its connection to the store now, not at some garbage collection
                await run_in_threadpool(self._rest.close)


async def _after(first: bytes, rest: Iterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in iterate_in_threadpool(rest):
        yield chunk


async def _read_strings(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """The named strings of a JSON body. Raises InvalidInput saying what is wrong with it."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        # a plain HTML form cannot send this type, so no other page can make one that works
        raise InvalidInput("The request is not JSON.", "Send it as Content-Type: application/json.")
    body = await _read_body(request)
    try:
        parsed: Any = json.loads(body)
        json.dumps(parsed, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The request's JSON cannot be read.", "Check its syntax.") from error
    values = parsed if isinstance(parsed, dict) else {}
    wrong = [name for name in names if not isinstance(values.get(name), str)]
    if wrong:
        raise InvalidInput(
            f"The request lacks {', '.join(wrong)}.",
            f"Send an object with the strings {', '.join(names)}.",
        )
    return {name: values[name] for name in names}


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise InvalidInput(
                "The request is too large.", f"Send at most {MAX_BODY_BYTES // 1024} KiB."
            )
    return bytes(body)
