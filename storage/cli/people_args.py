"""The arguments of `policy`, `users …` and `tokens …`."""

from __future__ import annotations

import argparse

from storage.cli.arguments import AddCommand, Parser, add_note


def add_policy(parser: Parser) -> None:
    """Of `policy`."""
    parser.add_argument("role", metavar="ROLE", help="viewer, editor, qa, operator or admin")


def add_users(command: AddCommand) -> None:
    """All parts of `users`."""
    _local(command("list", "people:list_users", "everybody who signed in"))
    revoke = command("revoke", "people:revoke_user", "end sessions, tokens, jobs")
    revoke.add_argument("id", metavar="ID", help="of the person (see `users list`)")
    _local(revoke)
    add_note(revoke)


def add_tokens(command: AddCommand) -> None:
    """All parts of `tokens`."""
    create = command("create", "people:create_token", "one more; shown once")
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
    rows = command("list", "people:list_tokens", "all of them, without secrets")
    revoke = command("revoke", "people:revoke_token", "end it")
    revoke.add_argument("id", metavar="ID", help="of the token (see `tokens list`)")
    for part in (create, rows, revoke):
        _local(part)
    for part in (create, revoke):
        add_note(part)


def _local(part: argparse.ArgumentParser) -> None:
    part.add_argument(
        "--as-local", action="store_true", help="as whoever may read the console's files here"
    )
