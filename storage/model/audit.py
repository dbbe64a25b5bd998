"""The audit log's data: what is said of an action, the row that keeps it, what a check found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from storage.model.people import Actor, Role

Result = Literal["allowed", "refused", "failed", "done"]
Detail = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Who does what to what, from where, and why; when is said by the log.

    `action` is a permission's name. `allowed` is written before the act and stands alone when the
    act changes nothing and works; `failed` follows it when it does not, `done` when it changed
    something.
    """

    actor_id: str
    actor_name: str
    roles: tuple[str, ...]
    via: str
    address: str
    action: str
    result: Result
    layout: str = ""
    role: str = ""  # of the bucket in its layout
    bucket: str = ""
    key: str = ""
    version_before: str = ""  # version id where the bucket keeps versions, else the ETag
    version_after: str = ""
    note: str = ""  # what the person gave as the reason
    request_id: str = ""
    detail: Detail = field(default_factory=dict)

    @classmethod
    def by(cls, actor: Actor, action: str, **facts: Any) -> AuditEvent:
        """An event of `actor`; `facts` are the other fields by name, `result` among them."""
        return cls(
            actor_id=actor.id,
            actor_name=actor.name,
            roles=_named(actor.roles),
            via=actor.via,
            address=actor.address,
            action=action,
            request_id=actor.request_id,
            **facts,
        )


@lru_cache(maxsize=256)  # of a release's ten thousand steps each says the same
def _named(roles: frozenset[Role]) -> tuple[str, ...]:
    return tuple(sorted(role.value for role in roles))


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event as the log keeps it: with its number (1, 2, 3 …), its time and its mac.

    `at` is UTC, in ISO-8601 with microseconds and Z.
    """

    seq: int
    at: str
    event: AuditEvent
    mac: str

    def as_json(self) -> dict[str, Any]:
        """The form of `audit list --json`, of the export, and of the Activity page's download."""
        event = self.event
        return {
            "seq": self.seq,
            "at": self.at,
            "actor": event.actor_id,
            "name": event.actor_name,
            "roles": list(event.roles),
            "via": event.via,
            "address": event.address,
            "action": event.action,
            "result": event.result,
            "layout": event.layout,
            "role": event.role,
            "bucket": event.bucket,
            "key": event.key,
            "version_before": event.version_before,
            "version_after": event.version_after,
            "note": event.note,
            "request_id": event.request_id,
            "detail": dict(event.detail),
            "mac": self.mac,
        }


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows: those that fit every field that is set. `since` is included, `until` is not.

    `prefix` is what the key begins with. `text` is anywhere in what the row says, whatever the
    case of its letters (of ASCII ones; of others where the database knows them).
    """

    actor_id: str = ""
    action: str = ""
    result: str = ""
    layout: str = ""
    bucket: str = ""
    key: str = ""
    prefix: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Rows, newest first. `next` is what to give as `before` for older ones, None at the end."""

    rows: tuple[AuditRow, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row's number and mac, sealed, so that a cut tail shows."""

    seq: int
    mac: str
    seal: str


@dataclass(frozen=True, slots=True)
class Tampering:
    """One thing that is wrong with the log. `seq` is the row, 0 where it is about none."""

    code: Literal[
        "edited", "missing", "moved", "cut", "added", "head", "heads-file", "heads-object"
    ]
    seq: int
    text: str

    def as_json(self) -> dict[str, Any]:
        """The form of `audit verify --json`."""
        return {"code": self.code, "seq": self.seq, "text": self.text}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking the whole log found: nothing where `findings` is empty.

    `unread` says why it was not compared with the heads kept in a store, where they should be.
    """

    rows: int
    head: Head | None
    findings: tuple[Tampering, ...]
    more: int = 0  # findings beyond those listed
    unread: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form of `audit verify --json`."""
        return {
            "rows": self.rows,
            "head": {"seq": self.head.seq, "mac": self.head.mac} if self.head else None,
            "findings": [finding.as_json() for finding in self.findings],
            "more": self.more,
            "unread": self.unread,
        }
