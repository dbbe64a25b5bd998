"""`rm`, `restore` and `url --put`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from storage.changes.service import LINK_LIFE_S, link_limits
from storage.cli import show
from storage.cli.desk import Desk, report
from storage.cli.jobs import progress
from storage.cli.session import opened
from storage.errors import InvalidInput, NotFound
from storage.model.objects import Place
from storage.units import human_bytes, parse_bytes, parse_duration

_LOOK_EVERY_S = 1.0


# -- rm and restore -------------------------------------------------------------------------------


def remove(args: argparse.Namespace) -> int:
    """Says what it would touch, asks unless told --yes, and deletes what is as it was seen."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        role, keys = desk.places(args.places)
        return (
            _remove_all(desk, args, role, keys)
            if args.recursive
            else _remove(desk, args, role, keys)
        )


def _remove(desk: Desk, args: argparse.Namespace, role: str, keys: Sequence[str]) -> int:
    changes = desk.services.changes
    plan = changes.plan_delete(desk.actor, desk.layout.name, role, keys)
    missing = [row.key for row in plan.rows if row.gone]
    if missing:
        raise NotFound(f"There is no object {missing[0]!r}.", "Nothing was deleted.")
    _ask(args, plan.text)
    deletion = changes.delete(desk.actor, plan, note=args.note)
    if args.json:
        show.document(
            {
                "deleted": [
                    {"key": row.key, "version_id": row.version_id, "marker_id": row.marker_id}
                    for row in deletion.deleted
                ],
                "failed": [{"key": row.key, **(row.error or {})} for row in deletion.failed],
            }
        )
    else:
        for row in deletion.deleted:
            show.line(f"deleted  {row.key}")
        for row in deletion.failed:
            show.note(f"{row.key}: {(row.error or {}).get('what', '')}")
    return 1 if deletion.failed else 0


def _remove_all(desk: Desk, args: argparse.Namespace, role: str, keys: Sequence[str]) -> int:
    if len(keys) > 1:
        raise InvalidInput("Only one folder at a time is deleted.", "Give one PLACE.")
    changes = desk.services.changes
    plan = changes.plan_prefix(desk.actor, desk.layout.name, role, keys[0])
    _ask(args, f"Everything below {plan.prefix}: {plan.text}")
    job = changes.delete_prefix(desk.actor, plan, note=args.note, watch=progress("objects"))
    return report(args, job, "deleted")


def _ask(args: argparse.Namespace, text: str) -> None:
    """Raises InvalidInput unless a person says yes, or --yes did."""
    show.note(text)
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput("Nobody is there to be asked, so nothing was deleted.", "Give --yes.")
    show.note("Type yes to delete it:")
    if sys.stdin.readline().strip().lower() != "yes":
        raise InvalidInput("Nothing was deleted.", "Type yes, or give --yes.")


def restore(args: argparse.Namespace) -> int:
    """Brings back the version that is named, else the newest one of a deleted object."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        place = desk.place(args.place)
        where = (desk.actor, place.layout, place.role, place.key)
        try:
            etag: str | None = services.objects.detail(*where).head.etag
        except NotFound:
            etag = None
        version = args.version or _deleted_version(desk, place, etag)
        written = services.changes.restore(*where, version, etag=etag, note=args.note)
    if args.json:
        show.document({"key": place.key, **written.as_json()})
    else:
        show.line(f"restored  {place.key}  {human_bytes(written.size)}")
    return 0


def _deleted_version(desk: Desk, place: Place, etag: str | None) -> str:
    if etag is not None:
        raise InvalidInput(
            "The object is there, so it has to be said which version comes back.",
            "Give --version; `stat` lists them.",
        )
    found = desk.services.changes.deleted(desk.actor, place.layout, place.role, place.key)
    for row in found.rows:
        if row.key == place.key:
            return row.version_id
    raise NotFound(f"No version of {place.key!r} is kept.", "Check the name.", key=place.key)


# -- url --put ------------------------------------------------------------------------------------


def receive(args: argparse.Namespace) -> int:
    """A link to upload one object by; with --wait also what came, status 1 when it is wrong."""
    if not args.type or not args.max_size:
        raise InvalidInput("An upload link needs --type and --max-size.", "See url --help.")
    with opened(args) as services:
        desk = Desk.of(services, args)
        usual_s = min(LINK_LIFE_S, link_limits(desk.layout)[1])
        place = desk.place(args.place)
        link = services.changes.upload_link(
            desk.actor,
            place.layout,
            place.role,
            place.key,
            content_type=args.type,
            max_bytes=parse_bytes(args.max_size),
            replace=args.replace,
            note=args.note,
            expires_s=parse_duration(args.expires) if args.expires else usual_s,
        )
        if args.json:
            show.document(link.as_json())
        else:
            show.line(link.curl)
        sys.stdout.flush()
        show.note(
            f"Put the file's name in place of FILE. It works until {link.expires_at:%H:%M:%S} UTC."
        )
        if not args.wait:
            show.note(
                f"A console that runs looks at what comes; so does `jobs resume {link.job_id}`."
            )
            return 0
        return _wait(desk, link.job_id)


def _wait(desk: Desk, job_id: str) -> int:
    while (job := desk.services.jobs.get(desk.actor, job_id)).active:
        time.sleep(_LOOK_EVERY_S)
    if not job.result.get("arrived"):
        show.note("Nothing arrived.")
        return 1
    show.note(f"Arrived: {human_bytes(job.result['size'])}, {job.result['detected']}.")
    findings = job.result["findings"]
    for finding in findings:
        show.note(f"{finding['severity'].capitalize()}: {finding['text']} {finding['remedy']}")
    return 1 if any(finding["severity"] == "error" for finding in findings) else 0
