"""Objects for programs: `/api/audio/…` lists, searches, sends and deletes them.

What people stored is sent from the console's own address: as a file to save, never as a page or
script of the console's. `docs/http.md` describes each route.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import format_datetime
from functools import partial
from typing import Any

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.api_ui import ArchiveResponse
from server.asked import Asked, header, read_key, read_query
from server.conditions import PreconditionFailed, holds, one_tag, span
from server.ready import services_now
from server.tokens import actor_of
from storage.errors import Conflict
from storage.layout.profile import Layout
from storage.model.objects import ObjectHead
from storage.objects.names import download_name
from storage.s3.presign import attachment

OBJECT_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""Of an object's own answer: whatever it is, a browser runs nothing of it."""

# With nosniff, no browser takes these for a script, a style or a page.
_MEDIA = re.compile(
    r"(audio/[\w.+-]+|video/[\w.+-]+|image/(png|jpeg|gif|webp|avif|bmp|tiff)"
    r"|application/(json|pdf|zip)|text/(plain|csv))(; ?charset=[\w-]+)?",
    re.ASCII | re.IGNORECASE,
)
_OTHER = "application/octet-stream"


async def list_objects(request: Request) -> Response:
    """One page of folders and objects: `?prefix=&after=&limit=&recursive=1`."""
    actor, services = await actor_of(request), services_now()
    asked = read_query(request, services, "prefix", "after", "limit", "recursive")
    prefix = asked.values.get("prefix", "")
    found = await run_in_threadpool(
        partial(
            services.objects.list_page,
            actor,
            *asked.place,
            prefix,
            after=asked.values.get("after", ""),
            limit=asked.number("limit", 100),
            recursive=asked.flag("recursive"),
        )
    )
    page = found.page
    rest = {"prefix": prefix, "prefixes": page.prefixes, "complete": page.complete}
    return _rows(asked, page.bucket, page.objects, found.kinds, {**rest, "next": page.next})


async def search(request: Request) -> Response:
    """Objects with a text somewhere in their key: `?query=&prefix=&after=&limit=`."""
    actor, services = await actor_of(request), services_now()
    asked = read_query(request, services, "query", "prefix", "after", "limit")
    query, prefix = asked.values.get("query", ""), asked.values.get("prefix", "")
    found = await run_in_threadpool(
        partial(
            services.objects.search,
            actor,
            *asked.place,
            query,
            prefix=prefix,
            after=asked.values.get("after", ""),
            limit=asked.number("limit", 100),
        )
    )
    rest = {"query": query, "prefix": prefix, "complete": found.complete, "next": found.next}
    return _rows(asked, found.bucket, found.objects, found.kinds, rest)


def _rows(
    asked: Asked, bucket: str, objects: pa.RecordBatch, kinds: list[str], rest: Mapping[str, Any]
) -> Response:
    rows = [
        {**row, "modified": row["modified"].isoformat(), "kind": kind}
        for row, kind in zip(objects.to_pylist(), kinds, strict=True)
    ]
    place = {"project": asked.layout.name, "role": asked.role, "bucket": bucket}
    return JSONResponse({**place, **rest, "objects": rows})


async def read(request: Request) -> Response:
    """The object, or a range of it, from the store through the console; with HEAD its facts."""
    actor, services = await actor_of(request), services_now()
    asked, key = read_query(request, services), read_key(request)
    place = (actor, *asked.place, key)
    head = await run_in_threadpool(services.objects.head, *place)
    if_match, if_none_match = header(request, "if-match"), header(request, "if-none-match")
    if if_match and not holds(head.etag, if_match):
        raise PreconditionFailed("The object is another one by now.", "Ask for it anew.", key=key)
    headers = _headers(asked.layout, head)
    if if_none_match and holds(head.etag, if_none_match):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        return Response(headers={**headers, "Content-Length": str(head.size)})
    part = None
    if request.headers.get("if-range", headers["ETag"]) == headers["ETag"]:
        part = span(request.headers.get("range", ""), head.size)
    headers["Content-Length"] = str(part[1] if part else head.size)
    if part:
        headers["Content-Range"] = f"bytes {part[0]}-{sum(part) - 1}/{head.size}"

    def begin() -> tuple[bytes, Iterator[bytes]]:
        # with the first piece, so that a refusal still has a status of its own
        pieces = services.objects.stream(*place, etag=head.etag, span=part)
        return next(pieces, b""), pieces

    first, rest = await run_in_threadpool(begin)
    return ArchiveResponse(first, rest, headers, status_code=206 if part else 200)


def _headers(layout: Layout, head: ObjectHead) -> dict[str, str]:
    """What is said of an object. Never public: who asks is somebody, and it is in the log."""
    headers = {
        "ETag": f'"{head.etag}"',
        "Last-Modified": format_datetime(head.modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store" if layout.personal_data else "private, no-cache",
        "Content-Type": head.content_type if _MEDIA.fullmatch(head.content_type) else _OTHER,
        "Content-Disposition": attachment(download_name(head.key)),
        "Content-Security-Policy": OBJECT_POLICY,
    }
    if re.fullmatch(r"[a-z-]{1,20}", head.content_encoding):
        headers["Content-Encoding"] = head.content_encoding
    return headers


async def delete(request: Request) -> Response:
    """Deletes the object that If-Match names; without it the one that a look right before shows.
    The answer says which one that was: `?note=`.
    """
    actor, services = await actor_of(request), services_now()
    asked, key = read_query(request, services, "note"), read_key(request)
    etag = one_tag(header(request, "if-match"))
    with by_header(request):
        gone = await run_in_threadpool(
            partial(
                services.changes.remove,
                actor,
                *asked.place,
                key,
                etag=etag,
                note=asked.values.get("note", ""),
            )
        )
    return JSONResponse(
        {
            "key": gone.key,
            "size": gone.size,
            "etag": gone.etag,
            "version_id": gone.version_id,
            "marker_id": gone.marker_id,
            "undoable": gone.marker_id is not None,
        }
    )


@contextmanager
def by_header(request: Request) -> Iterator[None]:
    """A conflict with what the request's own headers demand is what HTTP has 412 for."""
    try:
        yield
    except Conflict as error:
        if {"if-match", "if-none-match"} & set(request.headers):
            raise PreconditionFailed(error.what, error.remedy, key=error.key) from error
        raise
