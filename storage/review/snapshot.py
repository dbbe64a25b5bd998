"""One scope as it is now: its clips, what was said of them, and who may get which one next."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storage.model.audio import AudioLimits
from storage.model.content import Content
from storage.model.review import OPEN, Order, ReviewState, Said, Scope
from storage.review.book import Book
from storage.review.ledger import Ledger
from storage.review.listings import KEPT
from storage.review.measured import Measured
from storage.review.ordering import Rows, Traits, ordered, risks
from storage.review.searching import Sayings
from storage.review.sheet import Sheet

STATES: tuple[ReviewState, ...] = ("new", "void", "second-ear", "approved", "rejected", "disputed")
_CODES = {state: code for code, state in enumerate(STATES)}
_NEW, _VOID, _SECOND = 0, 1, 2
_OPEN = len(OPEN)  # the first of STATES
_MEASURED = timedelta(minutes=1)
GONE = len(STATES)  # deleted since the listing


class Snapshot:
    """Thread-safe. It follows the verdicts, and clips that were found changed; what came to the
    bucket since `at` it does not know.
    """

    def __init__(
        self,
        scope: Scope,
        role: str,
        sheet: Sheet,
        measured: Measured,
        *,
        limits: AudioLimits,
        at: datetime,
        made: datetime,
    ) -> None:
        self.scope, self.role, self.sheet, self.at = scope, role, sheet, at
        self._made = made
        self.measured = measured
        self.book = Book(role, sheet.keys, sheet.etags, sheet.sizes, measured.sha256)
        self._lock = threading.RLock()
        self._seen = 0
        self.states = np.zeros(len(sheet), np.int8)
        self._traits = _traits(sheet, measured, limits)
        self._ranked = self._traits.ranked()
        self._saying: dict[str, list[int]] = {}
        self._sayings: Sayings | None = None
        self._row_of = dict(zip(sheet.keys, range(len(sheet)), strict=True))

    # -- following --------------------------------------------------------------------------------

    def begin(self, ledger: Ledger) -> None:
        """Takes in everything that was ever said of these clips."""
        last = ledger.catch_up()
        with self._lock:
            own = [one for one in self.measured.sha256 if one]
            told = ledger.about(etags=self.sheet.etags, sha256s=own, keys=self.sheet.keys)
            self._add(told, ledger)
            self._seen = last

    def follow(self, ledger: Ledger) -> None:
        """Takes in what was said since."""
        last = ledger.catch_up()
        with self._lock:
            if last > self._seen:
                self._add(ledger.since(self._seen), ledger)
                self._seen = last

    def _add(self, told: Iterable[Said], ledger: Ledger) -> None:
        rows: set[int] = set()
        while told:
            for one in told:
                rows.update(self.book.add(one))
            learned = self.book.learned()
            told = ledger.about(sha256s=learned) if learned else ()
        for row in rows:
            self._judge(row)

    def _judge(self, row: int) -> None:
        if self.states[row] != GONE:
            self.states[row] = _CODES[self.book.state(row)]

    def found(self, row: int, content: Content | None, ledger: Ledger) -> None:
        """What the store says of the row's clip now; None when it is not there any more."""
        with self._lock:
            if content is None:
                self.states[row] = GONE
                return
            if (self.sheet.etags[row], self.sheet.sizes[row]) == (content.etag, content.size):
                return
            self.sheet.etags[row], self.sheet.sizes[row] = content.etag, content.size
            self.measured.forget(row, content.sha256)
            self.book.change_row(row, content.etag, content.size, content.sha256)
            own = [content.sha256] if content.sha256 else []
            self._add(ledger.about(etags=[content.etag], sha256s=own), ledger)
            self._judge(row)

    def is_old(self, now: datetime) -> bool:
        """Whether it is time to make it anew: the listing is old, or clips were not measured yet
        and may be by now.
        """
        return now - self.at > KEPT or (now - self._made > _MEASURED and self._unmeasured)

    @property
    def _unmeasured(self) -> bool:
        return not self.measured.known.all()

    # -- asking -----------------------------------------------------------------------------------

    def content(self, row: int) -> Content:
        """The bytes of the row."""
        with self._lock:
            sha256 = self.book.sha256(row)
            return Content(self.sheet.etags[row], self.sheet.sizes[row], sha256)

    def row(self, key: str) -> int | None:
        """The row of a key; None for one that is not in the scope."""
        return self._row_of.get(key)

    def rows_saying(self, phrase: str) -> list[int]:
        """The rows with exactly this text, none for ""."""
        if not self._saying and self.sheet.texts is not None:
            phrases, saying = self.sheet.texts.phrases, defaultdict(list)
            for row, text_row in enumerate(self.sheet.text_rows.tolist()):
                if phrases[text_row]:
                    saying[phrases[text_row]].append(row)
            self._saying = dict(saying)
        return self._saying.get(phrase, [])

    def holding(self, text: str) -> NDArray[np.bool_]:
        """Which rows say `text`, or have it in their key."""
        keys = pa.array(self.sheet.keys, pa.string())
        named = pc.match_substring(keys, text, ignore_case=True).to_numpy(zero_copy_only=False)
        texts = self.sheet.texts
        if texts is None:
            return np.asarray(named, np.bool_)
        if self._sayings is None:
            self._sayings = Sayings(texts.phrases)
        held: NDArray[np.bool_] = named | self._sayings.saying(text)[self.sheet.text_rows]
        return held

    def state(self, row: int) -> ReviewState | None:
        """The row's state; None when it is gone."""
        code = int(self.states[row])
        return None if code == GONE else STATES[code]

    def open_for(self, by_id: str) -> NDArray[np.bool_]:
        """Which rows this person may still be given: not what they themselves want a second ear
        for.
        """
        with self._lock:
            still: NDArray[np.bool_] = self.states < _OPEN
            for row in np.flatnonzero(self.states == _SECOND):
                if by_id in self.book.current(int(row)):
                    still[row] = False
            return still

    def in_force(self) -> list[Said]:
        """Every verdict that holds on bytes in the scope."""
        with self._lock:
            return list(self.book.people(self.book.touched()))

    def touched(self) -> list[int]:
        """The rows that somebody said something of, by number."""
        with self._lock:
            return sorted(self.book.touched())

    def told(self, row: int) -> tuple[dict[str, Said], list[Said]]:
        """The verdicts in force on the row's bytes, by person; and those on earlier bytes."""
        with self._lock:
            return self.book.current(row), self.book.before(row)

    def risk(self) -> NDArray[np.int8]:
        """The index in RISKS of each row."""
        with self._lock:
            second, void = self.states == _SECOND, self.states == _VOID
            return risks(self._traits, second=second, void=void)

    def in_order(self, order: Order) -> Rows:
        """All rows in that order."""
        void = self.states == _VOID
        return ordered(
            order,
            self._traits,
            self._ranked,
            risk=self.risk(),
            void=void,
            seed=self.scope.name,
        )


def _traits(sheet: Sheet, measured: Measured, limits: AudioLimits) -> Traits:
    off = np.abs(np.nan_to_num(measured.loudness, nan=limits.target_lufs) - limits.target_lufs)
    none = np.zeros(len(sheet), np.int64)
    short, letters = none.astype(np.bool_), none
    if sheet.texts is not None:
        short = np.array([bool(one) for one in sheet.texts.short], np.bool_)[sheet.text_rows]
        letters = sheet.texts.letters[sheet.text_rows]
    return Traits(measured.severity, off, short, letters, sheet.modified)
