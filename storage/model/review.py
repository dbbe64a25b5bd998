"""Listening: verdicts on bytes, what they make of a clip, and what is still to be heard.

A verdict is about bytes (`Content`). Key and version are evidence of where they were heard: other
bytes under the key have no verdict, the same bytes under another key have it already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from storage.model.content import Content

Decision = Literal["approved", "rejected", "second-ear"]
DECISIONS: Mapping[str, Decision] = {
    "approved": "approved",
    "rejected": "rejected",
    "second-ear": "second-ear",
}
ReviewState = Literal["new", "void", "second-ear", "approved", "rejected", "disputed"]
"""What verdicts make of a clip. "void": none on these bytes, but on others that lay under its key.
"disputed": approved by one person, rejected by another."""
OPEN: tuple[ReviewState, ...] = ("new", "void", "second-ear")
STATE_WORDS: Mapping[ReviewState, str] = {
    "new": "not heard",
    "void": "changed since it was heard",
    "second-ear": "needs a second ear",
    "approved": "approved",
    "rejected": "rejected",
    "disputed": "people disagree",
}
Risk = Literal["defect", "second-ear", "short", "changed", "rest"]
RISKS: tuple[Risk, ...] = ("defect", "second-ear", "short", "changed", "rest")
Order = Literal["risk", "course", "shortest", "newest", "changed", "random"]
ORDERS: Mapping[Order, str] = {
    "risk": "Likeliest faults first",
    "course": "As in the course",
    "shortest": "Shortest texts first",
    "newest": "Newest files first",
    "changed": "Changed since they were heard first",
    "random": "Mixed",
}
Needs = Literal["flagged", "everything", "nothing"]

NOTE_CHARACTERS = 2_000
MARK_CHARACTERS = 200
MARKS_MAX = 50
NONCE_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to reject, from the project's list."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What must have been heard before a course goes live. "flagged": none rejected, each clip with
    a finding or a single word heard, and `sample_percent` of the rest.
    """

    needs: Needs = "flagged"
    sample_percent: int = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """A note on one moment of a clip, in seconds from its start."""

    t: float
    text: str

    def as_json(self) -> dict[str, Any]:
        """`{t, text}`."""
        return {"t": self.t, "text": self.text}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person says of a clip, before it is kept. `nonce` is its own for ever: the same one
    again is the same verdict. `at` is when it was said, None for now.
    """

    nonce: str
    key: str
    content: Content
    decision: Decision
    reasons: tuple[str, ...] = ()
    note: str = ""
    marks: tuple[Mark, ...] = ()
    version_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kept verdict. `origin` says where one came from that was not given here ("import: Ann")."""

    id: int
    role: str
    key: str
    version_id: str
    content: Content
    decision: Decision
    reasons: tuple[str, ...]
    note: str
    marks: tuple[Mark, ...]
    at: datetime
    by_id: str
    by_name: str
    origin: str = ""


class Said(NamedTuple):
    """A verdict as counting needs it; with `undoes` it takes back that one. A tuple, for a course
    has tens of thousands and a frozen dataclass takes five times as long to make.
    """

    id: int
    role: str
    key: str
    etag: str
    size: int
    sha256: str
    decision: str
    by_id: str
    by_name: str
    at: str
    undoes: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person listens to: a course, everything below a prefix, or a saved selection."""

    kind: Literal["course", "prefix", "selection"]
    name: str

    def as_json(self) -> dict[str, str]:
        """`{"course": "ita_for_eng"}`."""
        return {self.kind: self.name}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a person stopped in a project."""

    layout: str
    by_id: str
    role: str
    scope: Scope
    order: Order
    key: str
    at: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Keys of one bucket that somebody put together under a name."""

    id: str
    layout: str
    role: str
    name: str
    keys: tuple[str, ...]
    by_id: str
    by_name: str
    at: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one judgement: kept (`verdict_id`, the clip's state), or why not. `again`:
    sending it again may help."""

    nonce: str
    verdict_id: int = 0
    state: ReviewState | None = None
    repeated: bool = False
    error: Mapping[str, str] = field(default_factory=dict)
    again: bool = False

    def as_json(self) -> dict[str, Any]:
        """As the routes tell it."""
        if self.error:
            return {
                "nonce": self.nonce,
                "ok": False,
                "error": dict(self.error),
                "again": self.again,
            }
        return {
            "nonce": self.nonce,
            "ok": True,
            "verdict_id": self.verdict_id,
            "state": self.state,
            "repeated": self.repeated,
        }


@dataclass(frozen=True, slots=True)
class Undone:
    """A verdict that was taken back: the clip it was on, and what others make of it."""

    key: str
    content: Content
    state: ReviewState


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: kept, known already, refused as (line, why)."""

    done: int
    repeated: int
    refused: tuple[tuple[int, str], ...]


# -- what verdicts make of a clip -----------------------------------------------------------------


def in_force(said: Iterable[Said]) -> dict[str, Said]:
    """The last verdict of each person that they did not take back, of verdicts on the same bytes in
    the order they were given.
    """
    told = sorted(said)  # by number
    if len(told) == 1 and not told[0].undoes:
        return {told[0].by_id: told[0]}
    undone = {one.undoes for one in told if one.undoes}
    return {one.by_id: one for one in told if not one.undoes and one.id not in undone}


def state_of(current: Iterable[Said]) -> ReviewState:
    """What the verdicts in force make of the bytes; "new" without any.

    An approval answers the question for a second ear when another person gave it afterwards.
    """
    rows: Sequence[Said] = tuple(current)
    decisions = {one.decision for one in rows}
    if "rejected" in decisions:
        return "disputed" if "approved" in decisions else "rejected"
    asked = [one for one in rows if one.decision == "second-ear"]
    if asked:
        last = max(asked, key=lambda one: one.id)
        answered = any(one.decision == "approved" and one.id > last.id for one in rows)
        return "approved" if answered else "second-ear"
    return "approved" if rows else "new"
