"""The two buckets of a release for whoever runs it, and comparing them afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from storage.errors import Conflict, VerifyFailed
from storage.gate import Gate, Passage
from storage.jobs.work import Running
from storage.layout.profile import Layout
from storage.layout.promoting import PromotionRules
from storage.model.people import Actor, Can
from storage.model.releases import Release, Verified
from storage.promotion.shelf import ReleaseShelf
from storage.promotion.verifying import Checking, verified


def rules_of(layout: Layout) -> PromotionRules:
    """The project's rules. Raises Conflict for one that promotes nothing (any more)."""
    if layout.promotion is None:
        raise Conflict(f"{layout.title} promotes nothing.", "Choose another project.")
    return layout.promotion


def running_can(release: Release) -> Can:
    """What running it takes."""
    return Can.PROMOTE_ROLLBACK if release.kind == "rollback" else Can.PROMOTE_RUN


@dataclass(frozen=True, slots=True)
class Ends:
    """The two buckets of a release, entered."""

    source: Passage
    target: Passage

    @classmethod
    def entered(cls, gate: Gate, actor: Actor, release: Release, can: Can) -> Ends:
        """Raises AccessDenied; Conflict where the project's buckets are others by now."""
        header = release.header
        target = gate.enter(actor, can, header.layout, header.target_role)
        source = gate.enter(actor, Can.OBJECT_READ, header.layout, header.source_role)
        now = (source.bucket.bucket, target.bucket.bucket)
        if now != (header.source_bucket, header.target_bucket):
            raise Conflict(
                "The project's buckets are others than when the release was planned.",
                "Make a new plan.",
            )
        return cls(source, target)


def verify(
    job: Running,
    shelf: ReleaseShelf,
    release: Release,
    rows: pa.Table,
    ends: Ends,
    *,
    now: datetime,
) -> Verified:
    """What verifying it finds, kept with the release; by reading every object where the job's
    `all` says so.
    """
    checking = Checking(
        release,
        rows,
        {step.seq: step for step in shelf.rows.steps(release.id)},
        ends.source.store,
        ends.target,
        bool(job.params.get("all")),
        job.stop_if_asked,
        lambda done, total: job.progress(done, total, "Verifying"),
    )
    found = verified(checking, now)
    shelf.change(release, {"verified": found})
    return found


def unlike(release: Release, found: Verified) -> VerifyFailed:
    """What to say where a verification found something."""
    return VerifyFailed(
        f"{found.wrong:,} objects are not as they should be.",
        f"See `promote show {release.id}`; roll it back, or verify again.",
        bucket=release.header.target_bucket,
    )
