"""Listening: `/api/ui/next`, `/api/ui/verdict` and `/api/ui/undo`, for the player of Listen.

A browser keeps each verdict until it was told that it is kept, and sends it again: by its nonce it
is one verdict, however often it arrives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.bodies import read_object, strings
from server.ready import services_now
from server.tokens import actor_of
from storage.errors import InvalidInput
from storage.model.content import Content
from storage.model.people import Actor
from storage.model.review import Judgement, Mark, Scope
from storage.model.review_progress import Progress

_VERDICTS_MAX = 100  # in one request
_SKIP_MAX = 50  # clips that a browser holds
_BODY_BYTES = 1_048_576  # a hundred verdicts with long notes
_KINDS = ("course", "prefix", "selection")


async def next_clips(request: Request) -> Response:
    """The next clips for this listener, theirs for three minutes; with `key` that one."""
    actor = await actor_of(request)
    values = await read_object(request)
    place = strings(values, "layout", "role")
    if "key" in values:
        one = await run_in_threadpool(
            services_now().review.hear,
            actor,
            place["layout"],
            place["role"],
            _scope(values.get("scope")),
            strings(values, "key")["key"],
        )
        return _private(one.as_json())
    handed = await run_in_threadpool(
        services_now().review.next,
        actor,
        place["layout"],
        place["role"],
        _scope(values.get("scope")),
        order=_typed(values, "order", str, "risk"),
        count=_typed(values, "count", int, 2),
        skip=_texts(values, "skip", _SKIP_MAX),
        since=_time(values.get("since")),
    )
    return _private(handed.as_json())


async def verdict(request: Request) -> Response:
    """Keeps up to a hundred verdicts; tells each one's end."""
    actor = await actor_of(request)
    values = await read_object(request, _BODY_BYTES)
    place = strings(values, "layout", "role")
    found = values.get("verdicts")
    if not isinstance(found, list) or not 1 <= len(found) <= _VERDICTS_MAX:
        raise InvalidInput(
            "The request holds no verdicts.", f"Send a list of 1 to {_VERDICTS_MAX}."
        )
    judgements = [_judgement(one) for one in found]
    judged = await run_in_threadpool(
        services_now().review.judge, actor, place["layout"], place["role"], judgements
    )
    progress = await _progress(actor, place, values)
    return _private({"results": [one.as_json() for one in judged], "progress": progress})


async def undo(request: Request) -> Response:
    """Takes back one's own verdict; its clip is theirs again for a while."""
    actor = await actor_of(request)
    values = await read_object(request)
    place = strings(values, "layout", "role")
    number = _typed(values, "verdict_id", int, None)
    undone = await run_in_threadpool(
        services_now().review.undo, actor, place["layout"], place["role"], number
    )
    return _private(
        {
            "ok": True,
            "key": undone.key,
            "etag": undone.content.etag,
            "size": undone.content.size,
            "state": undone.state,
            "progress": await _progress(actor, place, values),
        }
    )


def _private(document: dict[str, Any]) -> Response:
    return JSONResponse(document, headers={"Cache-Control": "no-store"})


async def _progress(
    actor: Actor, place: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """How far it is by now, where the request says in which scope."""
    if values.get("scope") is None:
        return None
    progress: Progress = await run_in_threadpool(
        services_now().review.summary,
        actor,
        place["layout"],
        place["role"],
        _scope(values["scope"]),
        since=_time(values.get("since")),
    )
    return progress.as_json()


def _judgement(value: Any) -> Judgement:
    if not isinstance(value, dict):
        raise InvalidInput("A verdict is no object.", "Send objects.")
    told = strings(value, "nonce", "key", "etag", "decision")
    return Judgement(
        nonce=told["nonce"],
        key=told["key"],
        content=Content(told["etag"], _typed(value, "size", int, None)),
        decision=told["decision"],  # type: ignore[arg-type]  # checked where it is kept
        reasons=tuple(_texts(value, "reasons", _VERDICTS_MAX)),
        note=_typed(value, "note", str, ""),
        marks=tuple(_mark(mark) for mark in _typed(value, "marks", list, [])),
        version_id=_typed(value, "version_id", str, ""),
        at=_time(value.get("at")),
    )


def _mark(value: Any) -> Mark:
    at = value.get("t") if isinstance(value, dict) else None
    text = value.get("text") if isinstance(value, dict) else None
    number = isinstance(at, int | float) and not isinstance(at, bool)
    if not number or not math.isfinite(cast("float", at)) or not isinstance(text, str):
        raise InvalidInput("A note in time is wrong.", 'Send it like {"t": 1.2, "text": "click"}.')
    return Mark(float(cast("float", at)), text)


def _scope(value: Any) -> Scope:
    named = [kind for kind in _KINDS if isinstance(value, dict) and kind in value]
    if len(named) != 1 or not isinstance(value[named[0]], str):
        raise InvalidInput(
            "The request does not say what to listen to.",
            f"Send a scope with one of {', '.join(_KINDS)}.",
        )
    return Scope(cast("Any", named[0]), value[named[0]])


def _typed(values: Mapping[str, Any], name: str, kind: type, without: Any) -> Any:
    """A field of that type; `without` it where it may be left out, None where it may not."""
    value = values.get(name)
    if value is None and without is not None:
        return without
    if type(value) is not kind:  # not isinstance(): true is no number
        raise InvalidInput(f"{name} is missing or of another type.", "Reload the page.")
    return value


def _texts(values: Mapping[str, Any], name: str, at_most: int) -> list[str]:
    found = _typed(values, name, list, [])
    if len(found) > at_most or not all(isinstance(one, str) for one in found):
        raise InvalidInput(f"{name} is no list of at most {at_most} texts.", "Reload the page.")
    return list(found)


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        when = datetime.fromisoformat(value)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            "The request holds a time that is none.", "Send it like 2026-11-21T07:30:00+00:00."
        ) from error
