"""Which verdicts hold for which rows of a sheet: by bytes, never by key.

Two contents are the same bytes when their SHA-256 are equal, or where one is not known their ETag
and size. A SHA-256 that is known for an ETag and size, from a measurement or any verdict, is known
for all that have these. Verdicts given under a row's key on other bytes are kept beside: they make
the row "changed since", and say nothing about the bytes that are there.

A course has tens of thousands of rows and verdicts, so it is dictionaries of strings and numbers:
a list or tuple for each would have the garbage collector walk through all of them, again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from storage.model.review import DECISIONS, ReviewState, Said, in_force, state_of


class Book:
    """The verdicts on the rows of a sheet in the bucket of `role`; no key twice. Not thread-safe.

    The name of bytes is "SHA-256/size", or "ETag/size" while no SHA-256 is known.
    """

    def __init__(
        self,
        role: str,
        keys: Sequence[str],
        etags: Sequence[str],
        sizes: Sequence[int],
        sha256s: Sequence[str],
    ) -> None:
        self._role = role
        self._key_of = list(keys)
        self._own_sha = list(sha256s)
        self._etag_of = [f"{etag}/{size}" for etag, size in zip(etags, sizes, strict=True)]
        self._row_of = dict(zip(self._key_of, range(len(self._key_of)), strict=True))
        pairs = zip(self._etag_of, self._own_sha, strict=True)
        self._sha_of = {etag: sha256 for etag, sha256 in pairs if sha256}  # by ETag and size
        names = [self.name(row) for row in range(len(self._key_of))]
        self._rows_of: dict[str, int | set[int]] = dict(zip(names, range(len(names)), strict=True))
        self._learned: set[str] = set()
        self._told: set[int] = set()
        self._on_bytes: dict[str, list[Said]] = defaultdict(list)
        self._on_others: dict[str, list[Said]] = defaultdict(list)  # by key: not on its bytes
        if len(self._rows_of) < len(names):  # some have the same bytes
            for row, name in enumerate(names):
                self._put_row(name, row)

    # -- rows -------------------------------------------------------------------------------------

    def sha256(self, row: int) -> str:
        """The SHA-256 of the row's bytes, "" while nobody knows it."""
        return self._own_sha[row] or self._sha_of.get(self._etag_of[row], "")

    def name(self, row: int) -> str:
        """What the row's verdicts are found by."""
        etag = self._etag_of[row]
        sha256 = self._own_sha[row] or self._sha_of.get(etag)
        return f"{sha256}/{etag.rpartition('/')[2]}" if sha256 else etag

    def change_row(self, row: int, etag: str, size: int, sha256: str) -> None:
        """The row has other bytes now."""
        before, key = self.name(row), self._key_of[row]
        left = [other for other in self._rows(before) if other != row]
        self._rows_of.pop(before, None)
        for other in left:
            self._put_row(before, other)
        told = self._on_bytes.get(before, ())
        self._on_others[key] += [one for one in told if self._is_at(one, key)]
        self._etag_of[row], self._own_sha[row] = f"{etag}/{size}", sha256
        if sha256:
            self._learn(self._etag_of[row], sha256)
        self._put_row(self.name(row), row)

    def _rows(self, name: str) -> Collection[int]:
        found = self._rows_of.get(name, ())
        return (found,) if isinstance(found, int) else found

    def _put_row(self, name: str, row: int) -> None:
        there = self._rows_of.setdefault(name, row)
        if isinstance(there, set):
            there.add(row)
        elif there != row:
            self._rows_of[name] = {there, row}

    # -- verdicts ---------------------------------------------------------------------------------

    def learned(self) -> set[str]:
        """The SHA-256 that rows have got since this was asked last: what was said of other ETags
        with one of them is to be added.
        """
        found, self._learned = self._learned, set()
        return found

    def _learn(self, etag: str, sha256: str) -> None:
        if etag in self._sha_of:
            return
        self._sha_of[etag] = sha256
        self._learned.add(sha256)
        name = f"{sha256}/{etag.rpartition('/')[2]}"
        for row in self._rows(etag):
            self._put_row(name, row)
        self._rows_of.pop(etag, None)
        # what was said of the ETag was said of these bytes
        if told := self._on_bytes.pop(etag, None):
            self._on_bytes[name] += told

    def add(self, said: Said) -> Collection[int]:
        """One more verdict; returns the rows whose state it may change. Twice is once."""
        if said.id in self._told:
            return ()
        etag = f"{said.etag}/{said.size}"
        if said.sha256 and etag in self._rows_of:
            self._learn(etag, said.sha256)
        sha256 = said.sha256 or self._sha_of.get(etag)
        name = f"{sha256}/{said.size}" if sha256 else etag
        rows = self._rows(name)
        at_key = self._row_of.get(said.key, -1) if said.role == self._role else -1
        if not rows and at_key < 0:
            return ()
        self._told.add(said.id)
        self._on_bytes[name].append(said)
        if at_key < 0 or at_key in rows:
            return rows
        self._on_others[said.key].append(said)
        return (*rows, at_key)

    def _name_of(self, said: Said) -> str:
        etag = f"{said.etag}/{said.size}"
        sha256 = said.sha256 or self._sha_of.get(etag)
        return f"{sha256}/{said.size}" if sha256 else etag

    def _is_at(self, said: Said, key: str) -> bool:
        return said.role == self._role and said.key == key

    # -- asking -----------------------------------------------------------------------------------

    def current(self, row: int) -> dict[str, Said]:
        """The verdicts in force on the row's bytes, by person."""
        told = self._on_bytes.get(self.name(row))
        return in_force(told) if told else {}

    def before(self, row: int) -> list[Said]:
        """Verdicts in force on other bytes that were heard under the row's key, newest first."""
        key = self._key_of[row]
        if key not in self._on_others:
            return []
        mine = self.name(row)
        others: dict[str, set[Said]] = defaultdict(set)
        for one in self._on_others[key]:
            if (name := self._name_of(one)) != mine:
                others[name].add(one)
        return sorted(
            (one for told in others.values() for one in in_force(told).values()), reverse=True
        )

    def state(self, row: int) -> ReviewState:
        """What the verdicts make of the row."""
        told = self._on_bytes.get(self.name(row), ())
        if len(told) == 1 and not told[0].undoes:
            return DECISIONS[told[0].decision]  # most have one, and this is done for all of them
        current = self.current(row)
        if current:
            return state_of(current.values())
        return "void" if self.before(row) else "new"

    def touched(self) -> set[int]:
        """The rows that any verdict is about: all others are new."""
        found: set[int] = {self._row_of[key] for key in self._on_others}
        for name in self._on_bytes:
            found.update(self._rows(name))
        return found

    def people(self, rows: Iterable[int]) -> Iterator[Said]:
        """The verdicts in force on the bytes of these rows, each once."""
        seen: set[str] = set()
        for row in rows:
            if (mine := self.name(row)) not in seen:
                seen.add(mine)
                yield from self.current(row).values()
