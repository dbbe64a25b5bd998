"""The arguments of the commands that change objects, which `changes` and `removing` run."""

from __future__ import annotations

from pathlib import Path

from storage.cli.arguments import PLACE, Parser, add_note

_TARGET = "a folder (ending in /) or the new key"
_REPLACE = "replace what is there, if it is still what was seen"


def add_put(parser: Parser) -> None:
    """Of `put`."""
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="of this machine")
    parser.add_argument("place", metavar="PLACE", help=_TARGET)
    parser.add_argument(
        "--type", metavar="TYPE", default="", help="content type; else by the bytes"
    )
    parser.add_argument("--replace", action="store_true", help=_REPLACE)
    add_note(parser)


def add_copy(parser: Parser) -> None:
    """Of `cp` and `mv`."""
    parser.add_argument("places", metavar="PLACE", nargs="+", help=PLACE)
    parser.add_argument("target", metavar="TARGET", help=_TARGET)
    parser.add_argument("--replace", action="store_true", help=_REPLACE)
    add_note(parser)


def add_remove(parser: Parser) -> None:
    """Of `rm`."""
    parser.add_argument("places", metavar="PLACE", nargs="+", help=PLACE)
    parser.add_argument("--recursive", action="store_true", help="everything below one folder")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_note(parser)


def add_restore(parser: Parser) -> None:
    """Of `restore`."""
    parser.add_argument("place", metavar="PLACE", help=PLACE)
    parser.add_argument("--version", metavar="ID", default="", help="see `stat`; else the newest")
    add_note(parser)
