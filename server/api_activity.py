"""The activity log as a file: `/api/ui/activity`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.api_ui import ArchiveResponse
from server.ready import services_now
from server.tokens import actor_of
from storage.activity.service import Form
from storage.errors import InvalidInput
from storage.model.audit import AuditFilter

_FORMS: Mapping[str, tuple[Form, str]] = {
    "csv": ("csv", "text/csv; charset=utf-8"),
    "jsonl": ("jsonl", "application/jsonl"),
}


async def export(request: Request) -> Response:
    """Every row that fits the filters of the query string, streamed: the log may have millions."""
    actor = await actor_of(request)
    asked = request.query_params
    if asked.get("form") not in _FORMS:
        raise InvalidInput("The form of the file is not known.", "Ask for form=csv or form=jsonl.")
    form, content_type = _FORMS[asked["form"]]
    wanted = _filters(asked)
    name = f"activity-{datetime.now(UTC):%Y-%m-%d}.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Type": content_type,
        "Cache-Control": "no-store",
    }
    if request.method == "HEAD":
        return Response(headers=headers)

    def begin() -> tuple[bytes, Iterator[bytes]]:
        # with the first chunk, so that a refusal still has a status of its own
        chunks = services_now().activity.export(actor, wanted, form)
        return next(chunks, b""), chunks

    return ArchiveResponse(*await run_in_threadpool(begin), headers)


def _filters(asked: Mapping[str, str]) -> AuditFilter:
    return AuditFilter(
        actor_id=asked.get("person", ""),
        action=asked.get("what", ""),
        result=asked.get("result", ""),
        layout=asked.get("project", ""),
        bucket=asked.get("bucket", ""),
        key=asked.get("key", ""),
        prefix=asked.get("starts", ""),
        text=asked.get("find", ""),
        since=_time(asked.get("since", "")),
        until=_time(asked.get("until", "")),
    )


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{text!r} is no time.", "Write it like 2026-11-21T07:30:00+00:00."
        ) from error
