"""`audit verify`, `audit list` and `audit export`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from storage.cli import show
from storage.cli.session import actor_of, opened_office
from storage.errors import InvalidInput
from storage.model.audit import AuditFilter, AuditRow, Verdict


def verify(args: argparse.Namespace) -> int:
    """Reads the whole log; status 1 when anything in it was changed, 3 when that is not sure
    because the heads kept in a store could not be read.
    """
    with opened_office(args) as office:
        verdict = office.activity.verify(actor_of(office))
    if args.json:
        show.document(verdict.as_json())
    else:
        _tell(verdict)
    if verdict.findings:
        return 1
    return 3 if verdict.unread else 0


def _tell(verdict: Verdict) -> None:
    for finding in verdict.findings:
        show.line(f"{finding.code}: {finding.text}")
    if verdict.more:
        show.line(f"and {verdict.more:,} more")
    if verdict.findings:
        show.note("The log was changed by something else than the console.")
        show.note("Keep a copy of the database as it is, then compare it with a backup.")
    else:
        show.line(f"{verdict.rows:,} rows, all as the console wrote them.")
    if verdict.unread:
        show.note(verdict.unread)


def list_rows(args: argparse.Namespace) -> int:
    """The newest rows that fit."""
    with opened_office(args) as office:
        page = office.activity.search(
            actor_of(office), _filter(args), before=args.before, limit=args.limit
        )
    if args.json:
        show.document({"events": [row.as_json() for row in page.rows], "next": page.next})
        return 0
    for row in page.rows:
        show.line(_in_words(row))
    if page.next is not None:
        show.note(f"There are older ones. Go on with --before {page.next}.")
    elif not page.rows:
        show.note("Nothing is there.")
    return 0


def _in_words(row: AuditRow) -> str:
    event = row.event
    place = f"s3://{event.bucket}/{event.key}" if event.bucket else ""
    who = f"{event.actor_id} ({event.via} {event.address})"
    return f"{row.seq:>8}  {row.at[:19]}Z  {event.result:<8} {event.action:<16} {who}  {place}"


def export(args: argparse.Namespace) -> int:
    """Every row that fits, oldest first, as it is read."""
    with opened_office(args) as office:
        activity, actor = office.activity, actor_of(office)
        if args.json:
            chunks = _as_document(activity.stream(actor, _filter(args), form="json"))
        else:
            chunks = activity.export(actor, _filter(args), args.format)
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)  # bytes: Windows would write other line ends
    return 0


def _as_document(rows: Iterable[AuditRow]) -> Iterator[bytes]:
    before = b'{"events": [\n'
    for row in rows:
        yield before + json.dumps(row.as_json()).encode("ascii")
        before = b",\n"
    yield b"\n]}\n" if before == b",\n" else before + b"]}\n"


def _filter(args: argparse.Namespace) -> AuditFilter:
    return AuditFilter(
        actor_id=args.actor,
        action=args.action,
        result=args.result,
        layout=args.layout,
        bucket=args.bucket,
        key=args.key,
        prefix=args.prefix,
        text=args.text,
        since=_time(args.since),
        until=_time(args.until),
    )


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is no time.", "Write it like 2026-11-21 or 2026-11-21T07:30 (UTC)."
        ) from error
    return when if when.tzinfo else when.replace(tzinfo=UTC)
