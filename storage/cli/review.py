"""`review next`, `verdict`, `undo`, `progress`, `gate`, `export` and `import`."""

from __future__ import annotations

import argparse
import time
import uuid
from dataclasses import asdict
from pathlib import Path

from storage.cli import show
from storage.cli.desk import Desk
from storage.cli.session import opened
from storage.errors import InvalidInput
from storage.model.content import Content
from storage.model.listening import ClipToHear, Handed
from storage.model.review import DECISIONS, Judgement, Scope
from storage.model.review_progress import Progress
from storage.review.importing import FILE_BYTES_MAX
from storage.review.store import version_of

_AGAIN_S = 0.5


def next_clips(args: argparse.Namespace) -> int:
    """The next clips, once the bucket is listed; exit 1 where none is left."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        handed = _handed(desk, args)
    if args.json:
        show.document(handed.as_json())
    else:
        for clip in handed.clips:
            _show_clip(clip)
    if not handed.clips:
        left = handed.progress.whole.left if handed.progress else 0
        show.note(f"{left:,} left, all being heard by others." if left else "Everything is heard.")
    return 0 if handed.clips else 1


def _handed(desk: Desk, args: argparse.Namespace) -> Handed:
    while True:
        handed = desk.services.review.next(
            *(desk.actor, desk.layout.name, _role(desk, args), _scope(args)),
            order=args.order,
            count=args.count,
        )
        if handed.listing.state == "ready":
            return handed
        show.note(f"Listing: {handed.listing.listed:,} so far")
        time.sleep(_AGAIN_S)


def _show_clip(clip: ClipToHear) -> None:
    show.line(clip.place.key)
    said = " · ".join(filter(None, (clip.phrase, clip.role, clip.cadence)))
    for words in (said, " · ".join(clip.why), clip.url.url):
        if words:
            show.line(f"  {words}")
    for verdict in clip.verdicts:
        then = " (other bytes)" if verdict["void"] else ""
        show.line(f"  {verdict['by']}: {verdict['decision']}{then} {verdict['note']}".rstrip())


def verdict(args: argparse.Namespace) -> int:
    """Says it of what lies there now; exit 1 where one could not be kept."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        role, keys = desk.places(args.places)
        place = (desk.actor, desk.layout.name, role)
        judgements = [
            Judgement(
                nonce=uuid.uuid4().hex,
                key=head.key,
                content=Content(head.etag, head.size),
                decision=DECISIONS[args.decision],
                reasons=tuple(args.reason),
                note=args.note,
                version_id=version_of(head),
            )
            for head in services.review.look(*place, keys)
        ]
        ends = services.review.judge(*place, judgements)
    if args.json:
        show.document([{"key": key, **end.as_json()} for key, end in zip(keys, ends, strict=True)])
        return 1 if any(end.error for end in ends) else 0
    for key, end in zip(keys, ends, strict=True):
        if end.error:
            show.note(f"{key}: {end.error['what']} {end.error['remedy']}")
        else:
            show.line(f"{end.verdict_id}  {end.state}  {key}")
    return 1 if any(end.error for end in ends) else 0


def undo(args: argparse.Namespace) -> int:
    """Takes it back."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        role = _role(desk, args)
        undone = services.review.undo(desk.actor, desk.layout.name, role, args.id)
    if args.json:
        show.document({"key": undone.key, "state": undone.state})
    else:
        show.line(f"{undone.key}: {undone.state}")
    return 0


def progress(args: argparse.Namespace) -> int:
    """How far it is, by a listing of now."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        found = _progress(desk, args)
    if args.json:
        parts = {
            name: [asdict(part) for part in getattr(found, name)]
            for name in ("by_role", "by_slice", "by_person")
        }
        show.document({**found.as_json(), **parts, "listing": found.listing.as_json()})
        return 0
    whole = found.whole
    show.line(f"{whole.heard:,} of {whole.total:,} heard, {whole.left:,} left")
    for name, number in (
        ("approved", whole.approved),
        ("rejected", whole.rejected),
        ("second ear", whole.second_ear),
        ("disputed", whole.disputed),
        ("changed", whole.void),
        ("missing", found.missing),
    ):
        show.line(f"{name:<12} {number:>8,}")
    for part in found.by_person:
        show.line(f"{part.name}: {part.heard:,}")
    return 0


def _progress(desk: Desk, args: argparse.Namespace) -> Progress:
    place = (desk.actor, desk.layout.name, _role(desk, args), _scope(args))
    fresh = True
    while (found := desk.services.review.progress(*place, fresh=fresh)).listing.state != "ready":
        fresh = False
        time.sleep(_AGAIN_S)
    return found


def gate(args: argparse.Namespace) -> int:
    """What speaks against going live; exit 1 where anything does."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        place = (desk.actor, desk.layout.name, _role(desk, args), _scope(args))
        report = services.review.gate(*place)
    if args.json:
        show.document(report.as_json())
    else:
        show.line(f"{report.approved:,} of {report.clips:,} approved")
        for sentence in report.sentences:
            show.line(sentence)
    return 0 if report.ok else 1


def export(args: argparse.Namespace) -> int:
    """Writes the file; an old one is replaced once the new one is whole."""
    if args.out.suffix.lower() not in (".csv", ".json"):
        raise InvalidInput(f"{args.out.name!r} is neither .csv nor .json.", "Name the file so.")
    with opened(args) as services:
        desk = Desk.of(services, args)
        place = (desk.actor, desk.layout.name, _role(desk, args), _scope(args))
        if args.out.suffix.lower() == ".csv":
            body = b"".join(services.review.export_csv(*place))
        else:
            body = services.review.export_json(*place)
    _write(args.out, body)
    if args.json:
        show.document({"out": str(args.out), "bytes": len(body)})
    else:
        show.line(str(args.out))
    return 0


def import_file(args: argparse.Namespace) -> int:
    """Keeps what the file says; exit 1 where a line was refused."""
    body = _read(args.file)
    with opened(args) as services:
        desk = Desk.of(services, args)
        role = _role(desk, args)
        found = services.review.import_file(desk.actor, desk.layout.name, role, body)
    if args.json:
        refused = [{"line": line, "why": why} for line, why in found.refused]
        show.document({"done": found.done, "repeated": found.repeated, "refused": refused})
    else:
        show.line(f"{found.done:,} new, {found.repeated:,} known already")
        for line, why in found.refused:
            show.note(f"line {line}: {why}")
    return 1 if found.refused else 0


def _scope(args: argparse.Namespace) -> Scope:
    if args.course is not None:
        return Scope("course", args.course)
    if args.prefix is not None:
        return Scope("prefix", args.prefix)
    return Scope("selection", args.selection)


def _role(desk: Desk, args: argparse.Namespace) -> str:
    return args.bucket or desk.layout.default_role


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise InvalidInput(f"{path} is too large.", "Import a smaller file.")
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", "Check it.") from error


def _write(path: Path, body: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(body)
        part.replace(path)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}.", "Choose another place."
        ) from error
