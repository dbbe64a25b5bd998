"""The arguments of the commands that change objects, which `changes` and `removing` run."""

from __future__ import annotations

import argparse
from pathlib import Path

from storage.cli import show

_TARGET = "a folder (ending in /) or the new key"
_REPLACE = "replace what is there, if it is still what was seen"


def add_changes(command: show.AddCommand, place: str) -> None:
    """`put`, `cp`, `mv`, `rm` and `restore`; `place` says what a PLACE is."""
    put = command("put", "changes:put", "store files; goes on where an earlier run stopped")
    put.add_argument("files", metavar="FILE", type=Path, nargs="+", help="of this machine")
    put.add_argument("place", metavar="PLACE", help=_TARGET)
    put.add_argument("--type", metavar="TYPE", default="", help="content type; else by the bytes")
    put.add_argument("--replace", action="store_true", help=_REPLACE)
    for name, run, about in (
        ("cp", "changes:copy", "copy objects, with all that belongs to them"),
        ("mv", "changes:move", "move objects: copied, compared, then deleted"),
    ):
        part = command(name, run, about)
        part.add_argument("places", metavar="PLACE", nargs="+", help=place)
        part.add_argument("target", metavar="TARGET", help=_TARGET)
        part.add_argument("--replace", action="store_true", help=_REPLACE)
        _note(part)
    rm = command("rm", "removing:remove", "delete objects, or all below a folder")
    rm.add_argument("places", metavar="PLACE", nargs="+", help=place)
    rm.add_argument("--recursive", action="store_true", help="everything below one folder")
    rm.add_argument("--yes", action="store_true", help="do not ask")
    restore = command(
        "restore", "removing:restore", "bring back an old version, or what was deleted"
    )
    restore.add_argument("place", metavar="PLACE", help=place)
    restore.add_argument("--version", metavar="ID", default="", help="see `stat`; else the newest")
    for part in (put, rm, restore):
        _note(part)


def add_receiving(url: argparse.ArgumentParser) -> None:
    """`url --put`: what makes it a link to upload by."""
    url.add_argument(
        "--put",
        dest="run",
        action="store_const",
        const="removing:receive",
        help="a link by which somebody else uploads exactly this object",
    )
    url.add_argument("--type", metavar="TYPE", default="", help="with --put: its content type")
    url.add_argument("--max-size", metavar="SIZE", default="", help="with --put: 500KiB, 10MiB …")
    url.add_argument("--replace", action="store_true", help="with --put: over what is there")
    url.add_argument("--wait", action="store_true", help="with --put: stay until it arrives")
    _note(url)


def _note(part: argparse.ArgumentParser) -> None:
    part.add_argument("--note", metavar="TEXT", default="", help="why, for the audit log")
