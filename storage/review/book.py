"""Which verdicts hold for which rows of a sheet: by bytes, never by key.

Two contents are the same bytes when their SHA-256 are equal, or where one is not known their ETag
and size. A SHA-256 that is known for an ETag and size, from a measurement or any verdict, is known
for all that have these. Verdicts given under a row's key on other bytes are kept beside: they make
the row "changed since", and say nothing about the bytes that are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from storage.model.review import ReviewState, Said, in_force, state_of

Bytes = tuple[str, int]  # a SHA-256 or an ETag, and the size


class Book:
    """The verdicts on the rows of a sheet in the bucket of `role`. Not thread-safe."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._etag_of: list[Bytes] = []
        self._own_sha: list[str] = []
        self._key_of: list[str] = []
        self._rows_by_etag: dict[Bytes, list[int]] = defaultdict(list)
        self._rows_by_key: dict[str, list[int]] = defaultdict(list)
        self._rows_by_sha: dict[Bytes, set[int]] = defaultdict(set)
        self._sha_of: dict[Bytes, str] = {}
        self._learned: set[str] = set()
        self._told: dict[int, Said] = {}
        self._by_bytes: dict[Bytes, list[Said]] = defaultdict(list)
        self._by_key: dict[str, list[Said]] = defaultdict(list)

    def add_row(self, key: str, etag: str, size: int, sha256: str) -> int:
        """One more row; its number, from 0."""
        row = len(self._key_of)
        self._key_of.append(key)
        self._etag_of.append((etag, size))
        self._own_sha.append(sha256)
        self._rows_by_key[key].append(row)
        self._index(row)
        return row

    def change_row(self, row: int, etag: str, size: int, sha256: str) -> None:
        """The row has other bytes now, or their SHA-256 has become known."""
        self._rows_by_etag[self._etag_of[row]].remove(row)
        self._rows_by_sha[self.bytes_of(row)].discard(row)
        self._etag_of[row], self._own_sha[row] = (etag, size), sha256
        self._index(row)

    def _index(self, row: int) -> None:
        etag, size = self._etag_of[row]
        self._rows_by_etag[etag, size].append(row)
        self._learn(etag, size, self._own_sha[row])
        if sha256 := self.sha256(row):
            self._rows_by_sha[sha256, size].add(row)

    def learned(self) -> set[str]:
        """The SHA-256 that rows have got since this was asked last: what was said of other ETags
        with one of them is to be added.
        """
        found, self._learned = self._learned, set()
        return found

    def _learn(self, etag: str, size: int, sha256: str) -> None:
        same = (etag, size)
        if not sha256 or same in self._sha_of or same not in self._rows_by_etag:
            return
        self._sha_of[same] = sha256
        rows = [row for row in self._rows_by_etag[same] if not self._own_sha[row]]
        self._rows_by_sha[sha256, size].update(rows)
        self._learned.add(sha256)
        # what was said of the ETag was said of these bytes
        for one in self._by_bytes.pop(same, []):
            self._by_bytes[self._bytes_of(one)].append(one)

    def sha256(self, row: int) -> str:
        """The SHA-256 of the row's bytes, "" while nobody knows it."""
        return self._own_sha[row] or self._sha_of.get(self._etag_of[row], "")

    def add(self, said: Said) -> set[int]:
        """One more verdict; returns the rows whose state it may change. Twice is once."""
        if said.id in self._told:
            return set()
        self._learn(said.etag, said.size, said.sha256)
        rows = set(self._rows_by_etag.get((said.etag, said.size), ()))
        if said.sha256:
            rows |= self._rows_by_sha.get((said.sha256, said.size), set())
        at_key = self._rows_by_key.get(said.key, []) if said.role == self._role else []
        if not rows and not at_key:
            return set()
        self._told[said.id] = said
        of_bytes = self._bytes_of(said)
        self._by_bytes[of_bytes].append(said)
        if of_bytes[0] != said.etag:
            rows |= self._rows_by_sha.get(of_bytes, set())
        if at_key:
            self._by_key[said.key].append(said)
        return rows.union(at_key)

    def _bytes_of(self, said: Said) -> Bytes:
        known = said.sha256 or self._sha_of.get((said.etag, said.size), "")
        return (known or said.etag, said.size)

    def bytes_of(self, row: int) -> Bytes:
        """What the row's verdicts are found by."""
        etag, size = self._etag_of[row]
        return (self.sha256(row) or etag, size)

    def current(self, row: int) -> dict[str, Said]:
        """The verdicts in force on the row's bytes, by person."""
        told = self._by_bytes.get(self.bytes_of(row))
        return in_force(told) if told else {}

    def before(self, row: int) -> list[Said]:
        """Verdicts in force on other bytes that were heard under the row's key, newest first."""
        mine = self.bytes_of(row)
        others: dict[Bytes, list[Said]] = defaultdict(list)
        for one in self._by_key.get(self._key_of[row], ()):
            if (of_bytes := self._bytes_of(one)) != mine:
                others[of_bytes].append(one)
        found = [one for told in others.values() for one in in_force(told).values()]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def state(self, row: int) -> ReviewState:
        """What the verdicts make of the row."""
        current = self.current(row)
        if current:
            return state_of(current.values())
        return "void" if self._key_of[row] in self._by_key and self.before(row) else "new"

    def touched(self) -> Iterator[int]:
        """The rows that any verdict is about: all others are new."""
        seen: set[int] = set()
        for etag in {(one.etag, one.size) for one in self._told.values()}:
            seen.update(self._rows_by_etag.get(etag, ()))
        for of_bytes in self._by_bytes:
            seen.update(self._rows_by_sha.get(of_bytes, ()))
        for key in self._by_key:
            seen.update(self._rows_by_key.get(key, ()))
        return iter(seen)

    def people(self, rows: Iterable[int]) -> Iterator[Said]:
        """The verdicts in force on the bytes of these rows, each once."""
        seen: set[Bytes] = set()
        for row in rows:
            if (mine := self.bytes_of(row)) not in seen:
                seen.add(mine)
                yield from self.current(row).values()
