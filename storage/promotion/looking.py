"""Looking at releases closer than their list does: what a plan adds up to, what became of an
object, what undoes what, and which overrides nobody has signed yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import InvalidInput
from storage.model.people import Actor, Can
from storage.model.promotion import COPIED, STATES, WRITTEN, State
from storage.model.releases import Release, Step
from storage.promotion.doors import Doors
from storage.promotion.report import as_csv
from storage.promotion.shelf import ReleaseShelf

_KEYS_MAX = 200


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows of a plan are in a state and a storage class, and their bytes."""

    state: State
    storage_class: str
    objects: int
    bytes: int


def copied(totals: Iterable[Total]) -> dict[str, tuple[int, int]]:
    """By class how many objects are copied, and their bytes."""
    found: dict[str, tuple[int, int]] = {}
    for one in totals:
        if one.state in COPIED:
            objects, held = found.get(one.storage_class, (0, 0))
            found[one.storage_class] = (objects + one.objects, held + one.bytes)
    return found


class Lookback:
    """What is known of releases, read only. Thread-safe; holds no client."""

    def __init__(self, doors: Doors, shelf: ReleaseShelf) -> None:
        self._doors = doors
        self._shelf = shelf

    def totals(self, actor: Actor, layout: str, release: str) -> tuple[Total, ...]:
        """Its plan by state and class, in the order of the states. Raises NotFound."""
        rows = self._plan(actor, layout, release)
        by = rows.group_by(["state", "storage_class"])
        found = by.aggregate([("size", "sum"), ("size", "count")]).to_pylist()
        made = [
            Total(
                STATES[row["state"]], row["storage_class"], row["size_count"], row["size_sum"] or 0
            )
            for row in found
        ]
        return tuple(sorted(made, key=lambda one: (STATES.index(one.state), one.storage_class)))

    def written_bytes(self, actor: Actor, layout: str, release: str) -> tuple[int, ...]:
        """How many bytes are copied once so many of its steps are done: from none to all, in a
        hundred parts of equal count. Raises NotFound.
        """
        rows = self._plan(actor, layout, release)
        codes = pa.array([STATES.index(one) for one in WRITTEN], pa.int8())
        sizes = rows.filter(pc.is_in(rows["state"], value_set=codes))["size"]
        sums = pc.cumulative_sum(sizes.cast(pa.int64()))
        count = len(sums)
        if not count:
            return (0,)
        return (0, *(sums[max(0, count * part // 100 - 1)].as_py() for part in range(1, 101)))

    def steps(
        self, actor: Actor, layout: str, release: str, keys: Sequence[str]
    ) -> tuple[Step, ...]:
        """What the journal says of some objects of it, up to 200. Raises NotFound, InvalidInput."""
        self._doors.entered(actor, layout, Can.OBJECT_LIST)
        if len(keys) > _KEYS_MAX:
            raise InvalidInput(f"{len(keys):,} objects at once are too many.", "Ask for fewer.")
        found = self._shelf.get(layout, release)
        return tuple(self._shelf.rows.steps_of(found.id, keys))

    def undoing(self, actor: Actor, layout: str, release: str) -> tuple[Release, ...]:
        """The rollbacks of it, newest first. Raises NotFound."""
        self._doors.entered(actor, layout, Can.OBJECT_LIST)
        found = self._shelf.get(layout, release)
        made = [self._shelf.made(row) for row in self._shelf.rows.undoing(found.id)]
        return tuple(sorted(made, key=lambda one: one.id, reverse=True))

    def unsigned(self, actor: Actor, layout: str) -> tuple[Release, ...]:
        """The releases that an admin approved alone and nobody has countersigned, newest first."""
        self._doors.entered(actor, layout, Can.OBJECT_LIST)
        made = [self._shelf.made(row) for row in self._shelf.rows.overridden(layout)]
        return tuple(
            one
            for one in made
            if one.approval and one.approval.override and one.approval.countersigned is None
        )

    def csv(self, actor: Actor, layout: str, release: str) -> bytes:
        """Its plan with what became of each object, a line an object. Raises NotFound."""
        rows = self._plan(actor, layout, release)
        return as_csv(rows, self._shelf.rows.steps(release))

    def _plan(self, actor: Actor, layout: str, release: str) -> pa.Table:
        self._doors.entered(actor, layout, Can.OBJECT_LIST)
        return self._shelf.plan_rows(self._shelf.get(layout, release).id)
