"""`costs estimate`, `whatif`, `forecast`, `bill`, `budgets` and `prices`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from storage.cli import show
from storage.cli.desk import Desk
from storage.cli.session import opened
from storage.costs.estimate import METERS
from storage.costs.scenarios import Change, Grow, Mirror, Move, Recode, Remove, Where
from storage.errors import InvalidInput
from storage.model.money import Estimate, money
from storage.s3.pricing import list_products, pricing_client

_BILL_BYTES = 1 << 30


def estimate(args: argparse.Namespace) -> int:
    """What a month costs; exit 1 where it is not complete."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        made = services.costs.estimate(desk.actor, desk.layout.name, _assumed(args))
    if args.json:
        show.document(made.as_json())
    else:
        _print(made)
    return 1 if made.missing else 0


def whatif(args: argparse.Namespace) -> int:
    """What a change would cost and save."""
    change = _change(args)
    with opened(args) as services:
        desk = Desk.of(services, args)
        made = services.costs.what_if(desk.actor, desk.layout.name, change, _assumed(args))
    if args.rule and made.rule is None:
        raise InvalidInput(
            "No lifecycle rule can make that change.", "Rules know prefixes, sizes and ages only."
        )
    if args.json or args.rule:
        show.document(made.rule if args.rule else made.as_json())
        return 0
    currency, back = made.now.book.currency, made.pay_back_months
    show.line(made.title)
    for name, amount in (
        ("a month now", made.now.total),
        ("first month", made.first_month),
        ("each month after", made.steady.total),
        ("saved a month", made.saving),
    ):
        show.line(f"{name:<18} {money(amount, currency)}")
    show.line(f"{'pays for itself':<18} {'never' if back is None else f'after {back:.1f} months'}")
    for warning in made.warnings:
        show.note(warning)
    return 0


def forecast(args: argparse.Namespace) -> int:
    """The months to come, or what so many recordings cost."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        where = (desk.actor, desk.layout.name)
        if args.recordings:
            size = int(args.size_mib * (1 << 20))
            found = services.costs.recordings(
                *where, args.recordings, bytes_each=size, plays=args.plays
            )
            if args.json:
                show.document(found.as_json())
                return 0
            _print(found.estimate)
            for why in found.why:
                show.note(why)
            return 0
        made = services.costs.forecast(*where, args.months)
    if args.json:
        show.document(made.as_json())
        return 0
    for month in made.as_json()["months"]:
        show.line(f"{month['month']}  {month['amount']:>12}  {month['low']} to {month['high']}")
    if made.why:
        show.note(made.why)
    return 0


def bill(args: argparse.Namespace) -> int:
    """Takes in a report where one is given; then a month beside its estimate."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        where = (desk.actor, desk.layout.name)
        month = args.month
        if args.file is not None:
            taken = services.ledger.take_bills(*where, _read(args.file), args.file.name)
            show.note(f"Taken in: {', '.join(one.period for one in taken)}")
            month = month or taken[-1].period
        found = services.costs.last_month(*where, month)
    if args.json:
        show.document(found.as_json())
        return 0
    currency = found.estimate.book.currency
    show.line(f"{found.period.name}: {money(found.estimate.total, currency)} estimated")
    for one in found.differences:
        show.line(
            f"  {one.as_json()['title']:<36} {money(one.estimated, currency):>14} "
            f"{money(one.billed, currency):>14}  {one.why}"
        )
    if found.bill is None:
        show.note("There is no bill of that month: give a report with --file.")
    return 0


