"""The arguments of `audit …`."""

from __future__ import annotations

import argparse

from storage.cli.arguments import AddCommand, count

_WANTED = {
    "actor": "of this person, by id",
    "action": "by this permission (object:link)",
    "result": "allowed, refused, failed or done",
    "bucket": "in this bucket",
    "key": "of exactly this key",
    "prefix": "of keys that begin like this",
    "text": "with this text anywhere",
    "since": "from this time on (UTC)",
    "until": "before this time (UTC)",
}


def add_audit(command: AddCommand) -> None:
    """All parts of `audit`."""
    command("verify", "audit:verify", "find what was changed in it")
    rows = command("list", "audit:list_rows", "the newest rows")
    _add_filter(rows)
    rows.add_argument("--limit", metavar="N", type=count, default=100, help="so many (100)")
    rows.add_argument("--before", metavar="ROW", type=count, help="older than this row")
    export = command("export", "audit:export", "all rows, to stdout")
    _add_filter(export)
    export.add_argument("--format", choices=["csv", "jsonl"], default="jsonl", help="jsonl")


def _add_filter(part: argparse.ArgumentParser) -> None:
    for name, about in _WANTED.items():
        part.add_argument(f"--{name}", metavar=name.upper(), default="", help=about)
