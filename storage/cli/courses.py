"""`courses list` and `courses put`."""

from __future__ import annotations

import argparse
from pathlib import Path

from storage.cli import show
from storage.cli.desk import Desk
from storage.cli.session import opened
from storage.courses.manifest import MAX_BYTES
from storage.errors import InvalidInput, NotFound
from storage.model.courses import CourseEntry
from storage.units import human_bytes

_SOURCES = {"store": "in the store", "file": "given as a file"}


def list_all(args: argparse.Namespace) -> int:
    """Every course that has a manifest."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        found = services.manifests.courses(desk.actor, desk.layout.name)
    if args.json:
        show.document([one.as_json() for one in found])
        return 0
    for one in found:
        _tell(one)
    if not found:
        show.note("No course has a manifest.")
    return 0


def put(args: argparse.Namespace) -> int:
    """Keeps a file as a course's manifest; exit 1 where something in it is odd."""
    file = Path(args.file).expanduser()
    data = _read(file)
    with opened(args) as services:
        desk = Desk.of(services, args)
        one = services.manifests.put(
            desk.actor, desk.layout.name, args.course, data, name=file.name
        )
    if args.json:
        show.document(one.as_json())
    else:
        _tell(one)
    return int(bool(one.findings))


def _read(file: Path) -> bytes:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise InvalidInput(
                f"The file {str(file)!r} has {human_bytes(size)}.", "That is no course manifest."
            )
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {str(file)!r}.", "Check its name.") from error
    except OSError as error:
        what = f"The file {str(file)!r} cannot be read: {error.strerror}."
        raise InvalidInput(what, "Give a file that you may read.") from error


def _tell(one: CourseEntry) -> None:
    clips = f"{one.clips:,} clips" if one.read else "not read yet"
    show.line(f"{one.course:<24}{clips:>16}  {_SOURCES[one.source]}, {one.at[:16]}Z  {one.title}")
    for finding in one.findings:
        show.note(f"{one.course}: {finding}")
