"""Long work as data: one job as pages, routes and the command line show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
ACTIVE: frozenset[JobState] = frozenset({"queued", "running"})
"""The states in which somebody works on it or is about to; the others end with `finished_at`."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work. Times are UTC, ISO-8601 with microseconds and Z, "" for not yet.

    `interrupted`: its console or command ended, or gave no sign for 15 seconds. `total` is 0 while
    it is not known. `error` has code, what and remedy.
    """

    id: str
    kind: str  # of work: "upload", "transfer", "delete-prefix" …
    title: str
    actor_id: str  # who started it; whoever resumes it does not become its owner
    actor_name: str
    layout: str
    role: str  # of the bucket in its layout
    state: JobState
    done: int = 0
    total: int = 0
    unit: str = "objects"
    text: str = ""  # what it does right now, or what stopped it
    result: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    created_at: str = ""
    started_at: str = ""  # of the latest run
    finished_at: str = ""
    resumable: bool = False  # `Jobs.resume` would go on with it now
    cancelling: bool = False  # somebody asked to stop it, and it has not stopped yet

    @property
    def active(self) -> bool:
        """Whether somebody works on it or is about to."""
        return self.state in ACTIVE

    def as_json(self) -> dict[str, Any]:
        """The form of `jobs list --json` and of HTTP."""
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "actor": self.actor_id,
            "name": self.actor_name,
            "layout": self.layout,
            "role": self.role,
            "state": self.state,
            "done": self.done,
            "total": self.total,
            "unit": self.unit,
            "text": self.text,
            "result": dict(self.result),
            "error": dict(self.error) if self.error else None,
            "created_at": self.created_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "resumable": self.resumable,
            "cancelling": self.cancelling,
        }
