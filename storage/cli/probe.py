"""`probe`: what a recording is, how it sounds in numbers, what is wrong with it."""

from __future__ import annotations

import argparse
from pathlib import Path

from storage.audio.analyse import measure
from storage.audio.limits import refuse_size
from storage.cli import show
from storage.cli.desk import Desk
from storage.cli.session import opened
from storage.errors import InvalidInput, NotFound
from storage.model.audio import Measured

_PATH_STARTS = ("/", "./", "../", "~")  # no key is written like that


def probe(args: argparse.Namespace) -> int:
    """A file of this machine, or an object; exit 1 where something is wrong with it."""
    file = Path(args.place).expanduser()
    if file.is_file() or args.place.startswith(_PATH_STARTS):
        measured = measure(_read(file), file.name)
    else:
        measured = _measure_object(args)
    if args.json:
        show.document(measured.as_json())
    else:
        _as_text(measured)
    return int(any(finding.severity != "info" for finding in measured.findings))


def _read(file: Path) -> bytes:
    try:
        refuse_size(file.stat().st_size)
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {str(file)!r}.", "Check its name.") from error
    except OSError as error:
        what = f"The file {str(file)!r} cannot be read: {error.strerror}."
        raise InvalidInput(what, "Give a file that you may read.") from error


def _measure_object(args: argparse.Namespace) -> Measured:
    with opened(args) as services:
        desk = Desk.of(services, args)
        place = desk.place(args.place)
        where = (desk.actor, place.layout, place.role, place.key)
        head = services.objects.head(*where)
        refuse_size(head.size)
        data = b"".join(services.objects.stream(*where, etag=head.etag))
    return measure(data, place.key)


def _as_text(measured: Measured) -> None:
    facts = measured.as_json()
    findings = facts.pop("findings")
    for name, value in facts.items():
        shown = f"{value:.3f}" if isinstance(value, float) else "" if value is None else value
        show.line(f"{name.replace('_', ' ') + ':':<22}{shown}")
    for finding in findings:
        show.line(f"{finding['severity'] + ':':<22}{finding['text']}")
