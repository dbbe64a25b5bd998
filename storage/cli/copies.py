"""`welcomes status`, `push` and `pull`: a folder against the store."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from storage.cli import show
from storage.cli.session import actor_of, chosen_layout, opened_footing
from storage.errors import InvalidInput
from storage.ground import now
from storage.model.people import Actor
from storage.model.welcome_sync import SyncPlan, What
from storage.welcomes.copies import PARTS, Copies, Side

_ARROWS = {"push": "->", "pull": "<-"}


def status(args: argparse.Namespace) -> int:
    """Says what differs; exit 1 where something is in conflict."""
    with _opened(args) as (copies, place):
        return _report(args, copies.status(*place, **_options(args)))


def push(args: argparse.Namespace) -> int:
    """Stores what was changed here; exit 1 where something is in conflict."""
    if args.dry_run:
        return status(args)
    with _opened(args) as (copies, place):
        return _report(args, copies.push(*place, **_options(args), note=args.note))


def pull(args: argparse.Namespace) -> int:
    """Brings what was changed in the store; exit 1 where something is in conflict."""
    if args.dry_run:
        return status(args)
    with _opened(args) as (copies, place):
        return _report(args, copies.pull(*place, **_options(args)))


@contextmanager
def _opened(args: argparse.Namespace) -> Iterator[tuple[Copies, tuple[Actor, str, Path]]]:
    """Local copies; who asks, for which project, in which folder."""
    if args.folder is not None and args.dir is not None:
        raise InvalidInput("The folder is given twice.", "Give DIR or --dir DIR.")
    with opened_footing(args) as footing:
        office, layouts = footing.office, footing.configured.layouts
        layout = chosen_layout(args, office.settings, layouts)
        place = (actor_of(office), layout.name, args.folder or args.dir or Path())
        yield Copies(footing.ground.gate, layouts, now), place


def _options(args: argparse.Namespace) -> dict[str, Any]:
    parts: Collection[What] = PARTS
    if args.audio != args.registry:
        only: What = "recording" if args.audio else "registry"
        parts = (only,)
    take: dict[str, Side] = {}
    for side, course in args.take:
        if side not in ("local", "remote"):
            raise InvalidInput(f"{side!r} is no side.", "Write --take local|remote COURSE.")
        take[course] = cast("Side", side)
    return {"parts": parts, "take": take}


def _report(args: argparse.Namespace, plan: SyncPlan) -> int:
    if args.json:
        show.document(plan.as_json())
    else:
        for one in plan.actions:
            mark = "done" if one.done else "    "
            thing = "recording" if one.what == "recording" else "entry"
            show.line(f"{mark} {_ARROWS[one.direction]} {one.change:<7} {thing:<9} {one.course}")
        if not plan.actions and not plan.conflicts:
            show.note("Both sides are the same.")
    for conflict in plan.conflicts:
        show.note(f"{conflict.course} ({conflict.what}): {conflict.why}")
    if plan.conflicts:
        show.note("Settle a conflict by --take local COURSE or --take remote COURSE.")
    return 1 if plan.conflicts else 0
