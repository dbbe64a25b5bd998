"""An event in the columns of the database, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, cast

from storage.audit.chain import Stored
from storage.model.audit import AuditEvent, AuditRow, Detail, Result

# Bytes of UTF-8 a column keeps. A key of S3 has at most 1,024, a version id too, a bucket 63; with
# these an index entry of PostgreSQL (2,704 at most) never refuses a row.
LIMITS: Mapping[str, int] = {
    "actor_id": 320,  # an e-mail address is never longer
    "actor_name": 320,
    "roles": 320,
    "via": 64,
    "address": 255,
    "action": 64,
    "layout": 128,
    "role": 128,
    "bucket": 255,
    "key": 1_024,
    "version_before": 1_024,
    "version_after": 1_024,
    "result": 16,
    "note": 2_000,
    "request_id": 128,
}
_DETAIL_BYTES = 500  # of each text in `detail`
_values = attrgetter(*LIMITS)
_encode = json.JSONEncoder(sort_keys=True).encode


def stored_form(event: AuditEvent, scrub: Callable[[str, int], str]) -> dict[str, str]:
    """The columns of an event, without secrets: all but `seq`, `at`, `prev` and `mac`."""
    columns = {
        name: scrub(",".join(value) if name == "roles" else str(value), max_bytes)
        for (name, max_bytes), value in zip(LIMITS.items(), _values(event), strict=True)
    }
    detail = {
        name: scrub(value, _DETAIL_BYTES) if isinstance(value, str) else value
        for name, value in event.detail.items()
    }
    return {**columns, "detail": _encode(detail)}


def as_row(stored: Stored) -> AuditRow:
    """What a row says; one that was tampered with says what it can."""
    columns = {name: _shown(stored[name]) for name in LIMITS}
    roles = tuple(role for role in columns.pop("roles").split(",") if role)
    result = cast("Result", columns.pop("result"))
    event = AuditEvent(
        **columns, roles=roles, result=result, detail=_detail(_shown(stored["detail"]))
    )
    return AuditRow(stored["seq"], _shown(stored["at"]), event, _shown(stored["mac"]))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _detail(text: str) -> Detail:
    try:
        detail = json.loads(text)
    except ValueError:
        detail = None
    return detail if isinstance(detail, dict) else {"unreadable": text}
