"""StorageError -> HTTP: a fitting status and `{"error": {"code", "what", "remedy"}}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from server.conditions import PreconditionFailed, RangeNotSatisfiable
from server.headers import FIXED_HEADERS, content_security_policy
from storage.errors import (
    AccessDenied,
    Cancelled,
    ConfigError,
    Conflict,
    InvalidInput,
    NotFound,
    NotSignedIn,
    RuleViolation,
    StorageError,
    Unavailable,
    Unsupported,
)

STATUS: Mapping[type[StorageError], int] = {
    InvalidInput: 400,
    NotSignedIn: 401,
    AccessDenied: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    RangeNotSatisfiable: 416,
    Cancelled: 409,
    RuleViolation: 422,
    ConfigError: 500,
    Unsupported: 501,
    StorageError: 502,  # the store answered something the library does not know
    Unavailable: 503,
}


def console_errors() -> dict[type[Exception], Callable[[Request, Any], Response]]:
    """Exception handlers for the app: ours as JSON, anything else without its details."""
    return {StorageError: storage_error_response, Exception: _unexpected}


def storage_error_response(request: Request, error: StorageError) -> Response:
    """JSON for programs; two plain sentences where a person followed a link."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if "text/html" in request.headers.get("accept", ""):
        return PlainTextResponse(f"{error.what}\n{error.remedy}\n", status, headers)
    return JSONResponse({"error": error.as_dict()}, status, headers)


def _unexpected(_request: Request, _error: Exception) -> Response:
    # made outside the header layer, so it brings the headers itself
    return PlainTextResponse(
        "Something went wrong in the console. Its log has the details.\n",
        status_code=500,
        headers={
            **FIXED_HEADERS,
            "Content-Security-Policy": content_security_policy([]),
            "Cache-Control": "no-store",
        },
    )
