"""The arguments of `measure`; kept apart, so that a command loads nothing but its own."""

from __future__ import annotations

from storage.cli import show


def add_measure(command: show.AddCommand) -> None:
    """Its arguments."""
    about = "measure clips that are not known yet: loudness, length, damage"
    parser = command("measure", "measure:measure", about)
    parser.add_argument("role", metavar="ROLE", help="of the bucket (see `layouts`)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--course", metavar="COURSE", default="", help="the clips of its manifest")
    which.add_argument("--prefix", metavar="P", default="", help="all that begin so")
