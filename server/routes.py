"""The console's own HTTP addresses, beside Streamlit's."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from server import VERSION, api_activity, api_audio, api_review, api_ui, api_upload, sign_in
from server.ready import SERVING
from server.scripts import script
from storage import bootstrap
from storage.errors import NotFound


class _Key(Convertor[str]):
    """As Starlette's own "path", which a line break in a name would slip past, to Streamlit."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def console_routes() -> list[Route]:
    """The sign-in's first step and all routes under `/api`, for `st.App(routes=…)`."""
    register_url_convertor("key", _Key())
    return [
        Route("/sign-in", sign_in.begin, methods=["GET"]),
        Route("/api/health", _health, methods=["GET"]),
        Route("/api/ui/clip", api_ui.clip, methods=["POST"]),
        Route("/api/ui/download", api_ui.download, methods=["GET"]),
        Route("/api/ui/zip", api_ui.archive, methods=["GET"]),
        Route("/api/ui/next", api_review.next_clips, methods=["POST"]),
        Route("/api/ui/verdict", api_review.verdict, methods=["POST"]),
        Route("/api/ui/undo", api_review.undo, methods=["POST"]),
        Route("/api/ui/activity", api_activity.export, methods=["GET"]),
        Route("/api/ui/listen/{name:key}", script, methods=["GET"]),
        Route("/api/audio/list", api_audio.list_objects, methods=["GET"]),
        Route("/api/audio/search", api_audio.search, methods=["GET"]),
        Route("/api/audio/upload", api_upload.upload, methods=["POST"]),
        Route("/api/audio/{filename:key}", api_audio.read, methods=["GET"]),
        Route("/api/audio/{filename:key}", api_audio.delete, methods=["DELETE"]),
        # without this Streamlit answers any unknown address with its page and status 200
        Route("/api/{rest:key}", _nothing_here, methods=_METHODS),
    ]


async def _health(_request: Request) -> JSONResponse:
    """Whether the console is up: 200 from the first moment on, 503 once its store failed to."""
    state = bootstrap.status().state
    mode = bootstrap.services().mode if state in SERVING else ""
    return JSONResponse(
        {"status": state, "mode": mode, "version": VERSION},
        status_code=503 if state == "failed" else 200,
    )


async def _nothing_here(request: Request) -> JSONResponse:
    raise NotFound(
        f"There is no {request.method} {request.url.path}.", "Check the address and the method."
    )
