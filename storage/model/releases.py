"""Releases: a plan with who made, approved and ran it, how far it is, and what each step did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from storage.model.people import Actor
from storage.model.promotion import Gate, Header, Kind

ReleaseState = Literal[
    "planned", "approved", "running", "paused", "stopped", "copied", "live", "undone", "void"
]
STATE_WORDS: Mapping[ReleaseState, str] = {
    "planned": "waits for approval",
    "approved": "approved, not run",
    "running": "running",
    "paused": "paused",
    "stopped": "stopped before it was done",
    "copied": "copied, not verified",
    "live": "live",
    "undone": "undone",
    "void": "void",
}
RESUMABLE: frozenset[ReleaseState] = frozenset({"running", "paused", "stopped"})
BEGUN: frozenset[ReleaseState] = frozenset({"running", "paused", "stopped", "copied", "live"})
"""The states in which the target may hold some of it."""

Phase = Literal["begun", "done", "found", "failed"]
"""Of a step: about to be done, or done and not told yet; done; there already; not done."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something, when (UTC, ISO-8601 with microseconds and Z), and what they said of it."""

    id: str
    name: str
    at: str
    note: str = ""

    @classmethod
    def of(cls, actor: Actor, at: str, note: str = "") -> Person:
        """The person behind an actor: of a token, its owner."""
        return cls(actor.id, actor.name, at, note)

    def as_json(self) -> dict[str, str]:
        """All fields."""
        return {"id": self.id, "name": self.name, "at": self.at, "note": self.note}


@dataclass(frozen=True, slots=True)
class Approval:
    """Whose it is and until when it is good. `override`: why an admin approved alone what needs
    two; then another person countersigns it afterwards.
    """

    by: Person
    hash: str
    expires_at: str
    alone: bool = False  # by whoever planned it
    override: str = ""
    countersigned: Person | None = None

    def as_json(self) -> dict[str, Any]:
        """All fields."""
        return {
            "by": self.by.as_json(),
            "hash": self.hash,
            "expires_at": self.expires_at,
            "alone": self.alone,
            "override": self.override,
            "countersigned": self.countersigned.as_json() if self.countersigned else None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Approval:
        """The approval that `as_json` gave."""
        second = value["countersigned"]
        return cls(
            **{
                **value,
                "by": Person(**value["by"]),
                "countersigned": Person(**second) if second else None,
            }
        )


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: every object that should be there was asked for; of `read` the
    bytes were read, too. `wrong` lists what differs, the first hundred by key.
    """

    at: str
    objects: int
    read: int
    wrong: int = 0
    findings: tuple[tuple[str, str], ...] = ()  # key, what is wrong

    def as_json(self) -> dict[str, Any]:
        """All fields."""
        return {
            "at": self.at,
            "objects": self.objects,
            "read": self.read,
            "wrong": self.wrong,
            "findings": [{"key": key, "text": text} for key, text in self.findings],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Verified:
        """What `as_json` gave."""
        found = tuple((one["key"], one["text"]) for one in value["findings"])
        return cls(**{**value, "findings": found})


@dataclass(frozen=True, slots=True)
class Step:
    """What the journal says of one row of a plan (`seq`, from 0)."""

    seq: int
    key: str
    phase: Phase
    before_etag: str = ""  # of what was there, "" for nothing
    before_version: str = ""
    backup: str = ""  # key of its copy, where the target keeps no versions
    after_etag: str = ""
    after_version: str = ""
    error: str = ""  # JSON: code, what, remedy
    at: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """A manifest that a release put where players read it, and what was there before. `etag` is ""
    until it is known to be there.
    """

    role: str
    key: str
    before_etag: str = ""
    before_version: str = ""
    backup: str = ""
    etag: str = ""

    def as_json(self) -> dict[str, str]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Release:
    """A promotion or rollback, from its plan to its end. `done` and `failed` count steps of the
    journal; `expired`: its approval is no longer good.
    """

    id: str
    header: Header
    hash: str
    counts: Mapping[str, int]
    newer_in_prod: int
    bytes: int
    requests: int
    gates: tuple[Gate, ...]
    notes: tuple[str, ...]
    todo: int  # steps
    state: ReleaseState
    planned: Person
    approval: Approval | None = None
    run: Person | None = None
    finished_at: str = ""
    verified: Verified | None = None
    job: str = ""
    wanted: str = ""  # "pause" or "cancel" while somebody asks for it
    published: tuple[Published, ...] = ()  # manifests, after all else
    why: str = ""  # it stopped, or is void
    done: int = 0
    failed: int = 0
    failures: tuple[tuple[str, str], ...] = field(default=())  # key, what; the first hundred

    @property
    def kind(self) -> Kind:
        """Whether it goes forward or back."""
        return self.header.kind

    @property
    def blocked(self) -> tuple[Gate, ...]:
        """The gates that are shut."""
        return tuple(gate for gate in self.gates if gate.on and not gate.ok)

    def expired(self, now: datetime) -> bool:
        """Whether its approval has ended before it was run."""
        if self.state != "approved" or self.approval is None:
            return False
        return datetime.fromisoformat(self.approval.expires_at) <= now

    def as_json(self) -> dict[str, Any]:
        """The form of `promote show --json`, without the steps."""
        return {
            "id": self.id,
            "release": self.id,
            **self.header.as_json(),
            "hash": self.hash,
            "state": self.state,
            "counts": dict(self.counts),
            "newer_in_prod": self.newer_in_prod,
            "bytes": self.bytes,
            "requests": self.requests,
            "gates": [gate.as_json() for gate in self.gates],
            "notes": list(self.notes),
            "planned": self.planned.as_json(),
            "approval": self.approval.as_json() if self.approval else None,
            "run": self.run.as_json() if self.run else None,
            "finished_at": self.finished_at,
            "verified": self.verified.as_json() if self.verified else None,
            "job": self.job,
            "wanted": self.wanted,
            "published": [one.as_json() for one in self.published],
            "why": self.why,
            "done": self.done,
            "failed": self.failed,
            "total": self.todo,
            "failures": [{"key": key, "what": what} for key, what in self.failures],
        }
