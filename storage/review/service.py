"""Listening in turn: what to hear next, what was said of it, how far it is.

Each call names the person and is refused here, not in the page, when the session has ended, the
permission is missing or the console is switched read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from storage.db.engine import Database
from storage.db.times import as_text
from storage.errors import InvalidInput, NotFound
from storage.gate import Gate, Passage
from storage.manifests.service import Manifests
from storage.measurements.service import Measurements
from storage.model.content import Content
from storage.model.listening import Handed, ReviewPage
from storage.model.objects import ObjectHead
from storage.model.people import Actor
from storage.model.review import (
    ORDERS,
    Judged,
    Judgement,
    Order,
    Position,
    ReviewState,
    Scope,
    Undone,
)
from storage.model.review_gate import GateReport
from storage.model.review_progress import Part, Progress
from storage.review.counting import (
    PACE_WINDOW_S,
    by_number,
    count,
    count_by,
    count_people,
    pace_per_hour,
)
from storage.review.gating import report_of
from storage.review.handing import Handing
from storage.review.judging import states_of
from storage.review.kept import KeptTables
from storage.review.listings import Listings
from storage.review.papers import Papers
from storage.review.scopes import Tables
from storage.review.snapshot import Snapshot
from storage.review.snapshots import Making
from storage.review.sources import Sources
from storage.review.store import head_of
from storage.review.table import columns_of, page_of
from storage.review.turns import LEASE_S, take_one, take_turns, writer

GIVEN_MAX = 5  # clips at once: more would be held from the others


def open_review(
    gate: Gate,
    database: Database,
    manifests: Manifests,
    measurements: Measurements,
    *,
    folder: Path,
    clock: Callable[[], datetime],
) -> Review:
    """The service over a database and a folder of its own; `close` it."""
    shelf = KeptTables(folder)
    sources = Sources(Listings(clock, shelf), manifests, measurements, shelf)
    return Review(gate, Tables.of(database), sources, clock)


class Review(Papers):
    """Listening in all projects. Thread-safe; several consoles may share a database."""

    # -- hearing ----------------------------------------------------------------------------------

    def next(
        self,
        actor: Actor,
        layout: str,
        role: str,
        scope: Scope,
        *,
        order: Order = "risk",
        count: int = 2,
        skip: Collection[str] = (),
        since: datetime | None = None,
    ) -> Handed:
        """Up to `count` clips (1 to 5) that nobody else is hearing, which are this person's for
        three minutes; `skip` are keys they hold already: those are renewed. Without clips the
        listing says whether it is still being made.
        """
        where = self._hearing(actor, layout, role)
        if order not in ORDERS or not 1 <= count <= GIVEN_MAX:
            raise InvalidInput(
                f"Nobody can be given {count} clips by {order!r}.",
                f"Ask for 1 to {GIVEN_MAX}, by {', '.join(ORDERS)}.",
            )
        opened = self._scopes.open(where, scope)
        if isinstance(opened, Making):
            return Handed((), None, LEASE_S, self._scopes.age(opened))
        now, ledger = self._clock(), self._scopes.ledger(layout)
        turns = take_turns(
            where, opened, self._leases, ledger, order=order, count=count, skip=skip, now=now
        )
        sounds = self._sources.measurements
        clips = Handing(where, self._gate, self._verdicts, sounds, opened, now).clips(turns)
        self._remember(where, scope, order, clips[0].place.key if clips else "")
        progress = self._progress(where, opened, since)
        return Handed(clips, progress, LEASE_S, self._scopes.age(opened))

    def hear(self, actor: Actor, layout: str, role: str, scope: Scope, key: str) -> Handed:
        """One clip of the scope, whatever was said of it; it is this person's for three minutes
        unless another one is hearing it. Raises NotFound for a key that is not in the scope.
        """
        where = self._hearing(actor, layout, role)
        opened = self._scopes.whole(where, scope, within=None)  # the clip itself is looked at
        now, ledger = self._clock(), self._scopes.ledger(layout)
        turn = take_one(where, opened, self._leases, ledger, key, now=now)
        sounds = self._sources.measurements
        clips = Handing(where, self._gate, self._verdicts, sounds, opened, now).clips([turn])
        progress = self._progress(where, opened, None)
        return Handed(clips, progress, LEASE_S, self._scopes.age(opened))

    def position(self, actor: Actor, layout: str) -> Position | None:
        """Where this person stopped in the project; None for who has not listened there yet."""
        self._gate.check_session(actor)
        return self._desk.position(layout, actor.id)

    def progress(
        self,
        actor: Actor,
        layout: str,
        role: str,
        scope: Scope,
        *,
        since: datetime | None = None,
        fresh: bool = False,
    ) -> Progress:
        """How far it is, by role, slice and person. `since` is when today began for this person;
        `fresh` lists the bucket anew. While the first listing is made, all numbers are 0 and
        `listing.state` is "building".
        """
        where = self._looking(actor, layout, role)
        opened = self._scopes.open(where, scope, fresh=fresh)
        if isinstance(opened, Making):
            return self._nothing_yet(opened)
        return self._progress(where, opened, since, parts=True)

    def summary(
        self,
        actor: Actor,
        layout: str,
        role: str,
        scope: Scope,
        *,
        since: datetime | None = None,
    ) -> Progress:
        """As `progress`, without the parts."""
        where = self._looking(actor, layout, role)
        opened = self._scopes.open(where, scope)
        if isinstance(opened, Making):
            return self._nothing_yet(opened)
        return self._progress(where, opened, since)

    def rows(
        self,
        actor: Actor,
        layout: str,
        role: str,
        scope: Scope,
        *,
        order: Order = "risk",
        state: ReviewState | None = None,
        text: str = "",
        offset: int = 0,
        limit: int = 200,
    ) -> ReviewPage:
        """A table of the scope's clips: those in `state` that say `text`, as `Manifests.search`
        finds it, or have it in their key.
        """
        where = self._looking(actor, layout, role)
        opened = self._scopes.open(where, scope)
        if isinstance(opened, Making):
            return ReviewPage((), 0, self._scopes.age(opened))
        rows, total = page_of(opened, order, state=state, text=text, offset=offset, limit=limit)
        return ReviewPage(rows, total, self._scopes.age(opened))

    def columns(self, actor: Actor, layout: str, role: str, scope: Scope) -> pa.Table:
        """All clips of the scope as columns (of `columns_of`), for pictures of the whole; none
        while the first listing is made.
        """
        where = self._looking(actor, layout, role)
        opened = self._scopes.open(where, scope)
        return pa.table({}) if isinstance(opened, Making) else columns_of(opened)

    # -- judging ----------------------------------------------------------------------------------

    def look(
        self, actor: Actor, layout: str, role: str, keys: Sequence[str]
    ) -> tuple[ObjectHead, ...]:
        """What lies under these keys now, for who means to judge it. Raises NotFound."""
        where = self._hearing(actor, layout, role)
        return tuple(head_of(where, key) for key in keys)

    def judge(
        self, actor: Actor, layout: str, role: str, judgements: Sequence[Judgement]
    ) -> tuple[Judged, ...]:
        """Keeps verdicts, one or a batch; each one's end in their order. The same nonce again is
        the same verdict.
        """
        where = self._hearing(actor, layout, role)
        return self._judging(where).keep(judgements)

    def undo(self, actor: Actor, layout: str, role: str, verdict_id: int) -> Undone:
        """Takes back a verdict of one's own, and gives its clip back to its listener. Raises
        NotFound where they gave no such verdict.
        """
        where = self._hearing(actor, layout, role)
        now, by = self._clock(), writer(where)
        with where.changing("undo-verdict", "", verdict=verdict_id) as change:
            undone = self._verdicts.undo(by, verdict_id, now)
            if undone is None:
                raise NotFound("You gave no such verdict.", "Reload the page.")
            change.detail["key"] = undone.key
        content = Content(undone.etag, undone.size, undone.sha256)
        until = now + timedelta(seconds=LEASE_S)
        self._leases.take(by, lambda _held: [(undone.key, content)], now, until)
        (state,) = states_of(self._scopes.ledger(layout), role, [(undone.key, content)])
        return Undone(undone.key, content, state)

    def gate(
        self,
        actor: Actor,
        layout: str,
        role: str,
        scope: Scope,
        *,
        clips: Mapping[str, Content] | None = None,
    ) -> GateReport:
        """What must still be heard before these go live, by the project's policy and a listing of
        now; `clips` are the bytes that a plan means, by key.
        """
        where = self._looking(actor, layout, role)
        opened = self._scopes.whole(where, scope, within=timedelta(0))
        return report_of(opened, where.layout.review.policy, clips)

    # -- inside -----------------------------------------------------------------------------------

    def _nothing_yet(self, opened: Making) -> Progress:
        return Progress(Part(""), 0, 0, None, self._scopes.age(opened))

    def _progress(
        self, where: Passage, opened: Snapshot, since: datetime | None, *, parts: bool = False
    ) -> Progress:
        now, me, layout = self._clock(), where.actor.id, where.layout.name
        today = since or now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        recent = self._verdicts.times(layout, me, now - timedelta(seconds=PACE_WINDOW_S))
        texts = opened.sheet.texts if parts else None
        return Progress(
            whole=count("", opened.states, opened.open_for(me)),
            missing=len(opened.sheet.missing),
            today=self._verdicts.count(layout, me, today),
            pace_per_hour=pace_per_hour(recent),
            listing=self._scopes.age(opened),
            by_role=count_by(opened, texts.roles, me) if texts else (),
            by_slice=by_number(count_by(opened, texts.slices.astype(str), me)) if texts else (),
            by_person=count_people(opened) if parts else (),
        )

    def _remember(self, where: Passage, scope: Scope, order: Order, key: str) -> None:
        layout, me = where.layout.name, where.actor.id
        position = Position(
            layout, me, where.bucket.role, scope, order, key, as_text(self._clock())
        )
        self._desk.put_position(position)
