"""`POST /api/audio/upload`: one file, taken whole before anything of it is stored.

The body is kept in a file without a name in the data folder, which is gone with the request and
with the process: what is cut off, or not as long as it says, leaves nothing anywhere.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, BinaryIO, cast

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from server.api_audio import by_header
from server.asked import header, read_query
from server.conditions import precondition
from server.ready import services_now
from server.tokens import actor_of
from storage.errors import InvalidInput, Unavailable
from storage.model.changes import Stored

MAX_BYTES = 1_073_741_824  # 1 GiB; larger files go by the command line or an upload link
AT_ONCE = 4  # so at most 4 GiB of the data folder's disk
STALL_S = 60.0  # a client that sends nothing for so long has gone
_UNSAID = frozenset({"", "application/octet-stream", "application/x-www-form-urlencoded"})
"""Content types that say nothing: the last is what curl sends for any file."""

_slots = threading.BoundedSemaphore(AT_ONCE)


async def upload(request: Request) -> Response:
    """Stores the body under `?filename=`, by the checks of Browse: `&note=`. Without If-Match it
    refuses to replace anything.
    """
    actor, services = await actor_of(request), services_now()
    asked = read_query(request, services, "filename", "note")
    name = asked.values.get("filename", "")
    condition = precondition(header(request, "if-match"), header(request, "if-none-match"))
    content_type, length = _content_type(request), _length(request)
    await run_in_threadpool(services.changes.check_storing, actor, *asked.place)
    with (
        _slot(),
        tempfile.TemporaryFile(dir=services.settings.data_path) as file,
        by_header(request),
    ):
        await _receive(request, file, length)
        stored = await run_in_threadpool(
            partial(
                services.changes.store,
                actor,
                *asked.place,
                name,
                cast("BinaryIO", file),
                precondition=condition,
                content_type=content_type,
                note=asked.values.get("note", ""),
            )
        )
    return JSONResponse(_told(stored), 201, {"ETag": f'"{stored.etag}"'})


def _content_type(request: Request) -> str:
    """The type that is asked for, "" to have it told from the bytes."""
    given = request.headers.get("content-type", "").strip()
    if given.lower().startswith("multipart/"):
        raise InvalidInput(
            "The body is a form, not a file.", "Send the bytes themselves (curl -T FILE)."
        )
    return "" if given.lower() in _UNSAID else given


def _length(request: Request) -> int | None:
    """What the body says it has, None where it does not say."""
    given = request.headers.get("content-length")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit()):
        raise InvalidInput("Content-Length is no number.", "Send the size in bytes, or none.")
    if len(given) > 18 or int(given) > MAX_BYTES:
        raise _too_large()
    return int(given)


def _too_large() -> InvalidInput:
    return InvalidInput(
        "The file is larger than 1 GiB, the most an upload by HTTP may have.",
        "Use `python -m storage put`, which can go on where it stopped, or an upload link.",
    )


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(blocking=False):
        raise Unavailable(f"{AT_ONCE} uploads are under way.", "Try again in a minute.")
    try:
        yield
    finally:
        _slots.release()


async def _receive(request: Request, file: IO[bytes], length: int | None) -> None:
    """The whole body. Raises InvalidInput where it is too long, or not as long as it says."""
    arriving, received = request.stream(), 0
    try:
        while True:
            with anyio.fail_after(STALL_S):
                piece = await anext(arriving, None)
            if piece is None:
                break
            received += len(piece)
            if received > MAX_BYTES:
                raise _too_large()
            await run_in_threadpool(file.write, piece)
        await run_in_threadpool(file.flush)
    except (ClientDisconnect, TimeoutError) as error:
        raise _broken_off() from error
    except OSError as error:
        raise Unavailable(
            "The console's disk cannot take the file.", "Ask an admin to look at its space."
        ) from error
    if length is not None and received != length:
        raise _broken_off()


def _broken_off() -> InvalidInput:
    return InvalidInput(
        "The body broke off or is not as long as it says, so nothing was stored.", "Send it again."
    )


def _told(stored: Stored) -> dict[str, object]:
    item = stored.item
    return {
        "key": item.key,
        "size": item.size,
        "etag": stored.etag,
        "version_id": stored.version_id,
        "kind": item.kind,
        "content_type": item.content_type,
        "replaced": item.existing is not None,
        "findings": [finding.as_dict() for finding in item.findings],
        "job": stored.job_id,
    }
