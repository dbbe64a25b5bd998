"""The scripts of the Listen page's component: modules that import one another, and a library.

They lie beside the component and are the same for everybody, so nobody is asked who they are.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from storage.errors import NotFound

_UI = Path(__file__).parents[1] / "ui"
_SHARED = ("asking.js", "measures.js")  # of the player


async def script(request: Request) -> Response:
    """One script by its name; the browser asks again each time whether it has changed."""
    name = request.path_params["name"]
    if name not in _scripts():
        raise NotFound(f"There is no script {name!r}.", "Reload the page.")
    body, etag = _scripts()[name]
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/javascript", headers=headers)


@cache
def _scripts() -> dict[str, tuple[bytes, str]]:
    """Body and ETag by name. Only these are served, whatever a name may look like."""
    own = _UI / "listen" / "scripts"
    files = {path.relative_to(own).as_posix(): path for path in own.rglob("*.js")}
    files |= {name: _UI / "player" / name for name in _SHARED}
    bodies = {name: path.read_bytes() for name, path in files.items()}
    return {
        name: (body, f'"{hashlib.sha256(body).hexdigest()[:32]}"') for name, body in bodies.items()
    }
