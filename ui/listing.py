"""From a listed page to the rows of the table: order, search, counts, pages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc

from storage.layout.profile import Layout
from storage.model.listings import ListPage
from ui.grid.grid import GridData
from ui.text import visible
from ui.view import View, crumbs


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows shown. `partial` says that order or search covers the listed names only."""

    folders: tuple[str, ...]
    rows: pa.Table  # OBJECT_SCHEMA and `kind`
    next: str | None
    partial: bool


def arrange(page: ListPage, kinds: Sequence[str], view: View) -> Listing:
    """Filters and sorts one listed page as the view asks; folders stay first."""
    rows = pa.Table.from_batches([page.objects]).append_column("kind", pa.array(kinds, pa.string()))
    folders = list(page.prefixes)
    if view.find:
        names = pc.utf8_slice_codeunits(rows["key"], len(view.prefix))
        rows = rows.filter(pc.match_substring(names, view.find, ignore_case=True))
        wanted = view.find.casefold()
        folders = [name for name in folders if wanted in name[len(view.prefix) :].casefold()]
    if view.sort != "name":
        order = "descending" if view.desc else "ascending"
        rows = rows.sort_by([(view.sort, order), ("key", "ascending")])
    elif view.desc:
        rows = rows.take(pa.array(range(rows.num_rows - 1, -1, -1), pa.int64()))
        folders.reverse()
    partial = view.reordered and (not page.complete or bool(view.after))
    return Listing(tuple(folders), rows, page.next, partial)


def grid_data(
    listing: Listing,
    view: View,
    layout: Layout,
    *,
    before: str | None,
    selectable: bool,
    warnings: Mapping[str, str],
) -> GridData:
    """The table's data. `before` is where the page before this one started, None if unknown."""
    rows = listing.rows
    keys: list[str] = rows["key"].to_pylist()
    bucket = layout.bucket(view.bucket)
    return GridData(
        prefix=view.prefix,
        folders=listing.folders,
        keys=keys,
        kinds=rows["kind"].to_pylist(),
        sizes=rows["size"].to_pylist(),
        modified=rows["modified"].cast(pa.int64()).to_pylist(),
        classes=rows["storage_class"].to_pylist(),
        kind_titles={kind.kind: kind.title for kind in layout.kinds},
        crumbs=[(visible(name) or bucket.bucket, step.href()) for name, step in crumbs(view)],
        pager=_pager(listing, view, before),
        count=_count(listing, view),
        empty=_empty(view),
        base=urlencode(view.with_(at="").params()),
        sort=view.sort,
        desc=bool(view.desc),
        live=bucket.live,
        selectable=selectable,
        shown=_made_visible(keys, view.prefix),
        shown_folders=_made_visible(listing.folders, view.prefix),
        warnings={place: warnings[key] for place, key in enumerate(keys) if key in warnings},
    )


def _made_visible(keys: Sequence[str], prefix: str) -> dict[int, str]:
    names = ((place, key[len(prefix) :]) for place, key in enumerate(keys))
    return {place: shown for place, name in names if (shown := visible(name)) != name}


def _pager(listing: Listing, view: View, before: str | None) -> list[tuple[str, str]]:
    back = ("Previous", "")
    if view.after:
        known = before is not None
        label = "Previous" if known else "First page"
        back = (label, view.with_(after=before or "", at="").href())
    forward = view.with_(after=listing.next, at="").href() if listing.next else ""
    return [back, ("Next", forward)]


def _count(listing: Listing, view: View) -> str:
    parts = []
    if listing.folders:
        parts.append(_plural(len(listing.folders), "folder"))
    if listing.rows.num_rows or not listing.folders:
        parts.append(_plural(listing.rows.num_rows, "object"))
    text = ", ".join(parts)
    if listing.partial:
        what = "Found" if view.find else "Sorted"
        return f"{text}. {what} among the names listed here, not in the whole folder."
    more = listing.next is not None or bool(view.after)
    return f"{text} on this page" if more else text


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _empty(view: View) -> tuple[str, str]:
    if view.find and view.whole:
        return ("No name in this bucket contains that.", "It may be newer than the inventory.")
    if view.find:
        return ("No name here contains that.", "Clear “Contains”, or look in another folder.")
    if view.starts:
        return (
            "No name here starts with that.",
            "Capital and small letters count as different here.",
        )
    if view.after:
        return ("Nothing follows here.", "Go back to the first page.")
    if view.prefix:
        return ("This folder is empty.", "It was emptied, or the address has a typing error.")
    return ("This bucket is empty.", "Objects appear here as soon as something is stored.")
