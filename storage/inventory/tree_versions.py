"""All versions in a store that loses some of them from page to page, as SeaweedFS 4.48 does.

It walks folders but sorts each page by name, so the next page starts at the wrong place. Answers
that fit on one page are whole. So the pages are read once to learn what names there are, the names
are cut into beginnings that few of them share, and each beginning is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from storage.inventory.ranges import shared
from storage.inventory.scan import Target, with_kinds
from storage.model.findings import Finding
from storage.model.inventory import ROW_SCHEMA
from storage.s3.scan_pages import RowsPage, list_versions


@dataclass(slots=True)
class Found:
    """Every version, in no order; the requests it took; what may be missing."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    requests: int = 0
    findings: list[Finding] = field(default_factory=list)


def complete(target: Target, listed: Iterable[pa.RecordBatch], stop: Callable[[], None]) -> Found:
    """The versions of all names; `listed` are the objects there are, which none may lack.

    Holds the names in memory: such a store is one machine's.
    """
    found = Found()
    objects = pa.Table.from_batches(listed, ROW_SCHEMA)
    names = objects["key"].to_pylist()
    marker: tuple[str, str] | None = ("", "")
    while marker is not None:
        page = _page(target, target.prefix, marker, found, stop)
        names += page.rows["key"].to_pylist()
        marker = page.marker if page.truncated else None
    for beginning, exactly in _beginnings(sorted(names), target.prefix, target.page_keys // 2):
        _take(target, beginning, found, stop, exactly=exactly)
    _add_missing(target, objects, found)
    return found


def _page(
    target: Target, prefix: str, marker: tuple[str, str], found: Found, stop: Callable[[], None]
) -> RowsPage:
    stop()
    page = list_versions(target.store, target.bucket, prefix, marker, target.page_keys)
    found.requests += page.requests
    return page


def _beginnings(names: list[str], prefix: str, few: int) -> Iterator[tuple[str, bool]]:
    """Beginnings that at most `few` of the sorted names share, and together all names have; or a
    whole name (True) that is itself the beginning of others.
    """
    if len(names) <= few:
        yield prefix, False
        return
    common = names[0][: shared(names[0], names[-1])]
    if common == names[-1]:  # versions of one name alone
        yield common, True
        return
    start, size = 0, len(common) + 1
    if names[0] == common:
        yield common, True
    while start < len(names):
        if names[start] == common:
            start += 1
            continue
        beginning = names[start][:size]
        end = start
        while end < len(names) and names[end].startswith(beginning):
            end += 1
        yield from _beginnings(names[start:end], beginning, few)
        start = end


def _take(
    target: Target, beginning: str, found: Found, stop: Callable[[], None], *, exactly: bool
) -> None:
    """What is below that beginning; page by page where one name has more than fit on one."""
    marker: tuple[str, str] | None = ("", "")
    while marker is not None:
        page = _page(target, beginning, marker, found, stop)
        rows = page.rows
        if exactly:
            rows = rows.filter(pc.equal(rows["key"], beginning))
        if rows.num_rows:
            found.batches.append(with_kinds(rows, target.classify))
        marker = page.marker if page.truncated else None
        if page.truncated and not exactly:
            found.findings.append(_doubt(target, beginning))


def _add_missing(target: Target, objects: pa.Table, found: Found) -> None:
    """Objects that are there and that no list of versions had, as they were listed."""
    listed = pa.Table.from_batches(found.batches, ROW_SCHEMA)
    latest = listed.filter(listed["is_latest"])["key"]
    missing = objects.filter(pc.invert(pc.is_in(objects["key"], latest.combine_chunks())))
    found.batches += missing.to_batches()
    if missing.num_rows:
        found.findings.append(_missing(target, missing.num_rows))
    found.findings.append(_told(target))


def _told(target: Target) -> Finding:
    return Finding(
        "versions-by-parts",
        target.bucket,
        "",
        "info",
        "This store loses versions from page to page, so they were asked for in parts. A deleted "
        "object whose name begins like no other may be missing.",
        "Scan again after deleting much; or keep versions on another store.",
    )


def _doubt(target: Target, beginning: str) -> Finding:
    return Finding(
        "versions-incomplete",
        target.bucket,
        beginning,
        "warning",
        "More versions appeared here while they were listed than one answer holds; some may be "
        "missing.",
        "Scan again.",
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
