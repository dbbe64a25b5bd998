"""How many requests a scan will make, before it is begun."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from storage.gate import Passage
from storage.inventory.ranges import Order, fraction, middle
from storage.inventory.shards import PAGE_KEYS, Shard, measure
from storage.model.inventory import ScanEstimate, Scanned
from storage.s3.scan_pages import list_objects

_LOOKS = 3  # further pages, far from the first, to see how dense names are there
_SPARE = 16  # requests of a scan beyond its pages: measuring, and ranges that end within a page
_BY_PARTS = 5  # a tree's pages are read so often, to lose none of its versions (`by_parts.py`)


def estimate(
    where: Passage, prefix: str, known: Sequence[Scanned], *, versions: bool, uploads: bool
) -> ScanEstimate:
    """By what an earlier scan of the same found, else by a few pages.

    Versions and parts cannot be told from outside: they come on top, and `basis` says so.
    """
    same = [one for one in known if one.prefix == prefix and one.versions >= versions]
    more = " Old versions come on top." if versions and not same else ""
    more += " So does one request for each unfinished upload." if uploads else ""
    if same:
        when = f"{same[0].at:%Y-%m-%d %H:%M} UTC"
        basis = f"By what was there at {when}.{more}"
        requests = _requests(where, same[0].rows, versions=versions, uploads=uploads)
        return ScanEstimate(requests, same[0].rows, basis)
    objects, spent, exactly = _look(where, prefix)
    basis = (
        "All of it fits on one page."
        if exactly
        else f"By {spent} requests that looked at how dense names are."
    )
    requests = _requests(where, objects, versions=versions, uploads=uploads)
    return ScanEstimate(requests, objects, basis + more, spent)


def _requests(where: Passage, objects: int, *, versions: bool, uploads: bool) -> int:
    pages = max(ceil(objects / PAGE_KEYS), 1)
    made = pages + (_SPARE if pages > 1 else 0)
    if versions and where.store.capabilities.lists_as_tree:
        made = made * _BY_PARTS + 1
    return made + uploads


def _look(where: Passage, prefix: str) -> tuple[int, int, bool]:
    """Objects below the prefix, requests made, and whether that is the exact number."""
    order = Order(where.store.capabilities.lists_as_tree)
    spent = 0

    def page_after(after: str, limit: int = PAGE_KEYS) -> tuple[Shard, bool]:
        nonlocal spent
        page = list_objects(where.store, where.bucket.bucket, prefix, after, limit)
        spent += page.requests
        seen = Shard(after="", until=None)
        seen.saw(page.rows["key"], order)
        return seen, page.truncated

    first, truncated = page_after("")
    if not truncated:
        return first.rows, spent, True
    top = measure(first, order, len(prefix), lambda after: page_after(after, 1)[0].rows > 0)
    letters = first.letters(top)

    def share(low: str, high: str) -> float:
        at, until = (fraction(place, first.first, top, letters) for place in (low, high))
        return max(until - at, 0.0)

    rows, covered = first.rows, share(first.first, first.cursor)
    for place in _places(first.cursor, top, letters):
        seen, more = page_after(order.key(place))
        rows += seen.rows
        covered += share(place, seen.cursor if more else top)
    return (max(round(rows / covered), rows) if covered else rows), spent, False


def _places(low: str, top: str, letters: Sequence[str]) -> Iterator[str]:
    """Half way to the top, and half of what is left, and so on."""
    for _ in range(_LOOKS):
        place = middle(low, top, letters)
        if place is None:
            return
        yield place
        low = place