def budgets(args: argparse.Namespace) -> int:
    """Sets one, removes one, tells of what is crossed; exit 1 where a threshold is reached."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        if args.set is not None:
            services.ledger.put_budget(
                desk.actor, desk.layout.name, args.bucket, _amount(args.set), args.at or (80, 100)
            )
        if args.remove:
            services.ledger.remove_budget(desk.actor, args.remove)
        if args.tell:
            for state in services.budgets.tell(desk.actor):
                show.note(f"Told: {state.words()}")
        states = services.budgets.states(desk.actor, args.layout)
    if args.json:
        show.document([state.as_json() for state in states])
    else:
        for state in states:
            show.line(f"{state.budget.id}  {state.words()}")
    return 1 if any(state.crossed for state in states) else 0


def prices(args: argparse.Namespace) -> int:
    """The book in use; with `update` a newer list of AWS's beside it, kept unless --dry-run."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        if args.update is None:
            book = services.costs.book(desk.actor)
            if args.json:
                show.document({**book.name.as_json(), "regions": dict(book.regions)})
                return 0
            show.line(f"{book.name.name}, {book.name.date}, {book.name.currency}")
            show.line(book.name.source)
            for (region, figure, storage_class), tiers in book.figures.items():
                rates = " / ".join(f"{tier.price:f}" for tier in tiers)
                guess = "" if all(tier.origin.sourced for tier in tiers) else "  (no source)"
                show.line(f"{region:<14} {figure:<12} {storage_class:<36} {rates}{guess}")
            return 0
        update = services.ledger.plan_book(desk.actor, _documents(args), _source(args))
        if not args.dry_run:
            services.ledger.take_book(desk.actor, update, args.note)
    if args.json:
        show.document(update.as_json())
        return 0
    for one in update.as_json()["changes"]:
        where = " ".join(filter(None, (one["region"], one["figure"], one["storage_class"])))
        show.line(f"{where} {one['tier']}: {one['before']} -> {one['after']}")
    for note in update.notes:
        show.note(note)
    show.note(f"{len(update.changes)} changed; {'kept as it was' if args.dry_run else 'taken in'}.")
    return 0


# -- inside ---------------------------------------------------------------------------------------


def _print(made: Estimate) -> None:
    currency = made.book.currency
    for line in made.lines:
        where = " ".join(filter(None, (line.group, line.storage_class, line.tier)))
        show.line(f"{METERS[line.meter]:<46} {where:<48} {money(line.amount, currency):>16}")
    show.line(f"{'Total a month':<95} {money(made.total, currency):>16}")
    show.note(f"Prices: {made.book.name}, {made.book.date}. {made.book.source}")
    for note in made.notes:
        show.note(note)


def _assumed(args: argparse.Namespace) -> dict[str, str]:
    found = {}
    for text in args.assume:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"{text!r} assumes nothing.", "Write it like prod.gets=1200000.")
        found[name] = value
    return found


def _change(args: argparse.Namespace) -> Change:
    where = Where(args.bucket_name, args.prefix, args.kind, older_days=args.older)
    match args.what:
        case "move":
            if not args.to:
                raise InvalidInput("It is not said where to.", "Give --to STANDARD_IA or another.")
            return Move(args.to, where, small=args.small, how="copy" if args.copy else "lifecycle")
        case "delete-versions":
            return Remove(_with(where, "noncurrent", "delete-marker"))
        case "delete-uploads":
            return Remove(_with(where, "part"))
        case "delete":
            return Remove(where, args.percent)
        case _:
            return _other_change(args, where)


def _other_change(args: argparse.Namespace, where: Where) -> Change:
    if args.what == "bitrate":
        return Recode(args.from_kbps, args.to_kbps, where)
    if args.what == "region":
        return Mirror(args.region, args.to, where)
    return Grow(args.times)


def _with(where: Where, *states: str) -> Where:
    return Where(where.bucket, where.prefix, where.kind, states=states, older_days=where.older_days)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise InvalidInput(f"{text!r} is no amount.", "Give it like 20 or 12.50.") from error


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _BILL_BYTES:
            raise InvalidInput(f"{path.name!r} has over 1 GiB.", "Export one month at a time.")
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{str(path)!r} cannot be read: {error.strerror or error}.", "Check the file's name."
        ) from error


def _documents(args: argparse.Namespace) -> Iterator[str]:
    """The texts of a list: of files (an offer file, an answer of get-products), else AWS's own."""
    if not args.file:
        client = pricing_client()
        for region in args.region or ("us-east-1", "eu-west-1", "eu-west-2", "eu-central-1"):
            yield from list_products(client, region)
        return
    for path in args.file:
        text = _read(path).decode("utf-8", "replace")
        try:
            listed = json.loads(text).get("PriceList")
        except (ValueError, AttributeError):
            listed = None
        yield from listed if isinstance(listed, list) else [text]


def _source(args: argparse.Namespace) -> str:
    return ", ".join(path.name for path in args.file) if args.file else "Price List API"
