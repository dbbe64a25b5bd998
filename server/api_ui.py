"""What our own components ask for: a clip's renewed URL, a file, a ZIP of selected ones.

The store is asked in worker threads, never in the event loop.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import replace

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from server.bodies import read_object, strings
from server.ready import services_now
from server.tokens import actor_of


async def clip(request: Request) -> Response:
    """`{layout, role, key, etag}` -> `{url, expires_at}` for the player; with `version` exactly
    that version is played.
    """
    actor = await actor_of(request)
    values = await read_object(request)
    asked = strings({"version": "", **values}, "layout", "role", "key", "etag", "version")
    link = await run_in_threadpool(
        services_now().objects.clip_url,
        actor,
        asked["layout"],
        asked["role"],
        asked["key"],
        etag=asked["etag"],
        version_id=asked["version"] or None,
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
