"""The JSON that our own components send, read strictly: never more than it may be."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from storage.errors import InvalidInput

MAX_BODY_BYTES = 64 * 1024  # a key is at most 1,024 bytes; the rest of a request is small


async def read_object(request: Request, max_bytes: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """The object in a JSON body, {} for anything else that is JSON. Raises InvalidInput saying what
    is wrong with it.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        # a plain HTML form cannot send this type, so no other page can make one that works
        raise InvalidInput("The request is not JSON.", "Send it as Content-Type: application/json.")
    body = await _read_body(request, max_bytes)
    try:
        parsed: Any = json.loads(body)
        json.dumps(parsed, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The request's JSON cannot be read.", "Check its syntax.") from error
    return parsed if isinstance(parsed, dict) else {}


def strings(values: dict[str, Any], *names: str) -> dict[str, str]:
    """The named strings. Raises InvalidInput naming those that are missing."""
    wrong = [name for name in names if not isinstance(values.get(name), str)]
    if wrong:
        raise InvalidInput(
            f"The request lacks {', '.join(wrong)}.",
            f"Send an object with the strings {', '.join(names)}.",
        )
    return {name: values[name] for name in names}


async def _read_body(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise InvalidInput(
                "The request is too large.", f"Send at most {max_bytes // 1024} KiB."
            )
    return bytes(body)
