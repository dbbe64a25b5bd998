"""What the Promote page and its commands do: plan, approve, run, verify, undo, look back.

Each call names the person and is refused here, not in the page. A plan writes nothing to a bucket;
what writes is a job, takes a plan by its id, and does what was approved or stops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from storage.errors import Conflict, InvalidInput
from storage.gate import Gate, Passage
from storage.jobs.running import OnProgress
from storage.jobs.service import Jobs
from storage.layout.profile import Layout
from storage.model.jobs import Job
from storage.model.objects import Place
from storage.model.people import Actor, Can
from storage.model.promotion import Plan, Scope
from storage.model.releases import RESUMABLE, Person, Release
from storage.promotion import approving, plan_file, rechecking
from storage.promotion.doors import Doors
from storage.promotion.ends import rules_of
from storage.promotion.outside import Outside
from storage.promotion.past import rollback_of
from storage.promotion.shelf import ReleaseShelf, as_text
from storage.promotion.steps import chosen_rows
from storage.promotion.wanting import compared_places
from storage.promotion.work import KIND

_LIST_MAX = 200
_VOIDABLE = ("planned", "approved", "paused", "stopped")


class Promotions:
    """The releases of all projects that have some. Thread-safe; holds no client."""

    def __init__(
        self,
        gate: Gate,
        jobs: Jobs,
        layouts: Mapping[str, Layout],
        shelf: ReleaseShelf,
        *,
        clock: Callable[[], datetime],
        outside: Outside,
    ) -> None:
        self._doors = Doors(gate, layouts, shelf, clock, outside)
        self._jobs = jobs
        self._shelf = shelf
        self._clock = clock

    # -- planning ---------------------------------------------------------------------------------

    def plan(
        self, actor: Actor, layout: str, scope: Scope, *, note: str = "", deep: bool = False,
        inventories: bool = False,
    ) -> Release:  # fmt: skip
        """A release of `scope`, planned from what the buckets hold now; with `inventories` from
        what they held when they were last measured, and then types and metadata are asked for by
        the run, or now if `deep`. `deep`: objects with the same bytes are compared by their
        metadata, too. Raises NotFound (also without such an inventory), InvalidInput, Conflict.
        """
        making = self._doors.making(actor, layout, deep=deep, inventories=inventories)
        return self._kept(making.target, making.plan(scope), note)

    def import_plan(self, actor: Actor, layout: str, data: bytes, *, note: str = "") -> Release:
        """A release of an exported plan, under what holds here now. Raises InvalidInput for a file
        that is none or of other buckets, RuleViolation where this project's gates are shut.
        """
        making = self._doors.making(actor, layout)
        return self._kept(making.target, making.again(plan_file.read(data)), note)

    def plan_rollback(self, actor: Actor, layout: str, release: str, *, note: str = "") -> Release:
        """A release that undoes another one: what it wrote goes back to what was there before. Its
        gates say what holds it back, later releases among them. Raises Conflict for one that wrote
        nothing, or runs.
        """
        where = self._doors.entered(actor, layout, Can.PROMOTE_ROLLBACK)
        undone = self._shelf.get(layout, release)
        return self._kept(where, rollback_of(where, self._shelf, undone), note)

    # -- looking ----------------------------------------------------------------------------------

    def show(self, actor: Actor, layout: str, release: str) -> Release:
        """The release as it is now. Raises NotFound."""
        self._looking(actor, layout)
        return self._shelf.get(layout, release)

    def rows(
        self, actor: Actor, layout: str, release: str, *, state: str = "", offset: int = 0,
        limit: int = 1_000,
    ) -> pa.Table:  # fmt: skip
        """Rows of its plan (PLAN_SCHEMA), those in a state or all. Raises NotFound."""
        self._looking(actor, layout)
        self._shelf.get(layout, release)
        return chosen_rows(self._shelf.plan_rows(release), state).slice(offset, limit)

    def export(self, actor: Actor, layout: str, release: str) -> bytes:
        """The whole plan as a JSON document, which `import_plan` reads."""
        self._looking(actor, layout)
        return plan_file.written(self._shelf.plan(self._shelf.get(layout, release)))

    def compare(self, actor: Actor, layout: str, old: str, new: str) -> dict[str, Any]:
        """What the plan of `new` does otherwise than that of `old`, by key."""
        self._looking(actor, layout)
        plans = [self._shelf.plan(self._shelf.get(layout, one)) for one in (old, new)]
        return plan_file.compared_plans(*plans)

    def history(
        self, actor: Actor, layout: str, *, before: str = "", limit: int = 50
    ) -> tuple[Release, ...]:
        """Up to `limit` releases (1 to 200), newest first; `before`: older than that one."""
        self._looking(actor, layout)
        if not 1 <= limit <= _LIST_MAX:
            raise InvalidInput(
                f"A page cannot have {limit} releases.", f"Choose 1 to {_LIST_MAX} of them."
            )
        return self._shelf.newest(layout, before=before, limit=limit)

    def diff(self, actor: Actor, one: Place, other: Place) -> pa.Table:
        """What `other` holds otherwise than `one`: two places of any projects, compared by content
        as a plan does (PLAN_SCHEMA), keys without the places' own prefixes. Raises NotFound where a
        bucket is not there.
        """
        ends = []
        for place in (one, other):
            self._doors.gate.enter(actor, Can.OBJECT_LIST, place.layout, place.role)
            ends.append(self._doors.gate.enter(actor, Can.OBJECT_READ, place.layout, place.role))
        return compared_places(ends[0], one.key, ends[1], other.key)

    # -- approving --------------------------------------------------------------------------------

    def approve(
        self,
        actor: Actor,
        layout: str,
        release: str,
        plan_hash: str,
        *,
        note: str = "",
        override: str = "",
    ) -> Release:
        """Approves the plan of that hash. Raises AccessDenied where it takes another person (an
        admin may give `override`, a reason), RuleViolation where a gate is shut, Conflict where it
        is no longer the plan.
        """
        where = self._doors.entered(actor, layout, Can.PROMOTE_APPROVE)
        found = self._shelf.get(layout, release)
        rules = rules_of(where.layout)
        approval = approving.approved(
            found, actor, rules, given_hash=plan_hash, at=self._now(), note=note, override=override
        )
        self._doors.recheck(where, found)
        facts = {"release": release, "hash": plan_hash, "override": approval.override}
        with where.changing("approve-release", "", note=note, **facts):
            values = {"state": "approved", "approval": approval}
            return self._changed(found, values, state="planned", hash=plan_hash)

    def countersign(self, actor: Actor, layout: str, release: str, *, note: str = "") -> Release:
        """A second person's signature under an admin's override."""
        where = self._doors.entered(actor, layout, Can.PROMOTE_APPROVE)
        found = self._shelf.get(layout, release)
        approval = approving.countersigned(found, actor, at=self._now(), note=note)
        with where.changing("countersign-release", "", note=note, release=release):
            return self._changed(found, {"approval": approval}, state=found.state)

    # -- running ----------------------------------------------------------------------------------

    def run(
        self, actor: Actor, layout: str, release: str, *, typed: str, note: str = "",
        everything: bool = False, watch: OnProgress | None = None,
    ) -> Job:  # fmt: skip
        """Runs an approved release as a job, with `watch` here and now; `typed` is what the person
        typed to mean it, the scope's text. `everything`: verified by reading every object. Raises
        Conflict where it may not run (any more), or somebody else runs it.
        """
        where, found = self._running(actor, layout, release)
        if typed != found.header.scope.text:
            raise InvalidInput(
                "What was typed is not what would be written.",
                f"Type {found.header.scope.text!r} to run this release.",
            )
        self._doors.check_startable(found, {"approved"})
        self._doors.recheck(where, found)
        return self._start(where, found, note=note, everything=everything, watch=watch)

    def resume(
        self, actor: Actor, layout: str, release: str, *, watch: OnProgress | None = None
    ) -> Job:
        """Goes on with what was paused, stopped or killed: the steps that are left. Raises Conflict
        where somebody works on it.
        """
        where, found = self._running(actor, layout, release)
        if found.state == "running":  # its job was killed, or its console: that job goes on
            if watch:
                return self._jobs.resume_here(actor, found.job, watch)
            return self._jobs.resume(actor, found.job)
        self._doors.check_startable(found, RESUMABLE)
        return self._start(where, found, watch=watch)

    def verify(
        self, actor: Actor, layout: str, release: str, *, everything: bool = False,
        watch: OnProgress | None = None,
    ) -> Job:  # fmt: skip
        """Verifies a copied or live release again, as a job; a copied one is live when it is as it
        should be.
        """
        where, found = self._running(actor, layout, release)
        self._doors.check_startable(found, {"copied", "live"})
        kind = rechecking.KIND if found.state == "live" else KIND
        return self._start(where, found, kind=kind, everything=everything, watch=watch)

    def pause(self, actor: Actor, layout: str, release: str) -> Release:
        """Has it stop after the batch it is at. Raises Conflict where it does not run."""
        where, found = self._running(actor, layout, release)
        with where.changing("pause-release", "", release=release):
            return self._changed(found, {"wanted": "pause"}, state="running")

    def cancel(self, actor: Actor, layout: str, release: str, *, note: str = "") -> Release:
        """Ends it: one that has not run is void, one that runs stops where it is; what it wrote
        stays until it is rolled back. Raises Conflict for one that has ended.
        """
        where, found = self._running(actor, layout, release)
        with where.changing("cancel-release", "", note=note, release=release):
            if found.state == "running":
                self._jobs.cancel(actor, found.job)
                self._jobs.take_over()
                return self._shelf.get(layout, release)
            state = "stopped" if found.done else "void"
            values = {"state": state, "why": note or "It was cancelled."}
            values["finished_at"] = self._now()
            return self._changed(found, values, state=_VOIDABLE)

    # -- inside -----------------------------------------------------------------------------------

    def _looking(self, actor: Actor, layout: str) -> None:
        self._doors.entered(actor, layout, Can.OBJECT_LIST)

    def _running(self, actor: Actor, layout: str, release: str) -> tuple[Passage, Release]:
        """A release that is about to be run, or stopped; a rollback takes two permissions."""
        where = self._doors.entered(actor, layout, Can.PROMOTE_RUN)
        found = self._shelf.get(layout, release)
        if found.kind == "rollback":
            where = self._doors.entered(actor, layout, Can.PROMOTE_ROLLBACK)
        return where, found

    def _kept(self, where: Passage, plan: Plan, note: str) -> Release:
        call = f"plan-{plan.header.kind}"
        with where.changing(call, "", note=note, hash=plan.hash, objects=plan.todo) as change:
            release = self._shelf.add(plan, Person.of(where.actor, self._now(), note))
            change.detail["release"] = release.id
        return release

    def _changed(self, release: Release, values: Mapping[str, Any], **expected: Any) -> Release:
        changed = self._shelf.change(release, values, **expected)
        if changed is None:
            raise Conflict(
                "Somebody else has just changed this release.",
                f"See `promote status {release.id}`.",
            )
        return changed

    def _start(
        self,
        where: Passage,
        release: Release,
        *,
        kind: str = KIND,
        note: str = "",
        everything: bool = False,
        watch: OnProgress | None = None,
    ) -> Job:
        params = {
            "layout": where.layout.name,
            "release": release.id,
            "note": note,
            "all": everything,
        }
        verb = "Roll back" if release.kind == "rollback" else "Promote"
        verb = verb if kind == KIND else "Verify"
        facts: dict[str, Any] = {
            "title": f"{verb} {release.header.scope.text} in {where.bucket.title}",
            "layout": where.layout.name,
            "role": where.bucket.role,
            "total": release.todo,
        }
        if watch is None:
            return self._jobs.start(where.actor, kind, params, **facts)
        return self._jobs.run_here(where.actor, kind, params, **facts, on_progress=watch)

    def _now(self) -> str:
        return as_text(self._clock())
