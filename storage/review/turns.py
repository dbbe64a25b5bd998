"""Whose turn a clip is: taking leases on the next open clips, and looking at each once more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.db.leases import Candidate, Leases
from storage.db.verdicts import Writer
from storage.errors import NotFound
from storage.gate import Passage
from storage.model.content import Content
from storage.model.objects import ObjectHead
from storage.model.review import OPEN, Order
from storage.review.ledger import Ledger
from storage.review.snapshot import Snapshot
from storage.review.store import content_of, head_of

LEASE_S = 180  # longer than a clip takes to judge; each next question renews what is still held
_ROUNDS = 5  # each one replaces clips that turn out to be gone, changed or approved elsewhere


@dataclass(frozen=True, slots=True)
class Turn:
    """A clip that this person holds now, as the store has it now."""

    row: int
    head: ObjectHead


def take_turns(
    where: Passage,
    snapshot: Snapshot,
    leases: Leases,
    ledger: Ledger,
    *,
    order: Order,
    count: int,
    skip: Collection[str],
    now: datetime,
) -> list[Turn]:
    """Up to `count` clips that nobody else holds, in the order chosen; `skip` are keys this person
    holds already, whose leases are renewed.
    """
    by = writer(where)
    turns: list[Turn] = []
    renewed = [row for key in skip if (row := snapshot.row(key)) is not None]
    taken = set(renewed)
    for _ in range(_ROUNDS):
        rows = snapshot.in_order(order)
        waiting = rows[snapshot.open_for(by.by_id)[rows]].tolist()
        free = [row for row in waiting if row not in taken]
        picked = _pick(
            leases, by, snapshot, waiting=free, renewed=renewed, count=count - len(turns), now=now
        )
        if not picked:
            break
        taken.update(picked)
        with ThreadPoolExecutor(len(picked)) as pool:
            heads = list(pool.map(lambda row: _look(where, snapshot.sheet.keys[row]), picked))
        for row, head in zip(picked, heads, strict=True):
            before = snapshot.content(row)
            snapshot.found(row, content_of(head) if head else None, ledger)
            same = head is not None and (head.etag, head.size) == (before.etag, before.size)
            if head is not None and same and snapshot.state(row) in OPEN:
                turns.append(Turn(row, head))
            elif head is not None and not same:
                taken.discard(row)  # once more, with a lease on what is there now
        if len(turns) >= count:
            break
    return turns


def take_one(
    where: Passage, snapshot: Snapshot, leases: Leases, ledger: Ledger, key: str, *, now: datetime
) -> Turn:
    """That clip, leased to this person where nobody else hears it. Raises NotFound where it is not
    in the scope, or not in the bucket any more.
    """
    row = snapshot.row(key)
    head = _look(where, key) if row is not None else None
    if row is not None:
        snapshot.found(row, content_of(head) if head else None, ledger)
    if row is None or head is None:
        raise NotFound("This clip is not there.", "Reload the page.", key=key)
    content = snapshot.content(row)

    def choose(held: frozenset[tuple[str, int]]) -> Sequence[Candidate]:
        return [] if (content.etag, content.size) in held else [(key, content)]

    leases.take(writer(where), choose, now, now + timedelta(seconds=LEASE_S))
    return Turn(row, head)


def writer(where: Passage, origin: str = "") -> Writer:
    """Who says it, where."""
    return Writer(
        layout=where.layout.name,
        role=where.bucket.role,
        bucket=where.bucket.bucket,
        by_id=where.actor.id,
        by_name=where.actor.name,
        origin=origin,
    )


def _pick(
    leases: Leases,
    by: Writer,
    snapshot: Snapshot,
    *,
    waiting: Sequence[int],
    renewed: Sequence[int],
    count: int,
    now: datetime,
) -> list[int]:
    picked: list[int] = []

    def choose(held: frozenset[tuple[str, int]]) -> Sequence[Candidate]:
        mine = [(snapshot.sheet.keys[row], snapshot.content(row)) for row in renewed]
        busy = set(held) | {(content.etag, content.size) for _, content in mine}
        chosen: list[tuple[str, Content]] = []
        for row in waiting:
            if len(picked) >= count:
                break
            content = snapshot.content(row)
            if (content.etag, content.size) in busy:
                continue
            busy.add((content.etag, content.size))
            picked.append(row)
            chosen.append((snapshot.sheet.keys[row], content))
        return [*mine, *chosen]

    leases.take(by, choose, now, now + timedelta(seconds=LEASE_S))
    return picked


def _look(where: Passage, key: str) -> ObjectHead | None:
    try:
        return head_of(where, key)
    except NotFound:
        return None
