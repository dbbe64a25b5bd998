"""The scopes people listen to, opened: by the verdicts of their project, and how old they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.db.engine import Database
from storage.db.leases import Leases
from storage.db.review_desk import ReviewDesk
from storage.db.verdicts import Verdicts
from storage.gate import ONCE, Passage
from storage.model.review import Scope
from storage.model.review_progress import ListingAge
from storage.review.ledger import Ledger
from storage.review.listings import KEPT
from storage.review.opening import make_snapshot
from storage.review.snapshot import Snapshot
from storage.review.snapshots import Build, Making, Snapshots, Tell
from storage.review.sources import Sources

_WHOLE_WAIT_S = 60.0


@dataclass(frozen=True)
class Tables:
    """What review keeps in the console's database."""

    verdicts: Verdicts
    leases: Leases
    desk: ReviewDesk

    @classmethod
    def of(cls, database: Database) -> Tables:
        """All of them in one database."""
        return cls(Verdicts(database), Leases(database), ReviewDesk(database))


class Scopes:
    """Thread-safe. What it opens has taken in every verdict so far."""

    def __init__(
        self,
        tables: Tables,
        sources: Sources,
        clock: Callable[[], datetime],
    ) -> None:
        self._verdicts = tables.verdicts
        self._desk = tables.desk
        self._sources = sources
        self._clock = clock
        self._snapshots = Snapshots(clock)
        self._ledgers: dict[str, Ledger] = {}

    def close(self) -> None:
        """Ends what is done behind the scenes."""
        self._snapshots.close()

    def ledger(self, layout: str) -> Ledger:
        """The verdicts of a project."""
        return self._ledgers.setdefault(layout, Ledger(self._verdicts, layout, self._sources.shelf))

    def open(self, where: Passage, scope: Scope, *, fresh: bool = False) -> Snapshot | Making:
        """The scope, or how far its making is; `fresh`: by a listing of now."""
        build = self._build(where, scope, fresh=fresh)
        with where.read("listen", scope.name, once_within=ONCE):
            found = self._snapshots.get(_name(where, scope), build, fresh=fresh)
        if isinstance(found, Snapshot):
            found.follow(self.ledger(where.layout.name))
        return found

    def whole(self, where: Passage, scope: Scope, *, within: timedelta | None = KEPT) -> Snapshot:
        """The scope, however long its making takes, by a listing at most `within` old; None: of any
        age.
        """
        since = None if within is None else self._clock() - within
        name, fresh = _name(where, scope), False
        while True:
            build = self._build(where, scope, fresh=fresh)
            found = self._snapshots.get(name, build, fresh=fresh, wait_s=_WHOLE_WAIT_S)
            if isinstance(found, Snapshot):
                if since is None or found.at >= since:
                    break
                fresh = True
        found.follow(self.ledger(where.layout.name))
        return found

    def age(self, opened: Snapshot | Making) -> ListingAge:
        """How old what it shows of the bucket is."""
        if isinstance(opened, Making):
            return ListingAge("building", None, 0, opened.listed, 0)
        age_s = max(0, round((self._clock() - opened.at).total_seconds()))
        return ListingAge("ready", opened.at, age_s, len(opened.sheet), len(opened.sheet))

    def _build(self, where: Passage, scope: Scope, *, fresh: bool) -> Build:
        since = self._clock() - (timedelta(0) if fresh else KEPT)
        ledger = self.ledger(where.layout.name)

        def build(tell: Tell, first: bool) -> Snapshot:
            selection = None
            if scope.kind == "selection":
                place = (where.layout.name, where.bucket.role)
                selection = self._desk.selection(*place, scope.name)
            return make_snapshot(
                *(where, scope, selection, self._sources, ledger),
                since=None if first and not fresh else since,  # an old one is made anew then
                now=self._clock(),
                tell=tell,
            )

        return build


def _name(where: Passage, scope: Scope) -> tuple[str, ...]:
    return (where.layout.name, where.bucket.role, scope.kind, scope.name)
