"""What a push or pull did so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from storage.model.welcome_sync import SyncAction, SyncConflict, SyncPlan, What
from storage.welcomes.mirror import Kept

_Item = tuple[What, str]


@dataclass
class Moved:
    """The digests as they are now on both sides, what was done, and what did not move, and why.
    `etags` of recordings by name, as they are in the store now.
    """

    local: dict[_Item, str]
    remote: dict[_Item, str]
    etags: dict[str, str]
    done: list[SyncAction] = field(default_factory=list)
    conflicts: list[SyncConflict] = field(default_factory=list)

    def same(self, action: SyncAction, digest: str | None) -> None:
        """Both sides hold `digest` now, None for nothing."""
        for side in (self.local, self.remote):
            side.pop((action.what, action.name), None)
            if digest is not None:
                side[action.what, action.name] = digest
        self.done.append(replace(action, done=True))

    def left(self, action: SyncAction, why: str) -> None:
        """It did not move."""
        self.conflicts.append(SyncConflict(action.what, action.name, action.course, why))

    def kept(self, before: Kept, plan: SyncPlan) -> Kept:
        """What to keep for the next run: what both sides are, where they are the same; else what
        both last were."""
        base, etags = dict(before.base), dict(before.etags)
        for item in {*self.local, *self.remote, *plan.base}:
            mine, theirs = self.local.get(item), self.remote.get(item)
            if mine != theirs:
                continue
            base.pop(item, None)
            if mine is not None:
                base[item] = mine
            # an ETag stands for the content that is kept with it, and for no other
            if item[0] == "recording":
                etags.pop(item[1], None)
                if mine is not None and item[1] in self.etags:
                    etags[item[1]] = self.etags[item[1]]
        return Kept(base, etags)


def outcome(plan: SyncPlan, runs: Sequence[Moved]) -> SyncPlan:
    """The plan as it was carried out: what is done, what remains, what is in conflict."""
    done = {(one.what, one.name) for run in runs for one in run.done}
    new = [one for run in runs for one in run.conflicts]
    left = {(one.what, one.name) for one in new}
    actions = tuple(
        replace(one, done=(one.what, one.name) in done)
        for one in plan.actions
        if (one.what, one.name) not in left
    )
    return replace(plan, actions=actions, conflicts=(*plan.conflicts, *new))
