"""What stands before every call on releases: rules, the gate, and what is known now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from storage.errors import Conflict, InvalidInput, RuleViolation
from storage.gate import Gate, Passage
from storage.layout.profile import Layout
from storage.model.people import Actor, Can
from storage.model.releases import RESUMABLE, STATE_WORDS, Release
from storage.promotion.approving import check_runnable
from storage.promotion.ends import rules_of
from storage.promotion.gates import promotion_gates
from storage.promotion.outside import Outside
from storage.promotion.shelf import ReleaseShelf, as_text
from storage.promotion.wanting import Making


def _go_on() -> None:
    """Nobody asks a plan to stop."""


class Doors:
    """The doors of all projects."""

    def __init__(
        self,
        gate: Gate,
        layouts: Mapping[str, Layout],
        shelf: ReleaseShelf,
        clock: Callable[[], datetime],
        outside: Outside,
    ) -> None:
        self.gate = gate
        self._layouts = layouts
        self._shelf = shelf
        self._clock = clock
        self._outside = outside

    def entered(self, actor: Actor, layout: str, can: Can) -> Passage:
        """The bucket that releases of the project go to. Raises InvalidInput for a project that
        promotes nothing.
        """
        found = self._layouts.get(layout)
        if found is None or found.promotion is None:
            promoting = [one.name for one in self._layouts.values() if one.promotion]
            raise InvalidInput(
                f"The project {layout!r} promotes nothing.",
                f"Choose one of {', '.join(promoting)}, or give it a [promotion] table.",
            )
        return self.gate.enter(actor, can, layout, found.promotion.target)

    def making(
        self, actor: Actor, layout: str, *, deep: bool = False, inventories: bool = False
    ) -> Making:
        """What a plan is made with."""
        target = self.entered(actor, layout, Can.PROMOTE_PLAN)
        return self._making(target, deep=deep, inventories=inventories)

    def recheck(self, where: Passage, release: Release) -> None:
        """That what was said of a promotion's bytes and manifests when it was planned is still so.
        Raises RuleViolation where a gate is shut by now, Conflict where a manifest is another: then
        the release is void.
        """
        if release.kind != "promotion":
            return
        for origin in release.header.origins:
            now = self._outside.course(where.actor, where.layout.name, origin.course).origin
            if now != origin:
                why = f"The manifest of {origin.course} changed since the release was planned."
                values = {"state": "void", "why": why, "finished_at": as_text(self._clock())}
                self._shelf.change(release, values, state=("planned", "approved"))
                raise Conflict(why, "Make a new plan.")
        rows, header = self._shelf.plan_rows(release.id), release.header
        making = self._making(where, deep=False)
        said = making.said(header.scope, rows, header.origins)
        gates = promotion_gates(where.layout, making.rules, header, rows, said)
        shut = [gate for gate in gates if gate.on and not gate.ok]
        if shut:
            reasons = " ".join(f"{gate.name}: {gate.reason}" for gate in shut)
            raise RuleViolation(
                f"The release is held back by what is known now. {reasons}",
                "Settle what is in its way.",
                bucket=where.bucket.bucket,
            )

    def check_startable(self, release: Release, states: Collection[str]) -> None:
        """Raises Conflict where it may not run, is in none of `states`, or is being undone."""
        check_runnable(release, self._clock())
        if release.state not in states:
            raise Conflict(
                f"This release is {STATE_WORDS[release.state]}.",
                f"See `promote status {release.id}`.",
            )
        undoing = [one["id"] for one in self._shelf.rows.undoing(release.id) if one["job"]]
        if undoing and release.state in RESUMABLE:
            raise Conflict(
                f"It is being undone, or was: by {', '.join(undoing)}.", "Make a new plan."
            )

    def _making(self, target: Passage, *, deep: bool, inventories: bool = False) -> Making:
        actor, layout, rules = target.actor, target.layout.name, rules_of(target.layout)
        self.gate.enter(actor, Can.OBJECT_LIST, layout, rules.source)
        source = self.gate.enter(actor, Can.OBJECT_READ, layout, rules.source)
        at = self._clock() if inventories else None
        return Making(actor, source, target, rules, self._outside, deep, _go_on, at)
