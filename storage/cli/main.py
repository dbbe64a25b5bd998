"""Arguments, dispatch and errors of the command line. A command's module loads when it runs."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from storage.cli import show
from storage.cli.changes_args import add_changes, add_receiving
from storage.cli.costs_args import add_costs
from storage.cli.inventory_args import add_scan
from storage.cli.measure_args import add_measure
from storage.cli.promote_args import add_promote
from storage.cli.review_args import add_review
from storage.cli.welcomes_args import add_welcomes
from storage.errors import ConfigError, Conflict, InvalidInput, RuleViolation, StorageError

# Exit: 0 fine; 1 findings or conflict; 2 usage or configuration; 3 refused or not reached.
_FINDINGS: tuple[type[StorageError], ...] = (Conflict, RuleViolation)
_USAGE: tuple[type[StorageError], ...] = (ConfigError, InvalidInput)
_INTERRUPTED = 130  # what shells report for Ctrl-C

_PLACE = "s3://bucket/key, role:key (stage:mastered/), or a key of the project's first bucket"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """A wrong command line is an error like any other, so that --json tells it as JSON."""
        raise InvalidInput(f"{message[:1].upper()}{message[1:]}.", f"See {self.prog} --help.")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status. Results go to stdout, the rest to stderr."""
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given
    try:
        args = _parser().parse_args(given, _defaults())
        module, _, function = args.run.partition(":")
        status: int = getattr(importlib.import_module(f"storage.cli.{module}"), function)(args)
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


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--layout", metavar="NAME", help="the project (see `layouts`)")
    common.add_argument("--config", metavar="FILE", type=Path, help="a config file")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser = _Parser(
        prog="python -m storage",
        description="The audio that teams keep in S3, without a browser.",
        parents=[common],
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, run: str, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about, parents=[common])
        made.set_defaults(run=run)
        return made

    command("layouts", "projects:layouts", "the projects, their buckets and regions")
    policy = command("policy", "projects:policy", "the least IAM policy for a role of person")
    policy.add_argument("role", metavar="ROLE", help="viewer, editor, qa, operator or admin")
    _add_objects(command)
    _add_demo(commands, common)
    _add_audit(commands, common)
    _add_jobs(commands, common)
    _add_people(commands, common)
    _add_welcomes(commands, common)
    add_scan(command)
    add_measure(command)
    _add_costs(commands, common)
    _add_courses(commands, common)
    _add_review(commands, common)
    _add_promote(commands, common)
    return parser


def _add_objects(command: show.AddCommand) -> None:
    ls = command("ls", "objects:ls", "keys, sizes and dates")
    ls.add_argument("place", metavar="PLACE", nargs="?", default="", help=_PLACE)
    ls.add_argument("--recursive", action="store_true", help="everything below, without folders")
    ls.add_argument("--limit", metavar="N", type=_count, default=1000, help="stop there (1000)")
    ls.add_argument("--after", metavar="KEY", default="", help="start after this key")
    stat = command("stat", "objects:stat", "all facts of one object")
    stat.add_argument("place", metavar="PLACE", help=_PLACE)
    probe = command("probe", "probe:probe", "what a recording is, and what is wrong with it")
    probe.add_argument("place", metavar="FILE-or-PLACE", help=f"a file here, else {_PLACE}")
    url = command("url", "objects:url", "a presigned URL")
    url.add_argument("place", metavar="PLACE", help=_PLACE)
    url.add_argument(
        "--expires", metavar="LIFE", default="", help="5m to 7d; 15m unless given (5m: personal)"
    )
    url.add_argument("--download", action="store_true", help="browsers save it under its name")
    add_receiving(url)
    add_changes(command, _PLACE)


