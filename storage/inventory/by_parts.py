"""Listing a store that loses rows from page to page, as SeaweedFS 4.48 does in buckets that keep
versions, of objects and of versions alike.

It walks its folders in one order and sorts each page in another, so that the next page starts at
the wrong place. Answers that fit on one page are whole. So the pages are read once to learn what
names there are, the names are cut into beginnings that few of them share, and each beginning is
asked for by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from storage.inventory.ranges import shared
from storage.inventory.scan import WORKERS, Target, with_kinds
from storage.model.findings import Finding
from storage.model.inventory import ROW_SCHEMA
from storage.s3.scan_pages import RowsPage, list_objects, list_versions

Marker = tuple[str, str]
_Ask = Callable[[str, Marker], RowsPage]
_START: Marker = ("", "")
_FOLDER = ".versions"  # SeaweedFS: behind a name, where its versions are kept
_Part = tuple[str, bool]
"""The beginning of names, or (True) one whole name."""


@dataclass(slots=True)
class Found:
    """Every row, in no order; the requests it took; what may be missing."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    requests: int = 0
    findings: list[Finding] = field(default_factory=list)


class ByParts:
    """One such listing of `target`, with its versions or without. `stop` raises to end it, `tell`
    is called with the rows found so far. Holds the names in memory: such a store is one machine's.
    """

    def __init__(
        self, target: Target, stop: Callable[[], None], tell: Callable[[int, int], None]
    ) -> None:
        self._target = target
        self._stop = stop
        self._tell = tell
        self._found = Found()
        self._rows = 0

    def run(self, *, versions: bool) -> Found:
        """All of it."""
        names = self._learn(self._objects)
        if versions:  # pages of another size lose others
            names += self._learn(self._versions) + self._learn(self._smaller)
        half = self._target.page_keys // 2
        parts = list(_beginnings(sorted(names), self._target.prefix, half))
        self._found.batches = self._take(parts, self._objects)
        if versions:
            objects = pa.Table.from_batches(self._found.batches, ROW_SCHEMA)
            self._found.batches = self._take(parts, self._versions)
            self._add_missing(objects)
        if len(parts) > 1:
            self._found.findings.append(_told(self._target))
        return self._found

    def _objects(self, prefix: str, marker: Marker) -> RowsPage:
        target = self._target
        page = list_objects(target.store, target.bucket, prefix, marker[0], target.page_keys)
        last = page.rows["key"][-1].as_py() if page.rows.num_rows else ""
        return RowsPage(page.rows, page.truncated and last > marker[0], (last, ""), page.requests)

    def _versions(self, prefix: str, marker: Marker) -> RowsPage:
        target = self._target
        return list_versions(target.store, target.bucket, prefix, marker, target.page_keys)

    def _smaller(self, prefix: str, marker: Marker) -> RowsPage:
        target = self._target
        size = target.page_keys * 2 // 3
        return list_versions(target.store, target.bucket, prefix, marker, size)

    def _learn(self, ask: _Ask, prefix: str = "") -> list[str]:
        """The name of each row on all pages, of which some are missing."""
        names: list[str] = []
        for page in self._pages(prefix or self._target.prefix, ask):
            names += page.rows["key"].to_pylist()
        return names

    def _pages(self, prefix: str, ask: _Ask) -> Iterator[RowsPage]:
        marker, more = _START, True
        while more:
            self._stop()
            page = ask(prefix, marker)
            self._found.requests += page.requests
            self._tell(self._rows, self._found.requests)
            yield page
            marker, more = page.marker, page.truncated

    def _take(self, parts: list[_Part], ask: _Ask) -> list[pa.RecordBatch]:
        """What is below these beginnings."""
        taken: list[pa.RecordBatch] = []
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="scan") as pool:
            firsts = pool.map(lambda part: ask(part[0], _START), parts)
            for part, first in zip(parts, firsts, strict=True):
                self._found.requests += first.requests
                taken += self._part(part, first, ask)
                self._stop()
                self._tell(self._rows, self._found.requests)
        return taken

    def _part(self, part: _Part, first: RowsPage, ask: _Ask) -> list[pa.RecordBatch]:
        """All rows of one beginning, cut further where they are more than an answer holds."""
        beginning, exactly = part
        if exactly:
            pages = [first]
            if first.truncated:  # its versions may be behind others, but have a folder of their own
                pages += self._pages(f"{beginning}{_FOLDER}", ask)
            rows = pa.Table.from_batches([page.rows for page in pages])
            return self._kept(_once(rows.filter(pc.equal(rows["key"], beginning))))
        if not first.truncated:
            rows = pa.Table.from_batches([first.rows])
            # `b` is kept in `b.versions`, so it is also given to who asks for `b.`
            return self._kept(rows.filter(pc.starts_with(rows["key"], beginning)))
        names = sorted(self._learn(ask, beginning))
        parts = _beginnings(names, beginning, self._target.page_keys // 2)
        return self._take(list(parts), ask)

    def _kept(self, rows: pa.Table) -> list[pa.RecordBatch]:
        self._rows += rows.num_rows
        return [with_kinds(batch, self._target.classify) for batch in rows.to_batches()]

    def _add_missing(self, objects: pa.Table) -> None:
        """Objects that are there and that no list of versions had, as they were listed."""
        listed = pa.Table.from_batches(self._found.batches, ROW_SCHEMA)
        latest = listed.filter(listed["is_latest"])["key"].combine_chunks()
        missing = objects.filter(pc.invert(pc.is_in(objects["key"], latest)))
        self._found.batches += missing.to_batches()
        if missing.num_rows:
            self._found.findings.append(_missing(self._target, missing.num_rows))


def _once(rows: pa.Table) -> pa.Table:
    """Without repetitions: versions of one name may be on two pages."""
    ids = rows["version_id"].to_pylist()
    first = {version: number for number, version in reversed(list(enumerate(ids)))}
    return rows.take(pa.array(sorted(first.values()), pa.int64()))


def _beginnings(names: list[str], prefix: str, few: int) -> Iterator[_Part]:
    """Beginnings that at most `few` of the sorted names share, and together all names have; or a
    whole name (True) that is itself the beginning of others.
    """
    if len(names) <= few:
        yield prefix, False
        return
    common = names[0][: shared(names[0], names[-1])]
    # asked for whether it was seen or not: such a name is the first to be lost
    if common:
        yield common, True
    rest = names[bisect_right(names, common) :]
    while rest:
        beginning = rest[0][: len(common) + 1]
        end = next((n for n, name in enumerate(rest) if not name.startswith(beginning)), len(rest))
        yield from _beginnings(rest[:end], beginning, few)
        rest = rest[end:]


def _told(target: Target) -> Finding:
    return Finding(
        "listed-by-parts",
        target.bucket,
        "",
        "info",
        "This store loses rows from page to page in buckets that keep versions, so it was asked in "
        "parts. An object whose name begins like no other may be missing.",
        "Keep versions on another store, or scan again.",
    )


def _missing(target: Target, count: int) -> Finding:
    return Finding(
        "versions-missing",
        target.bucket,
        "",
        "warning",
        f"{count:,} objects are there without a version in the store's list.",
        "They are in the inventory as they were listed; their old versions are not.",
    )
