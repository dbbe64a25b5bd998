"""Arguments, dispatch and errors of the command line. A command's module loads when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

from storage.cli import show
from storage.cli.arguments import Parser, add_parts, loaded
from storage.errors import ConfigError, Conflict, InvalidInput, RuleViolation, StorageError

# Exit: 0 fine; 1 findings or conflict; 2 usage or configuration; 3 refused or not reached.
_FINDINGS: tuple[type[StorageError], ...] = (Conflict, RuleViolation)
_USAGE: tuple[type[StorageError], ...] = (ConfigError, InvalidInput)
_INTERRUPTED = 130  # what shells report for Ctrl-C

_COMMANDS = (  # what runs it and what adds its arguments, loaded when it is given
    ("layouts", "projects:layouts", "", "the projects, their buckets and regions"),
    (
        "policy",
        "projects:policy",
        "people_args:add_policy",
        "the least IAM policy for a role of person",
    ),
    ("ls", "objects:ls", "objects_args:add_ls", "keys, sizes and dates"),
    ("stat", "objects:stat", "objects_args:add_stat", "all facts of one object"),
    (
        "probe",
        "probe:probe",
        "objects_args:add_probe",
        "what a recording is, and what is wrong with it",
    ),
    ("url", "objects:url", "objects_args:add_url", "a presigned URL"),
    (
        "put",
        "changes:put",
        "changes_args:add_put",
        "store files; goes on where an earlier run stopped",
    ),
    ("cp", "changes:copy", "changes_args:add_copy", "copy objects, with all that belongs to them"),
    ("mv", "changes:move", "changes_args:add_copy", "move objects: copied, compared, then deleted"),
    ("rm", "removing:remove", "changes_args:add_remove", "delete objects, or all below a folder"),
    (
        "restore",
        "removing:restore",
        "changes_args:add_restore",
        "bring back an old version, or what was deleted",
    ),
    (
        "scan",
        "inventory:scan",
        "objects_args:add_scan",
        "list a whole bucket into a Parquet file",
    ),
    (
        "measure",
        "measure:measure",
        "objects_args:add_measure",
        "measure clips that are not known yet: loudness, length, damage",
    ),
)
_GROUPS = (  # and what adds their parts
    ("demo", "demo_args:add_demo", "the embedded store with sample content"),
    ("audit", "audit_args:add_audit", "who did what: the log, and whether anybody changed it"),
    ("jobs", "jobs_args:add_jobs", "long work: what runs, and what can go on"),
    ("users", "people_args:add_users", "who signs in, and an end to it"),
    ("tokens", "people_args:add_tokens", "API tokens for scripts and the command line"),
    (
        "welcomes",
        "welcomes_args:add_welcomes",
        "welcomes: their texts, recordings, and a folder of them",
    ),
    (
        "costs",
        "costs_args:add_costs",
        "what storing costs, what would change it, bills, budgets and prices",
    ),
    (
        "courses",
        "courses_args:add_courses",
        "courses: the manifests that say which clips they are made of",
    ),
    (
        "review",
        "review_args:add_review",
        "listening: what to hear next, verdicts, and what is left",
    ),
    ("promote", "promote_args:add_promote", "releases: what goes live, and back"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status. Results go to stdout, the rest to stderr."""
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given
    try:
        args = _parser().parse_args(given, _defaults())
        status: int = loaded(args.run)(args)
        sys.stdout.flush()
    except StorageError as error:
        show.failure(error, as_json=as_json)
        return _status(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or exit complains
        return 0
    return status


def _status(error: StorageError) -> int:
    if isinstance(error, _FINDINGS):
        return 1
    return 2 if isinstance(error, _USAGE) else 3


def _defaults() -> argparse.Namespace:
    return argparse.Namespace(layout="", config=None, json=False)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m storage",
        description="The audio that teams keep in S3, without a browser.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)

    def command(name: str, about: str, fill: Callable[[Parser], None]) -> Parser:
        return commands.add_parser(name, help=about, description=about, fill=fill)

    for name, run, add, about in _COMMANDS:
        command(name, about, partial(_add, add)).set_defaults(run=run)
    for name, add, about in _GROUPS:
        command(name, about, partial(_add_parts, add))
    return parser


def _add(add: str, parser: Parser) -> None:
    if add:
        loaded(add)(parser)


def _add_parts(add: str, parser: Parser) -> None:
    add_parts(parser, loaded(add))
