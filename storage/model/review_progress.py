"""How far the listening is: counts of a scope and its parts, and how old the listing is that they
are counted from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Part:
    """Progress in one part of a scope: of a role, a slice."""

    name: str
    total: int = 0
    heard: int = 0
    approved: int = 0
    rejected: int = 0
    second_ear: int = 0
    disputed: int = 0
    void: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class PersonPart:
    """What one person said in a scope, as it stands."""

    name: str
    heard: int
    approved: int
    rejected: int
    second_ear: int


@dataclass(frozen=True, slots=True)
class ListingAge:
    """How the bucket's listing stands that a queue is made from."""

    state: Literal["ready", "building"]
    at: datetime | None
    age_s: int
    listed: int
    objects: int

    def as_json(self) -> dict[str, Any]:
        """As the routes tell it."""
        return {
            "state": self.state,
            "at": self.at.isoformat() if self.at else None,
            "age_s": self.age_s,
            "listed": self.listed,
            "objects": self.objects,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the listening is. `missing`: in the manifest, not in the bucket."""

    whole: Part
    missing: int
    today: int
    pace_per_hour: float | None
    listing: ListingAge
    by_role: tuple[Part, ...] = ()
    by_slice: tuple[Part, ...] = ()
    by_person: tuple[PersonPart, ...] = ()

    @property
    def minutes_left(self) -> int | None:
        """At the pace of now; None without one."""
        if not self.pace_per_hour:
            return None
        return max(1, round(self.whole.left / self.pace_per_hour * 60)) if self.whole.left else 0

    def as_json(self) -> dict[str, Any]:
        """As the routes tell it."""
        whole = self.whole
        return {
            "total": whole.total,
            "heard": whole.heard,
            "approved": whole.approved,
            "rejected": whole.rejected,
            "second_ear": whole.second_ear,
            "disputed": whole.disputed,
            "void": whole.void,
            "left": whole.left,
            "missing": self.missing,
            "today": self.today,
            "pace_per_hour": self.pace_per_hour,
            "minutes_left": self.minutes_left,
        }
