"""`ls`, `stat` and `url`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from storage.cli import show
from storage.cli.session import actor_of, chosen_layout, opened
from storage.errors import Conflict, NotFound
from storage.layout.paths import parse_place, possible_places
from storage.layout.profile import Layout
from storage.model.objects import ObjectDetail, Place
from storage.objects.service import PAGE_MAX, BrowsePage, link_limits
from storage.services import Services
from storage.units import human_bytes, human_seconds, parse_duration

URL_LIFE_S = 900


def ls(args: argparse.Namespace) -> int:
    """Folders and objects at a place, page by page."""
    with opened(args) as services:
        layout = chosen_layout(args, services.settings, services.layouts)
        place = parse_place(args.place, layout)
        pages = _pages(services, place, args)
        if args.json:
            _list_as_json(place, list(pages))
        else:
            _list_as_text(pages)
        _tell_if_moved(services, layout, place)
    return 0


def _pages(services: Services, place: Place, args: argparse.Namespace) -> Iterator[BrowsePage]:
    left, after, actor = args.limit, args.after, actor_of(services)
    while True:
        found = services.objects.list_page(
            actor,
            place.layout,
            place.role,
            place.key,
            after=after,
            limit=min(left, PAGE_MAX),
            recursive=args.recursive,
        )
        yield found
        left -= found.page.objects.num_rows + len(found.page.prefixes)
        if found.page.next is None:
            return
        after = found.page.next
        if left <= 0:
            show.note(f"Stopped after {args.limit:,} entries; there are more. Go on with --after:")
            show.note(after)
            return


def _rows(found: BrowsePage) -> Iterator[dict[str, Any]]:
    for row, kind in zip(found.page.objects.to_pylist(), found.kinds, strict=True):
        yield {**row, "modified": row["modified"].isoformat(), "kind": kind}


def _list_as_text(pages: Iterator[BrowsePage]) -> None:
    empty = True
    for found in pages:
        for prefix in found.page.prefixes:
            show.line(f"{'folder':>10}  {'':20}  {'':<22}  {prefix}")
        for row in _rows(found):
            when = row["modified"][:19] + "Z"
            size = human_bytes(row["size"])
            show.line(f"{size:>10}  {when:20}  {row['kind']:<22}  {row['key']}")
        empty = empty and not found.page.prefixes and not found.kinds
        sys.stdout.flush()
    if empty:
        show.note("Nothing is there.")


def _list_as_json(place: Place, pages: list[BrowsePage]) -> None:
    last = pages[-1].page
    show.document(
        {
            "bucket": last.bucket,
            "prefix": place.key,
            "prefixes": [prefix for found in pages for prefix in found.page.prefixes],
            "objects": [row for found in pages for row in _rows(found)],
            "complete": last.complete,
            "next": last.next,
        }
    )


def stat(args: argparse.Namespace) -> int:
    """Head, tags, versions, kind and content-type verdict of one object."""
    with opened(args) as services:
        layout = chosen_layout(args, services.settings, services.layouts)
        place, detail = _found(services, layout, args.place)
        _tell_if_moved(services, layout, place)
    if args.json:
        show.document(detail.as_json())
    else:
        _stat_as_text(detail)
    return 0


def _tell_if_moved(services: Services, layout: Layout, place: Place) -> None:
    region = services.store_for(layout, layout.bucket(place.role)).moved.get(place.bucket)
    if region:
        show.note(
            f"Bucket {place.bucket!r} is in region {region!r}: set it in the configuration, "
            "it saves a request each time."
        )


def _found(services: Services, layout: Layout, text: str) -> tuple[Place, ObjectDetail]:
    """The object `text` means. A legacy path may mean several keys: the one that exists.

    Raises NotFound when none exists, Conflict when more than one does.
    """
    found: list[tuple[Place, ObjectDetail]] = []
    missing: list[NotFound] = []
    actor = actor_of(services)
    for place in possible_places(text, layout):
        try:
            detail = services.objects.detail(actor, layout.name, place.role, place.key)
        except NotFound as error:
            missing.append(error)
        else:
            found.append((place, detail))
    if not found:
        raise missing[0]
    if len(found) > 1:
        keys = " and ".join(repr(place.key) for place, _ in found)
        raise Conflict(
            f"{text!r} is an old path, and it fits two objects: {keys}.",
            "Give the whole key of the one you mean; one of them should go.",
        )
    return found[0]


def _stat_as_text(detail: ObjectDetail) -> None:
    facts = detail.as_json()
    versions = facts.pop("versions")
    notes = facts.pop("notes")
    for name, value in facts.items():
        show.line(f"{name.replace('_', ' ') + ':':<22}{_in_words(value)}")
    for version in versions:
        state = "latest " if version["is_latest"] else ""
        state += "delete marker" if version["is_delete_marker"] else human_bytes(version["size"])
        show.line(f"{'version:':<22}{version['version_id']}  {version['modified']}  {state}")
    for text in notes:
        show.note(f"Note: {text}")


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{field}={text}" for field, text in value.items())
    return "" if value is None else str(value)


def url(args: argparse.Namespace) -> int:
    """A link that works without the console until it expires."""
    with opened(args) as services:
        layout = chosen_layout(args, services.settings, services.layouts)
        life_s = parse_duration(args.expires) if args.expires else _usual_life_s(layout)
        place = parse_place(args.place, layout)
        if len(possible_places(args.place, layout)) > 1:
            place = _found(services, layout, args.place)[0]
        link = services.objects.link(
            actor_of(services),
            layout.name,
            place.role,
            place.key,
            expires_s=life_s,
            download=args.download,
        )
    if args.json:
        show.document(
            {
                "url": link.url,
                "expires_at": link.expires_at.isoformat(),
                "shortened": link.shortened,
                "end_is_certain": link.end_is_certain,
            }
        )
        return 0
    show.line(link.url)
    show.note(f"It works for {human_seconds(life_s)}, until {link.expires_at.isoformat()}.")
    if link.shortened:
        show.note(link.shortened)
    elif not link.end_is_certain:
        show.note("It ends earlier if the credentials it was signed with do.")
    return 0


def _usual_life_s(layout: Layout) -> int:
    return min(URL_LIFE_S, link_limits(layout)[1])
