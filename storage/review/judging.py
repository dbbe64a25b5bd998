"""Keeping verdicts: each is checked, compared with what the store has, and kept exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from storage.db.leases import Leases
from storage.db.verdicts import Kept, Verdicts
from storage.errors import Conflict, InvalidInput, NotFound, StorageError, Unavailable
from storage.gate import Passage
from storage.measurements.service import Measurements
from storage.model.content import Content
from storage.model.review import (
    DECISIONS,
    MARK_CHARACTERS,
    MARKS_MAX,
    NONCE_CHARACTERS,
    NOTE_CHARACTERS,
    Judged,
    Judgement,
    Mark,
    Reason,
    ReviewState,
)
from storage.review.book import Book
from storage.review.ledger import Ledger
from storage.review.store import head_of
from storage.review.turns import writer

JUDGED_MAX = 1_000  # in one call: a batch is looked at by a person, and each clip by the store
_WORKERS = 16
_AHEAD = timedelta(minutes=5)  # clocks of browsers
_MARK_S_MAX = 86_400.0


def check(judgement: Judgement, reasons: Sequence[Reason], now: datetime) -> None:
    """Raises InvalidInput saying what is wrong with it."""
    for problem in _problems(judgement, {one.code for one in reasons}):
        raise InvalidInput(problem, "Reload the page, and judge the clip again.")
    if judgement.at is not None and judgement.at > now + _AHEAD:
        raise InvalidInput(
            "The verdict is from the future.", "Set the clock of your computer right."
        )
    if judgement.decision == "rejected" and not judgement.reasons and not judgement.note.strip():
        raise InvalidInput("A rejection needs a reason.", "Choose one, or write a note.")


def _problems(one: Judgement, known: set[str]) -> Iterator[str]:
    texts = (one.nonce, one.key, one.note, *(mark.text for mark in one.marks))
    if any("\0" in text or not _is_text(text) for text in texts):
        yield "The verdict holds something that is no text."
    if not 1 <= len(one.nonce) <= NONCE_CHARACTERS:
        yield f"A verdict's nonce has 1 to {NONCE_CHARACTERS} characters."
    if one.decision not in DECISIONS:
        yield f"There is no decision {one.decision!r}."
    if not one.key or not one.content.etag or one.content.size < 0:
        yield "The verdict does not say what it is about."
    for code in set(one.reasons) - known:
        yield f"There is no reason {code!r}."
    if len(one.note) > NOTE_CHARACTERS:
        yield f"A note has at most {NOTE_CHARACTERS:,} characters."
    if len(one.marks) > MARKS_MAX:
        yield f"A clip can have {MARKS_MAX} notes in time."
    if not all(_is_mark(mark) for mark in one.marks):
        yield f"A note in time is in the clip, and has at most {MARK_CHARACTERS} characters."


def _is_mark(mark: Mark) -> bool:
    return 0 <= mark.t <= _MARK_S_MAX and len(mark.text) <= MARK_CHARACTERS


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Judging:
    """What verdicts are kept with, for one person in one bucket."""

    where: Passage
    verdicts: Verdicts
    leases: Leases
    measurements: Measurements
    ledger: Ledger
    now: datetime

    def keep(
        self, judgements: Sequence[Judgement], call: str = "verdict", origin: str = ""
    ) -> tuple[Judged, ...]:
        """Each one's end, in their order. One that cannot be kept does not stop the others; what
        concerns all of them (the database, the audit log) is raised. With an `origin` the store is
        not asked: the bytes were heard elsewhere.
        """
        if len(judgements) > JUDGED_MAX:
            raise InvalidInput(
                f"That are {len(judgements):,} verdicts.", f"Give {JUDGED_MAX:,} at a time."
            )
        known = self.verdicts.known(self.where.actor.id, [one.nonce for one in judgements])
        new = [one for one in judgements if one.nonce not in known]
        refused = self._refused(new, ask=not origin)
        good = self._with_sha256([one for one in new if one.nonce not in refused])
        kept = self._add(good, call, origin) if good else {}
        ends = {nonce: Kept(number, repeated=True) for nonce, number in known.items()} | kept
        states = self._states([one for one in judgements if one.nonce in ends])
        return tuple(
            Judged(one.nonce, error=refused[one.nonce][0], again=refused[one.nonce][1])
            if one.nonce in refused
            else Judged(one.nonce, ends[one.nonce].id, states[one.nonce], ends[one.nonce].repeated)
            for one in judgements
        )

    def _refused(
        self, judgements: Sequence[Judgement], *, ask: bool
    ) -> dict[str, tuple[dict[str, str], bool]]:
        """Why some cannot be kept, by nonce, and whether it may help to send them again."""

        def problem(one: Judgement) -> StorageError | None:
            try:
                check(one, self.where.layout.review.reasons, self.now)
                if ask:
                    self._compare(one)
            except StorageError as error:
                return error
            return None

        if not judgements:
            return {}
        with ThreadPoolExecutor(min(_WORKERS, len(judgements))) as pool:
            found = list(pool.map(problem, judgements))
        return {
            one.nonce: (error.as_dict(), isinstance(error, Unavailable))
            for one, error in zip(judgements, found, strict=True)
            if error is not None
        }

    def _compare(self, one: Judgement) -> None:
        """Raises Conflict where these bytes are not what could be heard under the key."""
        try:
            head = head_of(self.where, one.key, one.version_id)
        except NotFound as error:
            raise Conflict(
                "The clip was deleted while you listened.", "There is nothing to do.", key=one.key
            ) from error
        if (head.etag, head.size) != (one.content.etag, one.content.size):
            raise Conflict(
                "The clip was replaced while you listened.",
                "It comes again: hear the new one.",
                key=one.key,
            )

    def _with_sha256(self, judgements: Sequence[Judgement]) -> list[Judgement]:
        """With the SHA-256 of the bytes where they were measured."""
        if not judgements:
            return []
        contents = pa.table(
            {
                "etag": [one.content.etag for one in judgements],
                "size": [one.content.size for one in judgements],
            }
        )
        place = (self.where.actor, self.where.layout.name, self.where.bucket.role)
        known = self.measurements.table(*place, contents).column("sha256").to_pylist()
        return [
            replace(one, content=replace(one.content, sha256=sha256)) if sha256 else one
            for one, sha256 in zip(judgements, known, strict=True)
        ]

    def _add(self, judgements: Sequence[Judgement], call: str, origin: str) -> dict[str, Kept]:
        detail: dict[str, Any] = {"count": len(judgements)}
        for decision in DECISIONS:
            detail[decision] = sum(one.decision == decision for one in judgements)
        key = version = note = ""
        if len(judgements) == 1:
            (one,) = judgements
            key, version, note = one.key, one.version_id or one.content.etag, one.note
            detail = {"decision": one.decision, "reasons": ",".join(one.reasons)}
        by = writer(self.where, origin)
        with self.where.changing(call, key, version_before=version, note=note, **detail) as change:
            kept = self.verdicts.add(by, judgements, self.now)
            numbers = [one.id for one in kept]
            change.detail["verdicts"] = f"{min(numbers)} to {max(numbers)}"
        self.leases.release(by.layout, by.by_id, [one.content for one in judgements])
        return {one.nonce: end for one, end in zip(judgements, kept, strict=True)}

    def _states(self, judgements: Sequence[Judgement]) -> Mapping[str, ReviewState]:
        contents = [(one.key, one.content) for one in judgements]
        found = states_of(self.ledger, self.where.bucket.role, contents)
        return {one.nonce: state for one, state in zip(judgements, found, strict=True)}


def states_of(ledger: Ledger, role: str, clips: Sequence[tuple[str, Content]]) -> list[ReviewState]:
    """What is said by now of these bytes under these keys."""
    ledger.catch_up()
    contents = [content for _, content in clips]
    keys, etags = [key for key, _ in clips], [content.etag for content in contents]
    shas = [content.sha256 for content in contents]
    book = Book(role, keys, etags, [content.size for content in contents], shas)
    told = ledger.about(etags=etags, sha256s=[sha256 for sha256 in shas if sha256], keys=keys)
    while told:
        for one in told:
            book.add(one)
        learned = book.learned()
        told = ledger.about(sha256s=learned) if learned else []
    return [book.state(row) for row in range(len(clips))]
