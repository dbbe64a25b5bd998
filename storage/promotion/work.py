"""The job that runs a release: its steps, their verification, the manifest last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import pyarrow as pa

from storage.errors import Cancelled, Conflict, StorageError
from storage.gate import Gate
from storage.jobs.work import Running
from storage.layout.promoting import PromotionRules
from storage.model.people import Can
from storage.model.releases import Person, Published, Release
from storage.promotion.approving import check_runnable
from storage.promotion.doing import Asked, Doing
from storage.promotion.ends import Ends, rules_of, running_can, unlike, verify
from storage.promotion.hashing import plan_hash
from storage.promotion.journal import Journal
from storage.promotion.publishing import Publishing
from storage.promotion.shelf import ReleaseShelf, as_text

KIND = "run-release"


class ReleaseWork:
    """The job "run-release". It keeps no checkpoint: the journal says what is left."""

    kind = KIND
    resumable = True

    def __init__(self, gate: Gate, shelf: ReleaseShelf, clock: Callable[[], datetime]) -> None:
        self._gate = gate
        self._shelf = shelf
        self._clock = clock

    def run(self, job: Running) -> Mapping[str, Any]:
        """From wherever it is to its end, or to a pause."""
        release = self._claimed(job)
        try:
            return self._run(job, release)
        except Cancelled:
            raise
        except StorageError as error:
            self._stop(job, release, error.what)
            raise

    def tidy(self, job: Running) -> None:
        """Nothing is half done; a release whose job was cancelled has stopped."""
        with suppress(StorageError):
            release = self._shelf.get(job.params["layout"], job.params["release"])
            self._stop(job, release, "It was cancelled.")

    def _stop(self, job: Running, release: Release, why: str) -> None:
        values = {"state": "stopped", "wanted": "", "why": why, "finished_at": self._now()}
        with suppress(StorageError):  # then its job tells
            self._shelf.change(release, values, state="running", job=job.id)

    def _claimed(self, job: Running) -> Release:
        """The release, this job's own from now on. Of two that want it one gets it."""
        release = self._shelf.get(job.params["layout"], job.params["release"])
        check_runnable(release, self._clock())
        # what another job holds is let go of by it, or taken from its job when that is dead
        free = ("approved", "paused", "stopped", "copied")
        person = Person.of(job.actor, self._now(), job.params.get("note", ""))
        values = {
            "state": "running",
            "job": job.id,
            "wanted": "",
            "why": "",
            "finished_at": "",
            "run": release.run or person,
        }
        claimed = self._shelf.change(release, values, state=free, hash=release.hash)
        if claimed is None:
            claimed = self._shelf.change(release, {"wanted": ""}, state="running", job=job.id)
        if claimed is None:
            raise Conflict(
                "Somebody else runs this release, or it has ended.",
                f"See `promote status {release.id}`.",
            )
        return claimed

    def _run(self, job: Running, release: Release) -> Mapping[str, Any]:
        can = running_can(release)
        ends = Ends.entered(self._gate, job.actor, release, can)
        rules = rules_of(ends.target.layout)
        rows = self._shelf.plan_rows(release.id)
        if plan_hash(release.header, release.gates, rows) != release.hash:
            raise Conflict("The plan is not the one that was approved.", "Make a new plan.")
        if release.kind == "rollback":
            release = self._put_back(job, release, rules, first=True)
        asked = Asked(
            lambda: Ends.entered(self._gate, job.actor, release, can).target,
            lambda: self._shelf.get(release.header.layout, release.id).wanted != "pause",
            self._now,
        )
        journal = Journal(self._shelf.rows, release.id, release.kind)
        doing = Doing(release, rows, journal, asked, source=ends.source.store, backup=rules.backup)
        if not doing.run(job):
            return self._paused(job, release)
        return self._finish(job, release, rows, ends, rules)

    def _paused(self, job: Running, release: Release) -> Mapping[str, Any]:
        self._shelf.change(release, {"state": "paused", "wanted": ""}, state="running", job=job.id)
        return self._told(release)

    def _finish(
        self, job: Running, release: Release, rows: pa.Table, ends: Ends, rules: PromotionRules
    ) -> Mapping[str, Any]:
        release = self._shelf.get(release.header.layout, release.id)
        left = release.todo - release.done
        if left:
            self._stop(job, release, f"{left:,} objects could not be done.")
            return self._told(release)
        found = verify(job, self._shelf, release, rows, ends, now=self._clock())
        if found.wrong:
            self._shelf.change(
                release, {"state": "copied", "why": "Verification found differences.",
                          "finished_at": self._now()}, state="running", job=job.id,
            )  # fmt: skip
            raise unlike(release, found)
        self._publish(job, release, rules)
        if release.kind == "rollback":
            self._put_back(job, release, rules, first=False)
        self._live(job, release)
        return self._told(release)

    def _publish(self, job: Running, release: Release, rules: PromotionRules) -> None:
        origins = [one for one in release.header.origins if one.key]
        if release.kind != "promotion" or rules.released is None or not origins:
            return
        layout = release.header.layout
        source = self._gate.enter(job.actor, Can.OBJECT_READ, layout, origins[0].role)
        publishing = self._publishing(job, release, rules)
        publishing.publish(source.store, source.bucket.bucket)

    def _put_back(
        self, job: Running, release: Release, rules: PromotionRules, *, first: bool
    ) -> Release:
        """The manifests of the release that is undone: first where clips are taken away behind
        them, last where they come back.
        """
        undone = self._shelf.get(release.header.layout, release.header.of)
        if not undone.published or first != (undone.kind == "promotion"):
            return release
        self._publishing(job, release, rules).put_back(undone.published)
        return self._shelf.get(release.header.layout, release.id)

    def _publishing(self, job: Running, release: Release, rules: PromotionRules) -> Publishing:
        where = self._gate.enter(
            job.actor, Can.OBJECT_READ, release.header.layout, rules.released_in
        )

        def note(published: tuple[Published, ...]) -> None:
            self._shelf.change(release, {"published": published}, job=job.id)

        return Publishing(where, release, rules, note)

    def _live(self, job: Running, release: Release) -> None:
        # its own state last: killed in between it is resumed, and comes here again
        if release.kind == "rollback":
            undone = self._shelf.get(release.header.layout, release.header.of)
            self._shelf.change(undone, {"state": "undone"})
            if undone.kind == "rollback":  # what that had undone is live again
                again = self._shelf.get(release.header.layout, undone.header.of)
                self._shelf.change(again, {"state": "live"}, state="undone")
        values = {"state": "live", "why": "", "finished_at": self._now()}
        self._shelf.change(release, values, job=job.id)

    def _told(self, release: Release) -> Mapping[str, Any]:
        now = self._shelf.get(release.header.layout, release.id)
        return {
            "release": now.id,
            "state": now.state,
            "done": now.done,
            "failed": now.failed,
            "total": now.todo,
        }

    def _now(self) -> str:
        return as_text(self._clock())
