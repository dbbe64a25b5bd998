"""A local copy of the welcomes against the store: what differs, and which way it moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

What = Literal["registry", "recording"]
Direction = Literal["push", "pull"]
Change = Literal["add", "replace", "remove"]
Digests = Mapping[tuple[What, str], str]
"""(what, course or file name) -> the SHA-256 of its content; what is not there is not in it."""


@dataclass(frozen=True, slots=True)
class SyncAction:
    """One entry of the registry, or one recording (`name` is its file's, `ita`), on its way.
    `change` is what becomes of it where it goes to.
    """

    what: What
    name: str
    course: str  # that it is of; the name where no course is known
    direction: Direction
    change: Change
    taken: bool = False  # a conflict that was settled: it moves in this run, push or pull
    done: bool = False

    def as_json(self) -> dict[str, Any]:
        """A row of `status --json`."""
        return {
            "what": self.what,
            "course": self.course,
            "file": f"{self.name}.wav" if self.what == "recording" else "welcomes.json",
            "direction": self.direction,
            "change": self.change,
            "done": self.done,
        }


@dataclass(frozen=True, slots=True)
class SyncConflict:
    """What does not move, and why: both sides changed it, or it is broken."""

    what: What
    name: str
    course: str
    why: str

    def as_json(self) -> dict[str, str]:
        """A row of `status --json`."""
        return {"what": self.what, "course": self.course, "why": self.why}


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What differs between `folder` and the store. Nothing is moved by it."""

    layout: str
    folder: Path
    parts: frozenset[What]
    actions: tuple[SyncAction, ...]
    conflicts: tuple[SyncConflict, ...]
    local: Digests = field(repr=False)
    remote: Digests = field(repr=False)
    base: Digests = field(repr=False)  # as both were when they were last the same

    def as_json(self) -> dict[str, Any]:
        """The document of `welcomes status|push|pull --json`."""
        return {
            "actions": [action.as_json() for action in self.actions],
            "conflicts": [conflict.as_json() for conflict in self.conflicts],
        }
