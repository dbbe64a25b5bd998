"""`welcomes status`, `push` and `pull`: a folder against the store."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

from storage.cli import show
from storage.cli.desk import Desk
from storage.cli.session import opened
from storage.errors import InvalidInput
from storage.model.welcome_sync import SyncPlan, What
from storage.welcomes.copies import PARTS, Side

_ARROWS = {"push": "->", "pull": "<-"}


def status(args: argparse.Namespace) -> int:
    """Says what differs; exit 1 where something is in conflict."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        return _report(args, services.copies.status(*_place(desk, args), **_options(args)))


def push(args: argparse.Namespace) -> int:
    """Stores what was changed here; exit 1 where something is in conflict."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        if args.dry_run:
            return _report(args, services.copies.status(*_place(desk, args), **_options(args)))
        plan = services.copies.push(*_place(desk, args), **_options(args), note=args.note)
        return _report(args, plan)


def pull(args: argparse.Namespace) -> int:
    """Brings what was changed in the store; exit 1 where something is in conflict."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        if args.dry_run:
            return _report(args, services.copies.status(*_place(desk, args), **_options(args)))
        plan = services.copies.pull(*_place(desk, args), **_options(args))
        return _report(args, plan)


def _place(desk: Desk, args: argparse.Namespace) -> tuple[Any, str, Path]:
    if args.folder is not None and args.dir is not None:
        raise InvalidInput("The folder is given twice.", "Give DIR or --dir DIR.")
    return desk.actor, desk.layout.name, args.folder or args.dir or Path()


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
