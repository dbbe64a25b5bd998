"""`welcomes list`, `show`, `set`, `publish`, `history` and `restore`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from storage.audio.limits import MAX_INPUT_BYTES
from storage.cli import show
from storage.cli.desk import Desk
from storage.cli.jobs import progress
from storage.cli.session import opened
from storage.errors import InvalidInput
from storage.model.welcome_plans import Past, SaveConflict, SavePlan
from storage.model.welcomes import STATE_WORDS, Welcome
from storage.units import human_bytes

_TEXT_SHOWN = 60
_TEXT_FILE_BYTES = 1_000_000  # far over what a text may have: then it says so itself


def list_all(args: argparse.Namespace) -> int:
    """Every welcome; exit 1 where the registry holds something wrong."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        found = services.welcomes.list(desk.actor, desk.layout.name)
    if args.json:
        show.document([one.as_json() for one in found.welcomes])
    else:
        for one in found.welcomes:
            show.line("  ".join(_columns(one)))
    for finding in found.findings:
        show.note(f"{finding.course or found.key}: {finding.text} {finding.remedy}")
    return 1 if any(finding.severity == "error" for finding in found.findings) else 0


def _columns(one: Welcome) -> Iterator[str]:
    yield f"{one.course:<24}"
    yield f"{STATE_WORDS[one.state]:<12}"
    yield f"{one.duration_s:6.1f} s"
    text = one.text.replace("\n", " ")
    yield text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}…"
    for todo in one.todos:
        if todo.severity != "info":
            yield f"[{todo.text}]"


def show_one(args: argparse.Namespace) -> int:
    """One welcome. Raises NotFound where there is none of that course."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        one = services.welcomes.show(desk.actor, desk.layout.name, args.course)
    if args.json:
        show.document(one.as_json())
        return 0
    sounds = {"recording": one.recording, "testing": one.testing, "live": one.live}
    for name, value in (
        ("course", f"{one.course} ({one.language})"),
        ("text", one.text),
        ("voice", one.voice or ""),
        ("id", one.id or ""),
        ("date", one.generated_date),
        ("length", f"{one.duration_s:.3f} s"),
        ("state", STATE_WORDS[one.state]),
        *((name, f"{at.bucket}/{at.key}" if at else "") for name, at in sounds.items()),
        ("shared with", ", ".join(one.shared_with)),
    ):
        show.line(f"{name:<12} {value}")
    for todo in one.todos:
        show.note(todo.text)
    return 0


def change(args: argparse.Namespace) -> int:
    """Saves text, voice or recording."""
    if args.text is not None and args.text_file is not None:
        raise InvalidInput("The text is given twice.", "Give --text or --text-file.")
    text = args.text
    if args.text_file is not None:
        text = _text(args.text_file)
    with opened(args) as services:
        desk = Desk.of(services, args)
        plan = services.welcomes.plan_save(
            desk.actor,
            desk.layout.name,
            args.course,
            text=text,
            voice=args.voice,
            recording=_bytes(args.recording, MAX_INPUT_BYTES) if args.recording else None,
            also=args.also,
        )
        return _save(desk, plan, args)


def restore(args: argparse.Namespace) -> int:
    """Makes an earlier text or recording the present one."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        place = (desk.layout.name, args.course)
        plan = services.welcomes.plan_restore(desk.actor, *place, args.version)
        return _save(desk, plan, args)


def _save(desk: Desk, plan: SavePlan, args: argparse.Namespace) -> int:
    for sentence in plan.sentences:
        show.note(sentence)
    if args.dry_run:
        if args.json:
            show.document(plan.as_json())
        else:
            for line in plan.json_diff:
                show.line(line)
        return 0
    try:
        saved = desk.services.welcomes.save(desk.actor, plan, note=args.note)
    except SaveConflict as error:
        for name, (seen, mine, theirs) in error.fields.items():
            show.note(f"{name}: it was {seen!r}, yours is {mine!r}, theirs is {theirs!r}")
        raise
    if args.json:
        show.document(saved.as_json())
    else:
        show.line(f"saved: {saved.course} {saved.id or ''}".rstrip())
    return 0


def publish(args: argparse.Namespace) -> int:
    """Sends recordings to testing; exit 1 where one could not be sent."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        plan = services.welcomes.plan_publish(desk.actor, desk.layout.name, args.courses)
        for sentence in plan.sentences:
            show.note(sentence)
        if args.dry_run or not plan.todo:
            if args.json:
                show.document({**plan.as_json(), "done": 0, "items": [], "failures": []})
            return 1 if plan.refused else 0
        job = services.welcomes.publish(
            desk.actor, plan, note=args.note, watch=progress("welcomes")
        )
    result = dict(job.result)
    if args.json:
        show.document({**plan.as_json(), **result})
    else:
        show.line(f"sent to testing: {result['done']:,}")
    for row in result["failures"]:
        show.note(f"{', '.join(row['courses'])}: {row['what']} {row['remedy']}")
    return 1 if result["failed"] or plan.refused else 0


def history(args: argparse.Namespace) -> int:
    """Earlier texts and recordings, newest first."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        found = services.welcomes.history(desk.actor, desk.layout.name, args.course)
    if args.json:
        show.document([one.as_json() for one in found.rows])
    else:
        for one in found.rows:
            mark = "*" if one.current else " "
            show.line(f"{mark} {one.at:%Y-%m-%d %H:%M:%S}Z  {one.version_id}  {_what(one)}")
    for note in found.notes:
        show.note(note)
    return 0


def _what(past: Past) -> str:
    by = f"  by {past.by}" if past.by else ""
    if past.sound is not None:
        return f"recording, {human_bytes(past.sound.size)}{by}"
    return f"text: {str(past.fields.get('text', ''))[:_TEXT_SHOWN]}{by}"


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            found = file.read(most + 1)
    except OSError as error:
        raise InvalidInput(
            f"{str(path)!r} cannot be read: {error.strerror or error}.", "Check the file's name."
        ) from error
    if len(found) > most:
        raise InvalidInput(
            f"{str(path)!r} has over {human_bytes(most)}.", "Check that it is the right file."
        )
    return found


def _text(path: Path) -> str:
    try:
        return _bytes(path, _TEXT_FILE_BYTES).decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{str(path)!r} is not UTF-8 text.", "Save it as UTF-8.") from error
