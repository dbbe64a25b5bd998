"""One push or pull: compared, carried out, and what both sides are then kept for the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.gate import Passage
from storage.model.welcome_sync import Direction, SyncAction, SyncPlan, What
from storage.welcomes.comparing import Compared, compare
from storage.welcomes.differing import Side
from storage.welcomes.mirror import Mirror
from storage.welcomes.moved import Moved, outcome
from storage.welcomes.pulling import Pull
from storage.welcomes.pushing import Push
from storage.welcomes.reading import Heads, read_home
from storage.welcomes.rooms import Rooms

PARTS: tuple[What, What] = ("recording", "registry")


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run works, and for whom."""

    where: Passage
    rooms: Rooms
    heads: Heads
    note: str
    now: Callable[[], str]
    new_id: Callable[[], str]

    def carry_out(
        self,
        direction: Direction,
        folder: Path,
        parts: Collection[What],
        take: Mapping[str, Side],
    ) -> SyncPlan:
        """Moves what goes that way, and what was settled whichever way it goes."""
        mirror = Mirror.at(folder, self.rooms.layout.name, self.where.bucket.bucket)

        def compared_now() -> Compared:
            home = read_home(self.where, self.rooms, self.heads)
            return compare(self.where, self.rooms, home, mirror, parts=parts, take=take)

        compared = compared_now()
        plan, runs = compared.plan, list[Moved]()
        if pulled := _chosen(plan, "pull", direction):
            with _kept(mirror, compared) as moved:
                runs.append(moved)
                Pull(self.where, mirror, compared, moved, pulled).run()
            compared = compared_now() if _chosen(plan, "push", direction) else compared
        pushed = _chosen(compared.plan, "push", direction)
        if pushed or direction == "push":  # then also what an interrupted run left
            with _kept(mirror, compared) as moved:
                runs.append(moved)
                place = (self.where, self.rooms, self.heads, mirror)
                Push(*place, compared, moved, pushed, self.note, self.now, self.new_id).run()
        return outcome(plan, runs)


def _chosen(plan: SyncPlan, way: Direction, direction: Direction) -> list[SyncAction]:
    """The actions of one way that this run does."""
    return [one for one in plan.actions if one.direction == way and (way == direction or one.taken)]


@contextmanager
def _kept(mirror: Mirror, compared: Compared) -> Iterator[Moved]:
    """What is done inside; what both sides are then is kept for the next run, also after a
    failure."""
    plan = compared.plan
    etags = {name: head.etag for name, head in compared.heads.items()}
    moved = Moved(dict(plan.local), dict(plan.remote), etags)
    try:
        yield moved
    finally:
        mirror.keep(moved.kept(compared.kept, plan))
