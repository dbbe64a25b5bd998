"""A row of the audit log as the Activity page shows it: in words, with its ways on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from storage.bootstrap import Services
from storage.gate import TOKEN_USE
from storage.model.audit import AuditEvent, AuditRow
from storage.model.people import Can
from storage.people.login import SIGN_IN, SIGN_OUT
from ui import gate
from ui.activity_view import LogView
from ui.log.log import LogRow
from ui.text import visible
from ui.view import View

ACTION_TITLES: Mapping[str, str] = {
    Can.OBJECT_LIST: "List a bucket",
    Can.OBJECT_READ: "Open an object",
    Can.OBJECT_LINK: "Give out a link",
    Can.OBJECT_ARCHIVE: "Download as ZIP",
    Can.OBJECT_WRITE: "Write an object",
    Can.OBJECT_DELETE: "Delete an object",
    Can.OBJECT_RECEIVE: "Give out an upload link",
    Can.PREFIX_DELETE: "Delete a folder",
    Can.WELCOME_PUBLISH: "Send a welcome to testing",
    Can.CLIP_MEASURE: "Measure recordings",
    Can.COURSE_PUT: "Give a course's manifest",
    Can.REVIEW_VERDICT: "Judge a clip",
    Can.PROMOTE_PLAN: "Plan a release",
    Can.PROMOTE_APPROVE: "Approve a release",
    Can.PROMOTE_RUN: "Run a release",
    Can.PROMOTE_ROLLBACK: "Roll a release back",
    Can.AUDIT_READ: "Read the log",
    Can.JOB_MANAGE: "Manage jobs",
    Can.TOKEN_MANAGE: "Manage API tokens",
    Can.USER_MANAGE: "Manage people",
    Can.CONSOLE_MANAGE: "Manage the console",
    Can.INVENTORY_SCAN: "Measure a bucket",
    Can.COST_READ: "See costs",
    Can.COST_MANAGE: "Manage costs",
    SIGN_IN: "Sign in",
    SIGN_OUT: "Sign out",
    TOKEN_USE: "Use a token that is over",
}
"""What a permission allows, in words; what is no permission is shown as it is."""
RESULT_TITLES: Mapping[str, str] = {
    "allowed": "Allowed",
    "refused": "Refused",
    "failed": "Failed",
    "done": "Done",
}
_TONES: Mapping[str, str] = {"done": "ok", "refused": "warning", "failed": "error"}
_VIA: Mapping[str, str] = {
    "session": "in the browser",
    "local": "in the browser, without login",
    "token": "with an API token",
    "cli": "on the command line",
    "job": "by a job",
}
_DETAIL_TITLES: Mapping[str, str] = {"what": "What happened"}
_UNITS: Mapping[str, str] = {"s": "seconds", "bytes": "bytes"}
_ROLES: Mapping[str, str] = {role.value: title for role, title in gate.ROLE_TITLES.items()}


def log_row(services: Services, view: LogView, row: AuditRow, kept: Mapping[str, str]) -> LogRow:
    """The row in words. `kept` goes along in links to other pages."""
    event = row.event
    call = str(event.detail.get("call", ""))
    return LogRow(
        seq=row.seq,
        at=row.at,
        who=visible(event.actor_name or event.actor_id),
        what=visible(ACTION_TITLES.get(event.action, event.action)),
        # "object:link, link" says it twice
        call="" if call in event.action else visible(_short(call)),
        place=visible(event.bucket),
        # what is no object has a name of its own: a token's, a job's title
        name=visible(event.key or str(event.detail.get("name") or event.detail.get("title") or "")),
        note=visible(event.note),
        result=visible(RESULT_TITLES.get(event.result, event.result)),
        tone=_TONES.get(event.result, ""),
        facts=[(label, visible(value)) for label, value in _facts(services, row) if value],
        links=list(_links(services, view, row, kept)),
    )


def _short(call: str) -> str:
    """`tokens.create` -> "create", `read-only` -> "read only"."""
    return call.rpartition(".")[2].replace("-", " ")


def _facts(services: Services, row: AuditRow) -> Iterator[tuple[str, str]]:
    event = row.event
    yield "Who", f"{event.actor_name} ({event.actor_id})"
    yield "Roles", ", ".join(_ROLES.get(role, role) for role in event.roles)
    yield "From", " ".join([event.address, _VIA.get(event.via, event.via)]).strip()
    yield "Permission", event.action
    yield "Object", f"s3://{event.bucket}/{event.key}" if event.bucket else event.key
    yield "Project", _project(services, event)
    yield "Version before", event.version_before
    yield "Version after", event.version_after
    yield "Why", event.note
    for name, value in event.detail.items():
        yield _title(name), _said(value)
    yield "Request", event.request_id
    yield "Row", f"{row.seq:,}"


def _title(name: str) -> str:
    """A detail's name as a label: `expires_s` -> "Expires (seconds)"."""
    words, _, unit = name.rpartition("_")
    if words and unit in _UNITS:
        return f"{words.replace('_', ' ').capitalize()} ({_UNITS[unit]})"
    return _DETAIL_TITLES.get(name, name.replace("_", " ").capitalize())


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _project(services: Services, event: AuditEvent) -> str:
    layout = services.layouts.get(event.layout)
    if layout is None:
        return f"{event.layout} {event.role}".strip()
    bucket = next((one for one in layout.buckets if one.role == event.role), None)
    return f"{layout.title}, {bucket.title if bucket else event.role}".strip(", ")


def _links(
    services: Services, view: LogView, row: AuditRow, kept: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    event = row.event
    if event.actor_id != view.person:
        yield "All of this person", LogView(person=event.actor_id).href()
    if event.key and (event.bucket, event.key) != (view.bucket, view.key):
        yield "History of this object", LogView(bucket=event.bucket, key=event.key).href()
    if event.request_id:
        yield "Same request", LogView(find=event.request_id).href()
    browse = _browse(services, event)
    if browse is not None:
        yield "Show in Browse", "browse?" + urlencode({**browse.params(), **kept})
    here = view.with_(before=str(row.seq + 1), at=str(row.seq))
    yield "Link to this row", here.href()


def _browse(services: Services, event: AuditEvent) -> View | None:
    layout = services.layouts.get(event.layout)
    if layout is None or all(bucket.role != event.role for bucket in layout.buckets):
        return None
    folder = event.key[: event.key.rfind("/") + 1]
    return View(event.layout, event.role, prefix=folder, at=event.key)
