"""The arguments of `review …`, which `review` runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from storage.cli.arguments import AddCommand
from storage.model.review import DECISIONS, ORDERS


def add_review(command: AddCommand) -> None:
    """All parts of `review`."""
    part = command("next", "review:next_clips", "what to hear next, and why; yours for 3 minutes")
    _scope(part)
    part.add_argument("--order", choices=list(ORDERS), default="risk", help="risk")
    part.add_argument("--count", metavar="N", type=int, default=1, help="1 to 5 (1)")
    part = command("verdict", "review:verdict", "approve or reject clips as they are now")
    part.add_argument("decision", choices=list(DECISIONS), help="what you say of them")
    part.add_argument("places", metavar="PLACE", nargs="+", help="stage:mastered/….mp3")
    part.add_argument("--reason", metavar="CODE", nargs="+", default=[], help="of the project")
    part.add_argument("--note", metavar="TEXT", default="", help="what is wrong, in words")
    part = command("undo", "review:undo", "take back a verdict of your own")
    part.add_argument("id", metavar="ID", type=int, help="as `verdict` printed it")
    _role(part)
    _scope(command("progress", "review:progress", "how far the listening is"))
    part = command("gate", "review:gate", "what must still be heard before it goes live")
    _scope(part)
    part = command("export", "review:export", "verdicts as CSV; as JSON what is to be made again")
    _scope(part)
    part.add_argument("--out", metavar="FILE", type=Path, required=True, help=".csv or .json")
    part = command("import", "review:import_file", "verdicts from a file that was exported")
    part.add_argument("file", metavar="FILE", type=Path, help=".csv or .json")
    _role(part)


def _scope(part: argparse.ArgumentParser) -> None:
    which = part.add_mutually_exclusive_group(required=True)
    which.add_argument("--course", metavar="COURSE", help="such as ita_for_eng")
    which.add_argument("--prefix", metavar="PREFIX", help="everything below it")
    which.add_argument("--selection", metavar="ID", help="a saved one")
    _role(part)


def _role(part: argparse.ArgumentParser) -> None:
    part.add_argument("--bucket", metavar="ROLE", default="", help="the first unless given")
