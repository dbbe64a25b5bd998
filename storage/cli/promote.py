"""`promote plan`, `show`, `approve`, `run` and its kin, `history` and `diff`."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from storage.access import allowed_console
from storage.cli import promote_say as say
from storage.cli import show as out
from storage.cli.desk import Desk
from storage.cli.jobs import progress
from storage.cli.session import opened
from storage.errors import InvalidInput
from storage.model.money import Estimate
from storage.model.people import Can
from storage.model.releases import STATE_WORDS, Release
from storage.promotion.ends import rules_of
from storage.promotion.looking import copied
from storage.promotion.wanting import scope_of
from storage.units import human_bytes

_FILE_BYTES = 200_000_000  # a plan of 200,000 rows has 100 MB
_RELEASE = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


def plan(args: argparse.Namespace) -> int:
    """Makes a plan; exit 1 where a gate is shut."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        layout, notes = desk.layout.name, {"note": args.note}
        if args.plan_file is not None:
            data = _bytes(args.plan_file)
            release = services.promotions.import_plan(desk.actor, layout, data, **notes)
        else:
            release = services.promotions.plan(
                desk.actor, layout, scope_of(*_scope(args)), deep=args.deep,
                inventories=args.from_inventory, **notes,
            )  # fmt: skip
        whole = services.promotions.export(desk.actor, layout, release.id) if args.json else b""
        cost = _cost(desk, release)
    if args.json:
        out.document({**release.as_json(), **json.loads(whole), "cost": say.cost_json(cost)})
    else:
        say.tell(release, cost)
    return 1 if release.blocked else 0


def _cost(desk: Desk, release: Release) -> Estimate | None:
    """What running it costs; None for who may not see money."""
    if not allowed_console(desk.actor, Can.COST_READ):
        return None
    services, at = desk.services, (desk.actor, desk.layout.name)
    totals = services.lookback.totals(*at, release.id)
    rules = rules_of(desk.layout)
    return services.costs.copying(*at, rules.source, rules.target, copied(totals))


def _scope(args: argparse.Namespace) -> tuple[str, list[str]]:
    given = [bool(args.courses), args.prefix is not None, args.keys is not None]
    if sum(given) != 1:
        raise InvalidInput(
            "It must be said once what is to go live.", "Give courses, --prefix or --keys."
        )
    if args.prefix is not None:
        return "prefix", [args.prefix]
    if args.keys is not None:
        try:
            text = _bytes(args.keys).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{args.keys} is no text.", "Give keys, one a line.") from error
        return "keys", [line.strip().strip('"') for line in text.splitlines()]
    return "course", args.courses


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _FILE_BYTES:
            raise InvalidInput(f"{path} has more than {human_bytes(_FILE_BYTES)}.", "Check it.")
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", "Check it.") from error


def show(args: argparse.Namespace) -> int:
    """A release with rows of its plan."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        at = (desk.actor, desk.layout.name, args.id)
        release = services.promotions.show(*at)
        cost = _cost(desk, release)
        if args.json:
            whole = json.loads(services.promotions.export(*at))
            out.document({**whole, **release.as_json(), "cost": say.cost_json(cost)})
            return 0
        rows = services.promotions.rows(*at, state=args.state, limit=max(args.limit, 0))
    say.tell(release, cost)
    say.tell_rows(rows)
    return 0


def approve(args: argparse.Namespace) -> int:
    """Approves, or countersigns."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        at = (desk.actor, desk.layout.name, args.id)
        if args.countersign:
            release = services.promotions.countersign(*at, note=args.note)
        else:
            release = services.promotions.approve(
                *at, args.hash, note=args.note, override=args.override
            )
    say.status(args, release)
    return 0


def run(args: argparse.Namespace) -> int:
    """Runs it to its end; exit as of `status`, and 3 where verifying found something."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        at = (desk.actor, desk.layout.name, args.id)
        services.promotions.run(
            *at, typed=args.type, note=args.note, everything=args.all, watch=progress("objects")
        )
        return say.status(args, services.promotions.show(*at))


def resume(args: argparse.Namespace) -> int:
    """Goes on to its end; exits as `run`."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        at = (desk.actor, desk.layout.name, args.id)
        services.promotions.resume(*at, watch=progress("objects"))
        return say.status(args, services.promotions.show(*at))


def verify(args: argparse.Namespace) -> int:
    """Compares prod with what it should be; exit 3 where it is not."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        at = (desk.actor, desk.layout.name, args.id)
        services.promotions.verify(*at, everything=args.all, watch=progress("objects"))
        return say.status(args, services.promotions.show(*at))


def pause(args: argparse.Namespace) -> int:
    """Asks it to stop after its batch."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        say.status(args, services.promotions.pause(desk.actor, desk.layout.name, args.id))
    return 0


def cancel(args: argparse.Namespace) -> int:
    """Stops it, or voids it."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        at = (desk.actor, desk.layout.name, args.id)
        say.status(args, services.promotions.cancel(*at, note=args.note))
    return 0


def status(args: argparse.Namespace) -> int:
    """How far it is: exit 0 where it has ended well, 4 while it runs, 5 where it waits for
    somebody, 1 for all else.
    """
    with opened(args) as services:
        desk = Desk.of(services, args)
        return say.status(args, services.promotions.show(desk.actor, desk.layout.name, args.id))


def rollback(args: argparse.Namespace) -> int:
    """Plans what undoes it; exit 1 where a gate is shut."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        at = (desk.actor, desk.layout.name, args.id)
        release = services.promotions.plan_rollback(*at, note=args.note)
        cost = _cost(desk, release)
    if args.json:
        out.document({**release.as_json(), "cost": say.cost_json(cost)})
    else:
        say.tell(release, cost)
    return 1 if release.blocked else 0


def history(args: argparse.Namespace) -> int:
    """The newest releases of the project."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        found = services.promotions.history(
            desk.actor, desk.layout.name, before=args.before, limit=args.limit
        )
    older = found[-1].id if len(found) == args.limit else None
    if args.json:
        out.document({"releases": [one.as_json() for one in found], "next": older})
        return 0
    for one in found:
        out.line(
            f"{one.id}  {one.kind:<9}  {STATE_WORDS[one.state]:<24}  "
            f"{one.done:>7,} of {one.todo:>7,}  {one.planned.name}  {one.header.scope.text}"
        )
    if older:
        out.note(f"There may be older ones. Go on with --before {older}.")
    elif not found:
        out.note("Nothing was released yet.")
    return 0


def diff(args: argparse.Namespace) -> int:
    """Two plans, or two places; exit 1 where they differ."""
    plans = [bool(_RELEASE.fullmatch(text)) for text in (args.one, args.other)]
    if plans[0] != plans[1]:
        raise InvalidInput("A plan is not compared with a place.", "Give two of one kind.")
    with opened(args) as services:
        desk = Desk.of(services, args)
        if plans[0]:
            told = services.promotions.compare(desk.actor, desk.layout.name, args.one, args.other)
            return say.tell_plans(args, told)
        one, other = desk.place(args.one), desk.place(args.other)
        rows = services.promotions.diff(desk.actor, one, other)
    return say.tell_places(args, rows)
