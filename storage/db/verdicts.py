"""Verdicts on bytes: only ever added to. Taking one back is another row."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, and_, func, insert, select

from storage.db.engine import REVIEW_LOCK, Database
from storage.db.schema import verdicts
from storage.db.times import as_text, some_time
from storage.model.content import Content
from storage.model.review import DECISIONS, Judgement, Mark, Said, Verdict

_T = TypeVar("_T", int, str)
UNDONE = "undone"
_ASKED = 400  # values in one statement: SQLite takes 32,766, older ones 999
_SAID = [verdicts.c[name] for name in Said._fields]


@dataclass(frozen=True, slots=True)
class Writer:
    """Who says it, of objects in which bucket."""

    layout: str
    role: str
    bucket: str
    by_id: str
    by_name: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A verdict's number, and whether it was there before."""

    id: int
    repeated: bool


class Verdicts:
    """The verdicts in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, by: Writer, judgements: Sequence[Judgement], now: datetime) -> list[Kept]:
        """Keeps them all, in their order; one whose nonce this person gave before is that one."""
        with self._database.writing(REVIEW_LOCK) as connection:
            known = _by_nonce(connection, by.by_id, [one.nonce for one in judgements])
            last = connection.execute(select(func.max(verdicts.c.id))).scalar() or 0
            kept, rows = [], []
            for one in judgements:
                if one.nonce in known:
                    kept.append(Kept(known[one.nonce], repeated=True))
                    continue
                last += 1
                known[one.nonce] = last
                kept.append(Kept(last, repeated=False))
                rows.append(_row(by, one, last, now))
            if rows:
                connection.execute(insert(verdicts), rows)
        return kept

    def undo(self, by: Writer, verdict_id: int, now: datetime) -> Said | None:
        """Takes back a verdict of this person in that project, and tells it; None where there is
        no such verdict. Twice is once.
        """
        mine = and_(
            verdicts.c.id == verdict_id,
            verdicts.c.layout == by.layout,
            verdicts.c.role == by.role,
            verdicts.c.by_id == by.by_id,
            verdicts.c.undoes == 0,
        )
        with self._database.writing(REVIEW_LOCK) as connection:
            row = connection.execute(select(verdicts).where(mine)).mappings().first()
            if row is None:
                return None
            nonce = f"undo {verdict_id}"
            if not _by_nonce(connection, by.by_id, [nonce]):
                last = connection.execute(select(func.max(verdicts.c.id))).scalar() or 0
                undone = {
                    **row,
                    "id": last + 1,
                    "nonce": nonce,
                    "decision": UNDONE,
                    "undoes": verdict_id,
                    "at": as_text(now),
                    "kept_at": as_text(now),
                    "reasons": "[]",
                    "marks": "[]",
                    "note": "",
                    "origin": "",
                }
                connection.execute(insert(verdicts).values(undone))
        return Said(**{name: row[name] for name in Said._fields})

    def since(self, layout: str, after: int, limit: int) -> Sequence[Row[Any]]:
        """What counting needs of verdicts behind `after`, oldest first: rows with Said's fields."""
        wanted = (
            select(*_SAID)
            .where(verdicts.c.layout == layout, verdicts.c.id > after)
            .order_by(verdicts.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return connection.execute(wanted).all()

    def mark(self, layout: str, verdict_id: int) -> str:
        """What no other row with this number has, in this database or another; "" without one."""
        here = and_(verdicts.c.layout == layout, verdicts.c.id == verdict_id)
        wanted = select(verdicts.c.kept_at, verdicts.c.by_id, verdicts.c.nonce).where(here)
        with self._database.reading() as connection:
            return " ".join(connection.execute(wanted).first() or ())

    def get(self, layout: str, ids: Collection[int]) -> list[Verdict]:
        """These verdicts of a project, newest first."""
        found: list[Verdict] = []
        with self._database.reading() as connection:
            for part in _parts(ids):
                wanted = select(verdicts).where(
                    verdicts.c.layout == layout, verdicts.c.id.in_(part), verdicts.c.undoes == 0
                )
                found += [_verdict(row) for row in connection.execute(wanted)]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def known(self, by_id: str, nonces: Collection[str]) -> dict[str, int]:
        """The numbers of verdicts that this person gave with these nonces already."""
        with self._database.reading() as connection:
            return _by_nonce(connection, by_id, nonces)

    def times(self, layout: str, by_id: str, since: datetime) -> list[datetime]:
        """When this person gave verdicts since then, oldest first; not those taken back."""
        wanted = self._given(select(verdicts.c.at), layout, by_id, since).order_by(verdicts.c.at)
        with self._database.reading() as connection:
            return [some_time(row.at) for row in connection.execute(wanted)]

    def count(self, layout: str, by_id: str, since: datetime) -> int:
        """How many verdicts this person gave since then; without those taken back."""
        wanted = self._given(select(func.count()), layout, by_id, since)
        with self._database.reading() as connection:
            return int(connection.execute(wanted).scalar() or 0)

    def _given(self, rows: Select[Any], layout: str, by_id: str, since: datetime) -> Select[Any]:
        undone = select(verdicts.c.undoes).where(
            verdicts.c.layout == layout, verdicts.c.by_id == by_id, verdicts.c.undoes != 0
        )
        return rows.select_from(verdicts).where(
            verdicts.c.by_id == by_id,
            verdicts.c.at >= as_text(since),
            verdicts.c.layout == layout,
            verdicts.c.undoes == 0,
            verdicts.c.id.not_in(undone),
        )


def _parts(values: Collection[_T]) -> Iterable[list[_T]]:
    every = sorted(set(values))
    return (every[start : start + _ASKED] for start in range(0, len(every), _ASKED))


def _by_nonce(connection: Connection, by_id: str, nonces: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in _parts(nonces):
        wanted = select(verdicts.c.nonce, verdicts.c.id).where(
            verdicts.c.by_id == by_id, verdicts.c.nonce.in_(part)
        )
        found.update({row.nonce: row.id for row in connection.execute(wanted)})
    return found


def _row(by: Writer, one: Judgement, number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "nonce": one.nonce,
        "layout": by.layout,
        "role": by.role,
        "bucket": by.bucket,
        "key": one.key,
        "version_id": one.version_id,
        "etag": one.content.etag,
        "size": one.content.size,
        "sha256": one.content.sha256,
        "decision": one.decision,
        "reasons": json.dumps(list(one.reasons)),
        "note": one.note,
        "marks": json.dumps([mark.as_json() for mark in one.marks], ensure_ascii=False),
        "at": as_text(one.at or now),
        "kept_at": as_text(now),
        "by_id": by.by_id,
        "by_name": by.by_name,
        "origin": by.origin,
        "undoes": 0,
    }


def _verdict(row: Row[Any]) -> Verdict:
    return Verdict(
        id=row.id,
        role=row.role,
        key=row.key,
        version_id=row.version_id,
        content=Content(row.etag, row.size, row.sha256),
        decision=DECISIONS[row.decision],
        reasons=tuple(json.loads(row.reasons)),
        note=row.note,
        marks=tuple(Mark(mark["t"], mark["text"]) for mark in json.loads(row.marks)),
        at=some_time(row.at),
        by_id=row.by_id,
        by_name=row.by_name,
        origin=row.origin,
    )
