"""The arguments of `welcomes …`, which `welcomes` and `copies` run."""

from __future__ import annotations

import argparse
from pathlib import Path

from storage.cli.arguments import AddCommand, add_note

_FOLDER = "the folder with vfs/ and extracted-welcomes/ (here)"


def add_welcomes(command: AddCommand) -> None:
    """All parts of `welcomes`."""
    command("list", "welcomes:list_all", "every course, and where its recording stands")
    _course(command("show", "welcomes:show_one", "one course: text, id, length, recording"))
    part = command("set", "welcomes:change", "change text, voice or recording")
    _course(part)
    part.add_argument("--text", metavar="TEXT", help="what is spoken")
    part.add_argument("--text-file", metavar="FILE", type=Path, help="the same, from a file")
    part.add_argument("--voice", metavar="NAME", help='who speaks; "" for nobody known')
    part.add_argument("--recording", metavar="FILE", type=Path, help="WAV, MP3, M4A, FLAC, Ogg")
    part.add_argument(
        "--also", metavar="COURSE", nargs="+", default=[], help="same text and voice: same pair"
    )
    _run(part)
    part = command("publish", "welcomes:publish", "send recordings to testing, as MP3")
    part.add_argument("courses", metavar="COURSE", nargs="+", help="and all of their pairs")
    _run(part)
    _course(command("history", "welcomes:history", "earlier texts and recordings"))
    part = command("restore", "welcomes:restore", "make an earlier one the present one")
    _course(part)
    part.add_argument("version", metavar="VERSION", help="see `welcomes history`")
    _run(part)
    _add_copies(command)


def _add_copies(command: AddCommand) -> None:
    """`status`, `push` and `pull`."""
    for name, about in (
        ("status", "what differs between a folder and the store"),
        ("push", "store what was changed in a folder"),
        ("pull", "bring what was changed in the store into a folder"),
    ):
        part = command(name, f"copies:{name}", about)
        part.add_argument("folder", metavar="DIR", type=Path, nargs="?", help=_FOLDER)
        part.add_argument("--dir", metavar="DIR", type=Path, help="the same")
        part.add_argument("--audio", action="store_true", help="recordings only")
        part.add_argument("--registry", action="store_true", help="texts only")
        part.add_argument(
            "--take",
            metavar=("local|remote", "COURSE"),
            nargs=2,
            action="append",
            default=[],
            help="settle a conflict for one side",
        )
        if name != "status":
            _run(part)


def _course(part: argparse.ArgumentParser) -> None:
    part.add_argument("course", metavar="COURSE", help="such as ita_for_eng")


def _run(part: argparse.ArgumentParser) -> None:
    part.add_argument("--dry-run", action="store_true", help="say what would happen")
    add_note(part)
