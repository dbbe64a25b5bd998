"""Copying and moving objects: what it would do, and doing it as a job.

S3 has no rename: a move is a copy, a comparison, and a delete of exactly the bytes that were
copied. Each step is kept before the next begins, so a job that was killed goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storage.changes import reading
from storage.changes.plan import missing_step, refuse_shared_targets, target_keys, transfer_step
from storage.changes.starting import start
from storage.errors import AccessDenied, InvalidInput
from storage.gate import Gate, Passage
from storage.jobs.running import OnProgress
from storage.jobs.service import Jobs
from storage.model.changes import TransferPlan, TransferStep
from storage.model.jobs import Job
from storage.model.objects import ObjectHead
from storage.model.people import Actor, Can


@dataclass(frozen=True, slots=True)
class Way:
    """What a copy passes: to read there, to write here, and for a move to delete there."""

    source: Passage
    target: Passage
    leave: Passage | None

    @classmethod
    def entered(
        cls, gate: Gate, actor: Actor, source: Sequence[str], target: Sequence[str], *, move: bool
    ) -> Way:
        """`source` and `target` are layout and bucket role. Raises AccessDenied, also where
        personal data would leave its project.
        """
        leave = gate.enter(actor, Can.OBJECT_DELETE, source[0], source[1]) if move else None
        way = cls(
            gate.enter(actor, Can.OBJECT_READ, source[0], source[1]),
            gate.enter(actor, Can.OBJECT_WRITE, target[0], target[1]),
            leave,
        )
        way._refuse_leaving()
        return way

    def _refuse_leaving(self) -> None:
        """Personal data stays where links are short and reads are audited."""
        layout = self.source.layout
        if layout.personal_data and layout.name != self.target.layout.name:
            raise self.source.refused(
                AccessDenied(
                    f"{layout.title} holds personal data, which does not leave the project.",
                    "Copy it within the project, or download single objects.",
                    bucket=self.source.bucket.bucket,
                )
            )


def plan(way: Way, keys: Sequence[str], to: str) -> TransferPlan:
    """What copying `keys` to `to` would do. Raises InvalidInput for keys and a place that do not
    fit.
    """
    source, target = way.source, way.target
    targets = target_keys(keys, to)
    found = reading.heads(source, keys)
    there = reading.heads(target, targets)
    planned = (
        _step(target, key, target_key, head, existing)
        for key, target_key, head, existing in zip(keys, targets, found, there, strict=True)
    )
    return TransferPlan(
        source.layout.name,
        source.bucket.role,
        source.bucket.bucket,
        target.layout.name,
        target.bucket.role,
        target.bucket.bucket,
        way.leave is not None,
        refuse_shared_targets(tuple(planned)),
    )


def _step(
    target: Passage,
    key: str,
    target_key: str,
    head: ObjectHead | None,
    existing: ObjectHead | None,
) -> TransferStep:
    if head is None:
        return missing_step(target.bucket.bucket, key, target_key)
    unholdable = target.store.capabilities.unholdable(target_key)
    return transfer_step(
        target.layout, target.bucket.role, head, target_key, existing, unholdable=unholdable
    )


def params_of(planned: TransferPlan, replace: frozenset[str], note: str) -> dict[str, Any]:
    """The steps to do, as the job keeps them. Raises InvalidInput where there are none."""
    chosen = [
        step
        for step in planned.steps
        if not step.blocked and (step.existing is None or step.target_key in replace)
    ]
    if not chosen:
        raise InvalidInput(
            "There is nothing to copy.", "Every object is refused, or exists and is not replaced."
        )
    return {
        "source": [planned.layout, planned.role],
        "target": [planned.target_layout, planned.target_role],
        "move": planned.move,
        "note": note,
        "steps": [
            {
                "key": step.key,
                "target": step.target_key,
                "size": step.size,
                "etag": step.etag,
                "existing": step.existing.etag if step.existing else None,
            }
            for step in chosen
        ],
    }


def begin(
    jobs: Jobs,
    way: Way,
    planned: TransferPlan,
    replace: frozenset[str],
    *,
    note: str,
    watch: OnProgress | None,
) -> Job:
    """The job that does what was planned."""
    params = params_of(planned, replace, note)
    count = len(params["steps"])
    what = params["steps"][0]["key"] if count == 1 else f"{count:,} objects"
    verb = "Move" if planned.move else "Copy"
    title = f"{verb} {what} from {way.source.bucket.title} to {way.target.bucket.title}"
    return start(jobs, way.target, "transfer", title, params, total=count, watch=watch)