def _add_demo(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    about = "the embedded store with sample content"
    demo = commands.add_parser("demo", help=about, description=about)
    parts = demo.add_subparsers(metavar="serve|seed", required=True, parser_class=_Parser)
    serve = parts.add_parser("serve", help="run the store until Ctrl-C", parents=[common])
    serve.add_argument("--port", metavar="P", type=_port, default=0, help="of the store")
    serve.add_argument("--data", metavar="DIR", type=Path, help="where it keeps its data")
    serve.set_defaults(run="demo:serve")
    seed = parts.add_parser("seed", help="fill it with the samples", parents=[common])
    seed.add_argument(
        "--scale", metavar="N", type=_count, default=0, help="this many extra clips in ssi stage"
    )
    seed.set_defaults(run="demo:seed")


def _add_audit(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    about = "who did what: the log, and whether anybody changed it"
    audit = commands.add_parser("audit", help=about, description=about)
    parts = audit.add_subparsers(metavar="verify|list|export", required=True, parser_class=_Parser)
    verify = parts.add_parser("verify", help="find what was changed in it", parents=[common])
    verify.set_defaults(run="audit:verify")
    wanted = _audit_filter()
    rows = parts.add_parser("list", help="the newest rows", parents=[common, wanted])
    rows.add_argument("--limit", metavar="N", type=_count, default=100, help="so many (100)")
    rows.add_argument("--before", metavar="ROW", type=_count, help="older than this row")
    rows.set_defaults(run="audit:list_rows")
    export = parts.add_parser("export", help="all rows, to stdout", parents=[common, wanted])
    export.add_argument("--format", choices=["csv", "jsonl"], default="jsonl", help="jsonl")
    export.set_defaults(run="audit:export")


def _add_jobs(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    about = "long work: what runs, and what can go on"
    jobs = commands.add_parser("jobs", help=about, description=about)
    names = "list|show|cancel|resume"
    parts = jobs.add_subparsers(metavar=names, required=True, parser_class=_Parser)
    rows = parts.add_parser("list", help="the newest jobs", parents=[common])
    rows.add_argument("--all", action="store_true", help="also those of others")
    rows.add_argument("--limit", metavar="N", type=_count, default=50, help="so many (50)")
    rows.add_argument("--before", metavar="ID", default="", help="older than this job")
    rows.set_defaults(run="jobs:list_jobs")
    for name, run, about in (
        ("show", "jobs:show_job", "one job"),
        ("cancel", "jobs:cancel", "ask it to stop"),
        ("resume", "jobs:resume", "go on where it stopped, in this command"),
    ):
        part = parts.add_parser(name, help=about, parents=[common])
        part.add_argument("id", metavar="ID", help="of the job (see `jobs list`)")
        part.set_defaults(run=run)


def _add_people(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    admin = _Parser(add_help=False, parents=[common])
    admin.add_argument(
        "--as-local", action="store_true", help="as whoever may read the console's files here"
    )
    reasoned = _Parser(add_help=False, parents=[admin])
    reasoned.add_argument("--note", metavar="WHY", default="", help="why, for the audit log")

    about = "who signs in, and an end to it"
    users = commands.add_parser("users", help=about, description=about)
    parts = users.add_subparsers(metavar="list|revoke", required=True, parser_class=_Parser)
    rows = parts.add_parser("list", help="everybody who signed in", parents=[admin])
    rows.set_defaults(run="people:list_users")
    revoke = parts.add_parser("revoke", help="end sessions, tokens, jobs", parents=[reasoned])
    revoke.add_argument("id", metavar="ID", help="of the person (see `users list`)")
    revoke.set_defaults(run="people:revoke_user")

    about = "API tokens for scripts and the command line"
    tokens = commands.add_parser("tokens", help=about, description=about)
    parts = tokens.add_subparsers(metavar="create|list|revoke", required=True, parser_class=_Parser)
    create = parts.add_parser("create", help="one more; shown once", parents=[reasoned])
    create.add_argument("name", metavar="NAME", help="what it is for")
    for name, metavar, about in (
        ("--role", "ROLE", "viewer, editor, qa, operator, admin"),
        ("--can", "PERMISSION", "such as object:read (docs/permissions.md)"),
    ):
        create.add_argument(
            name, nargs="+", action="extend", metavar=metavar, required=True, help=about
        )
    create.add_argument(
        "--only",
        nargs="+",
        action="extend",
        metavar="PROJECT",
        default=[],
        help="all unless given",
    )
    create.add_argument("--expires", metavar="LIFE", required=True, help="1h to 365d")
    create.set_defaults(run="people:create_token")
    rows = parts.add_parser("list", help="all of them, without secrets", parents=[admin])
    rows.set_defaults(run="people:list_tokens")
    revoke = parts.add_parser("revoke", help="end it", parents=[reasoned])
    revoke.add_argument("id", metavar="ID", help="of the token (see `tokens list`)")
    revoke.set_defaults(run="people:revoke_token")


def _add_welcomes(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    about = "welcomes: their texts, recordings, and a folder of them"
    welcomes = commands.add_parser("welcomes", help=about, description=about)
    names = "list|show|set|publish|history|restore|status|push|pull"
    parts = welcomes.add_subparsers(metavar=names, required=True, parser_class=_Parser)

    def command(name: str, run: str, about: str) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=about, description=about, parents=[common])
        made.set_defaults(run=run)
        return made

    add_welcomes(command)


def _add_costs(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    about = "what storing costs, what would change it, bills, budgets and prices"
    costs = commands.add_parser("costs", help=about, description=about)
    names = "estimate|whatif|forecast|bill|budgets|prices"
    parts = costs.add_subparsers(metavar=names, required=True, parser_class=_Parser)

    def command(name: str, run: str, about: str) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=about, description=about, parents=[common])
        made.set_defaults(run=run)
        return made

    add_costs(command)


def _add_courses(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    about = "courses: the manifests that say which clips they are made of"
    courses = commands.add_parser("courses", help=about, description=about)
    parts = courses.add_subparsers(metavar="list|put", required=True, parser_class=_Parser)
    rows = parts.add_parser("list", help="every course with a manifest", parents=[common])
    rows.set_defaults(run="courses:list_all")
    put = parts.add_parser("put", help="keep a file as a course's manifest", parents=[common])
    put.add_argument("course", metavar="COURSE", help="such as ita_for_eng")
    put.add_argument("file", metavar="FILE", help="course_manifest.json, as it was compiled")
    put.set_defaults(run="courses:put")


def _add_review(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    about = "listening: what to hear next, verdicts, and what is left"
    review = commands.add_parser("review", help=about, description=about)
    names = "next|verdict|undo|progress|gate|export|import"
    parts = review.add_subparsers(metavar=names, required=True, parser_class=_Parser)

    def command(name: str, run: str, about: str) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=about, description=about, parents=[common])
        made.set_defaults(run=run)
        return made

    add_review(command)


def _add_promote(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    about = "releases: what goes live, and back"
    promote = commands.add_parser("promote", help=about, description=about)
    names = "plan|show|approve|run|pause|resume|cancel|verify|status|rollback|history|diff"
    parts = promote.add_subparsers(metavar=names, required=True, parser_class=_Parser)

    def command(name: str, run: str, about: str) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=about, description=about, parents=[common])
        made.set_defaults(run=run)
        return made

    add_promote(command)


def _audit_filter() -> _Parser:
    wanted = _Parser(add_help=False)
    for name, about in {
        "actor": "of this person, by id",
        "action": "by this permission (object:link)",
        "result": "allowed, refused, failed or done",
        "bucket": "in this bucket",
        "key": "of exactly this key",
        "prefix": "of keys that begin like this",
        "text": "with this text anywhere",
        "since": "from this time on (UTC)",
        "until": "before this time (UTC)",
    }.items():
        wanted.add_argument(f"--{name}", metavar=name.upper(), default="", help=about)
    return wanted


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (1 to 65535)")
    return number
