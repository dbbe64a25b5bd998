"""What must still be heard before clips go live: pure, over exactly the bytes that are to go."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from storage.model.content import Content
from storage.model.review import Policy, ReviewState


@dataclass(frozen=True, slots=True)
class GateClip:
    """One clip that is to go live. `flagged`: a finding, or a text so short that it is heard in any
    case. `state` is of these very bytes.
    """

    key: str
    content: Content
    state: ReviewState
    flagged: bool
    measured: bool


@dataclass(frozen=True, slots=True)
class GateReport:
    """Whether they may go, and what speaks against it, by key."""

    policy: Policy
    clips: int
    approved: int
    rejected: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()  # that must be heard, each of them
    sample: tuple[str, ...] = ()  # of the rest, so many more; any others of the rest would do
    unmeasured: int = 0  # clips that count as flagged because nobody measured them
    changed: tuple[str, ...] = ()  # other bytes than were to go live
    missing: tuple[str, ...] = ()
    sample_wanted: int = 0
    sample_heard: int = 0

    @property
    def ok(self) -> bool:
        """Nothing speaks against it."""
        return not (
            self.rejected
            or self.disputed
            or self.unheard
            or self.sample
            or self.changed
            or self.missing
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """What speaks against it, for people."""
        told = (
            (self.rejected, "rejected"),
            (self.disputed, "disputed: people disagree"),
            (self.unheard, "to be heard"),
            (self.sample, f"more to be heard, of {self.sample_wanted:,} as a sample of the rest"),
            (self.changed, "changed since the plan was made"),
            (self.missing, "in the course and not in the bucket"),
        )
        return tuple(f"{len(keys):,} {words}" for keys, words in told if keys)

    def as_json(self) -> dict[str, Any]:
        """As the command line tells it."""
        return {
            "ok": self.ok,
            "needs": self.policy.needs,
            "clips": self.clips,
            "approved": self.approved,
            "rejected": list(self.rejected),
            "disputed": list(self.disputed),
            "unheard": list(self.unheard),
            "sample": list(self.sample),
            "sample_wanted": self.sample_wanted,
            "sample_heard": self.sample_heard,
            "unmeasured": self.unmeasured,
            "changed": list(self.changed),
            "missing": list(self.missing),
        }


@dataclass(slots=True)
class _Heap:
    rejected: list[str] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    rest: list[GateClip] = field(default_factory=list)  # not heard, and need not be each


def gate(
    clips: Iterable[GateClip],
    policy: Policy,
    *,
    changed: Iterable[str] = (),
    missing: Iterable[str] = (),
) -> GateReport:
    """What the policy still asks of these clips. Which ones of the rest make up the sample is
    drawn by their bytes: nobody can choose them, and asked twice they are the same.
    """
    found = _Heap()
    total = approved = unmeasured = rest_heard = 0
    for clip in clips:
        total += 1
        must = policy.needs == "everything" or clip.flagged or not clip.measured
        unmeasured += not clip.measured
        if clip.state == "approved":
            approved += 1
            rest_heard += not must
        elif clip.state == "rejected":
            found.rejected.append(clip.key)
        elif clip.state == "disputed":
            found.disputed.append(clip.key)
        elif policy.needs != "nothing":
            # whoever wants a second ear has doubts
            if must or clip.state == "second-ear":
                found.unheard.append(clip.key)
            else:
                found.rest.append(clip)
    wanted = 0
    if policy.needs == "flagged":
        wanted = math.ceil((len(found.rest) + rest_heard) * policy.sample_percent / 100)
    drawn = sorted(found.rest, key=_lot)[: max(0, wanted - rest_heard)]
    return GateReport(
        policy=policy,
        clips=total,
        approved=approved,
        rejected=tuple(found.rejected),
        disputed=tuple(found.disputed),
        unheard=tuple(found.unheard),
        sample=tuple(clip.key for clip in drawn),
        unmeasured=unmeasured,
        changed=tuple(changed),
        missing=tuple(missing),
        sample_wanted=wanted,
        sample_heard=min(rest_heard, wanted),
    )


def _lot(clip: GateClip) -> bytes:
    text = f"{clip.content.etag}/{clip.content.size}/{clip.key}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
