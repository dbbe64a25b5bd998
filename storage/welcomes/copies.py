"""The welcomes in a folder of a team member, as their scripts use them: compared with the store by
content, moved by a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path

from storage.gate import Gate, Passage
from storage.layout.profile import Layout
from storage.model.people import Actor, Can
from storage.model.welcome_sync import SyncPlan, What
from storage.welcomes.comparing import compare
from storage.welcomes.differing import Side
from storage.welcomes.fresh import as_date, new_id
from storage.welcomes.mirror import Mirror
from storage.welcomes.reading import Heads, read_home
from storage.welcomes.rooms import Rooms, entered_home, known
from storage.welcomes.syncing import PARTS, Run

__all__ = ["PARTS", "Copies", "Side", "What"]


class Copies:
    """Local copies of all projects' welcomes. Thread-safe; holds no client."""

    def __init__(
        self, gate: Gate, layouts: Mapping[str, Layout], clock: Callable[[], datetime]
    ) -> None:
        self._gate = gate
        self._layouts = layouts
        self._clock = clock
        self._heads = Heads()

    def status(
        self,
        actor: Actor,
        layout: str,
        folder: Path,
        *,
        parts: Collection[What] = PARTS,
        take: Mapping[str, Side] | None = None,
    ) -> SyncPlan:
        """What differs between the copy in `folder` and the store, by content, and which way it
        would move. `take` settles conflicts, by course. Moves nothing.
        """
        where, rooms = self._home(actor, layout)
        mirror = Mirror.at(folder, layout, where.bucket.bucket)
        home = read_home(where, rooms, self._heads)
        return compare(where, rooms, home, mirror, parts=parts, take=take or {}).plan

    def push(
        self,
        actor: Actor,
        layout: str,
        folder: Path,
        *,
        parts: Collection[What] = PARTS,
        take: Mapping[str, Side] | None = None,
        note: str = "",
    ) -> SyncPlan:
        """Stores what was changed in the copy: recordings first, the registry last. Returns what
        was done and what is in conflict; nothing is removed from the store.
        """
        where, rooms = self._home(actor, layout, Can.OBJECT_WRITE)
        run = Run(where, rooms, self._heads, note, self._now, new_id)
        return run.carry_out("push", folder, parts, take or {})

    def pull(
        self,
        actor: Actor,
        layout: str,
        folder: Path,
        *,
        parts: Collection[What] = PARTS,
        take: Mapping[str, Side] | None = None,
    ) -> SyncPlan:
        """Brings what was changed in the store into the copy. Returns what was done and what is in
        conflict. Writes to the store only what `take` settles for the copy.
        """
        local = "local" in (take or {}).values()
        can = Can.OBJECT_WRITE if local else Can.OBJECT_READ
        where, rooms = self._home(actor, layout, can)
        run = Run(where, rooms, self._heads, "", self._now, new_id)
        return run.carry_out("pull", folder, parts, take or {})

    def _home(self, actor: Actor, layout: str, can: Can = Can.OBJECT_READ) -> tuple[Passage, Rooms]:
        return entered_home(self._gate, actor, known(self._layouts, layout), can)

    def _now(self) -> str:
        return as_date(self._clock())
