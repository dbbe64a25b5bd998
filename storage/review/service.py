"""Listening in turn: what to hear next, what was said of it, how far it is.

Each call names the person and is refused here, not in the page, when the session has ended, the
permission is missing or the console is switched read-only.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from storage.db.times import as_text
from storage.errors import InvalidInput, NotFound
from storage.gate import Gate, Passage
from storage.model.content import Content
from storage.model.listening import Handed, ReviewPage
from storage.model.people import Actor, Can
from storage.model.review import (
    ORDERS,
    Imported,
    Judged,
    Judgement,
    Order,
    Part,
    Position,
    Progress,
    ReviewState,
    Scope,
    Selection,
    Undone,
)
from storage.review import exporting, importing
from storage.review.counting import PACE_WINDOW_S, count, count_by, count_people, pace_per_hour
from storage.review.handing import Handing
from storage.review.judging import Judging, states_of
from storage.review.opening import Sources
from storage.review.scopes import Scopes, Tables
from storage.review.snapshot import Snapshot
from storage.review.snapshots import Making
from storage.review.table import page_of
from storage.review.turns import LEASE_S, take_turns, writer

GIVEN_MAX = 5  # clips at once: more would be held from the others
SELECTION_MAX = 10_000  # keys
_NAME_CHARACTERS = 100


class Review:
    """Listening in all projects. Thread-safe; several consoles may share a database."""

    def __init__(
        self,
        gate: Gate,
        tables: Tables,
        sources: Sources,
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._verdicts = tables.verdicts
        self._leases = tables.leases
        self._desk = tables.desk
        self._sources = sources
        self._clock = clock
        self._scopes = Scopes(tables, sources, clock)

    def close(self) -> None:
        """Ends what is done behind the scenes."""
        self._scopes.close()

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
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role)
        opened = self._scopes.open(where, scope, fresh=fresh)
        if isinstance(opened, Making):
            return Progress(Part(""), 0, 0, None, self._scopes.age(opened))
        return self._progress(where, opened, since, parts=True)

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
        """A table of the scope's clips: those in `state`, with `text` in phrase or key."""
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role)
        opened = self._scopes.open(where, scope)
        if isinstance(opened, Making):
            return ReviewPage((), 0, self._scopes.age(opened))
        rows, total = page_of(opened, order, state=state, text=text, offset=offset, limit=limit)
        return ReviewPage(rows, total, self._scopes.age(opened))

    # -- judging ----------------------------------------------------------------------------------

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

    # -- out and in -------------------------------------------------------------------------------

    def export_csv(self, actor: Actor, layout: str, role: str, scope: Scope) -> Iterator[bytes]:
        """Every verdict in force on the scope's clips, and those on earlier bytes, as CSV."""
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role)
        opened = self._scopes.whole(where, scope)
        with where.recorded("export-verdicts", "", scope=scope.name):
            return exporting.csv_rows(opened, self._verdicts, where.layout)

    def export_json(self, actor: Actor, layout: str, role: str, scope: Scope) -> bytes:
        """The clips to be made again, as JSON: ids, and why."""
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role)
        opened = self._scopes.whole(where, scope)
        with where.recorded("export-verdicts", "", scope=scope.name):
            return exporting.json_to_make_again(opened, self._verdicts, where.layout, self._clock())

    def import_file(self, actor: Actor, layout: str, role: str, data: bytes) -> Imported:
        """Verdicts from a file that was exported here or elsewhere, as this person's, with whose
        they were; a line is imported once, however often. Raises InvalidInput for another file.
        """
        where = self._hearing(actor, layout, role)
        return importing.keep(self._judging(where), importing.read(data))

    # -- selections -------------------------------------------------------------------------------

    def selections(self, actor: Actor, layout: str, role: str) -> Sequence[Selection]:
        """The saved selections of a bucket, the newest first."""
        self._gate.enter(actor, Can.OBJECT_READ, layout, role)
        return self._desk.selections(layout, role)

    def save_selection(
        self, actor: Actor, layout: str, role: str, name: str, keys: Sequence[str]
    ) -> Selection:
        """Keeps keys under a name, for everybody who listens there. Raises InvalidInput."""
        where = self._hearing(actor, layout, role)
        wanted, title = tuple(dict.fromkeys(keys)), " ".join(name.split())
        if not wanted or len(wanted) > SELECTION_MAX or not 1 <= len(title) <= _NAME_CHARACTERS:
            raise InvalidInput(
                "This selection cannot be saved.",
                f"It needs a name of at most {_NAME_CHARACTERS} characters, and 1 to "
                f"{SELECTION_MAX:,} clips.",
            )
        at = as_text(self._clock())
        made = Selection(uuid.uuid4().hex, layout, role, title, wanted, actor.id, actor.name, at)
        with where.changing("save-selection", "", name=title, keys=len(wanted)):
            self._desk.put_selection(made)
        return made

    def remove_selection(self, actor: Actor, layout: str, role: str, selection_id: str) -> None:
        """Forgets a selection; the verdicts stay. Raises NotFound where there is none."""
        where = self._hearing(actor, layout, role)
        with where.changing("remove-selection", "", selection=selection_id):
            if not self._desk.remove_selection(layout, role, selection_id):
                raise NotFound("This selection is not there any more.", "Reload the page.")

    # -- inside -----------------------------------------------------------------------------------

    def _hearing(self, actor: Actor, layout: str, role: str) -> Passage:
        self._gate.enter(actor, Can.OBJECT_READ, layout, role)
        return self._gate.enter(actor, Can.REVIEW_VERDICT, layout, role)

    def _judging(self, where: Passage) -> Judging:
        ledger = self._scopes.ledger(where.layout.name)
        return Judging(
            where,
            self._verdicts,
            self._leases,
            self._sources.measurements,
            ledger,
            self._clock(),
        )

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
            by_slice=count_by(opened, [str(one) for one in texts.slices], me) if texts else (),
            by_person=count_people(opened) if parts else (),
        )

    def _remember(self, where: Passage, scope: Scope, order: Order, key: str) -> None:
        layout, me = where.layout.name, where.actor.id
        position = Position(
            layout, me, where.bucket.role, scope, order, key, as_text(self._clock())
        )
        self._desk.put_position(position)
