"""The journal of one release: what is about to be done is on disk before it is, and what became of
it after. Between the two a step is "begun": whoever finds it so tries again, and its condition and
a read tell whether it happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.db.releases import Releases
from storage.errors import StorageError, Unconfirmed, VerifyFailed
from storage.gate import Passage
from storage.model.releases import Phase, Step
from storage.promotion.steps import Meant
from storage.s3.many_copies import Copied

_OVER: tuple[Phase, ...] = ("done", "found")


@dataclass(frozen=True, slots=True)
class Before:
    """What is at a target right before it is written: its ETag, version and backup."""

    etag: str = ""
    version: str = ""
    backup: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a step."""

    phase: Phase
    etag: str = ""
    version: str = ""
    error: StorageError | None = None

    @classmethod
    def of(cls, outcome: Copied | StorageError) -> Ended:
        """Of a copy."""
        if isinstance(outcome, StorageError):
            return cls.not_done(outcome)
        written = outcome.written
        phase: Phase = "found" if outcome.found else "done"
        return cls(phase, written.etag, written.version_id or "")

    @classmethod
    def not_done(cls, error: StorageError) -> Ended:
        """What did not go well. Where it may have been written all the same, its end is open."""
        unsure = isinstance(error, (Unconfirmed, VerifyFailed))
        return cls("begun" if unsure else "failed", error=error)


class Journal:
    """Writes it, and tells the audit log the same."""

    def __init__(self, rows: Releases, release: str, call: str) -> None:
        self._rows = rows
        self._release = release
        self._call = call
        self._known = {step.seq: step for step in rows.steps(release)}
        self._unknown = {seq for seq, step in self._known.items() if step.phase == "begun"}
        self._over = {seq for seq, step in self._known.items() if step.phase in _OVER}

    def left(self, steps: int) -> list[int]:
        """The numbers of those that are still to be done, of so many."""
        return [seq for seq in range(steps) if seq not in self._over]

    @property
    def done(self) -> int:
        """How many are done."""
        return len(self._over)

    def begun(self, seq: int) -> Before | None:
        """What an earlier run saw before it began that step; None where none did."""
        step = self._known.get(seq)
        return Before(step.before_etag, step.before_version, step.backup) if step else None

    def begin(
        self, where: Passage, batch: Sequence[Meant], before: Mapping[int, Before], at: str
    ) -> None:
        """They are about to be done. Raises StorageError, and nothing may be, when that cannot be
        written.
        """
        if not batch:
            return
        fresh: list[Step] = []
        again: list[Step] = []
        for one in batch:
            there = before[one.seq]
            step = Step(one.seq, one.key, "begun", there.etag, there.version, there.backup, at=at)
            (again if one.seq in self._known else fresh).append(step)
            self._known[one.seq] = step
        self._rows.begin(self._release, fresh, again)
        detail = {
            **self._facts,
            "objects": len(batch),
            "first": batch[0].key,
            "last": batch[-1].key,
        }
        where.audit.append(where.event(result="allowed", detail=detail))

    def end(self, where: Passage, ended: Sequence[tuple[Meant, Ended]], at: str) -> None:
        """They are done, or not."""
        steps, events = [], []
        for one, end in ended:
            error = json.dumps(end.error.as_dict()) if end.error else ""
            phase = end.phase
            # what is found where an earlier run had begun is that run's own; where this one did
            # not come so far, the earlier one may have written all the same
            if one.seq in self._unknown and phase in ("found", "failed"):
                phase = "done" if phase == "found" else "begun"
            had = self._known[one.seq]
            before = (had.before_etag, had.before_version, had.backup)
            step = Step(one.seq, one.key, phase, *before, end.etag, end.version, error, at)
            self._known[one.seq] = step
            if phase in _OVER:
                self._over.add(one.seq)
            steps.append(step)
            events.append(
                where.event(
                    result="failed" if end.error else "done",
                    key=one.key,
                    version_before=step.before_version or step.before_etag,
                    version_after=step.after_version or step.after_etag,
                    detail={
                        **self._facts,
                        "state": one.state,
                        **({"found": True} if phase == "found" else {}),
                        **({"error": end.error.code, "what": end.error.what} if end.error else {}),
                    },
                )
            )
        self._rows.end(self._release, steps)
        if events:
            where.audit.append(*events)

    @property
    def _facts(self) -> dict[str, str | int | bool]:
        return {"call": self._call, "release": self._release}
