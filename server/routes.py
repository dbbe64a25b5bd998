"""The console's own HTTP addresses, beside Streamlit's."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from server import VERSION
from server.api_ui import UiApi
from server.startup import Startup, State
from storage.errors import NotFound

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def console_routes(startup: Startup) -> list[Route]:
    """All routes under `/api`, for `st.App(routes=…)`."""
    ui = UiApi(startup)

    async def health(_request: Request) -> JSONResponse:
        state = startup.state
        return JSONResponse(
            {"status": state, "mode": startup.mode, "version": VERSION},
            status_code=503 if state is State.FAILED else 200,
        )

    return [
        Route("/api/health", health, methods=["GET"]),
        Route("/api/ui/clip", ui.clip, methods=["POST"]),
        Route("/api/ui/zip", ui.zip, methods=["GET"]),
        # without this Streamlit answers any unknown address with its page and status 200
        Route("/api/{rest:path}", _nothing_here, methods=_METHODS),
    ]


async def _nothing_here(request: Request) -> JSONResponse:
    raise NotFound(
        f"There is no {request.method} {request.url.path}.", "Check the address and the method."
    )
