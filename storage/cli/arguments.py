"""What the arguments of all commands are made of."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from storage.errors import InvalidInput

PLACE = "s3://bucket/key, role:key (stage:mastered/), or a key of the project's first bucket"

AddCommand = Callable[[str, str, str], argparse.ArgumentParser]
"""Adds a part of a command: its name, the function that runs it, a line of help."""


class Parser(argparse.ArgumentParser):
    """Takes the project and --json anywhere. `fill` adds the other arguments once they are needed:
    nobody waits for those of another command.
    """

    def __init__(self, fill: Callable[[Parser], None] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._fill = fill
        unset = argparse.SUPPRESS  # or a part's default would hide what stands before it
        self.add_argument(
            "--layout", metavar="NAME", default=unset, help="the project (see `layouts`)"
        )
        self.add_argument(
            "--config", metavar="FILE", type=Path, default=unset, help="a config file"
        )
        self.add_argument(
            "--json", action="store_true", default=unset, help="one JSON document on stdout"
        )

    def filled(self) -> Parser:
        """With all of its arguments."""
        if (fill := self._fill) is not None:
            self._fill = None
            fill(self)
        return self

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As the base class does it, which calls this for the command that is given."""
        return argparse.ArgumentParser.parse_known_args(self.filled(), args, namespace)

    def error(self, message: str) -> NoReturn:
        """A wrong command line is an error like any other, so that --json tells it as JSON."""
        raise InvalidInput(f"{message[:1].upper()}{message[1:]}.", f"See {self.prog} --help.")


def loaded(of: str) -> Callable[..., Any]:
    """A function of this package, by `module:function`. Its module loads now."""
    module, _, function = of.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(f"storage.cli.{module}"), function)
    return found


def add_parts(parser: Parser, add: Callable[[AddCommand], None]) -> None:
    """Makes `parser` that of a command with parts; `add` adds them."""
    commands = parser.add_subparsers(required=True, parser_class=Parser)

    def command(name: str, run: str, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        return made

    add(command)
    commands.metavar = "|".join(commands.choices)


def count(text: str) -> int:
    """A number of things, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return int(text)


def add_note(parser: argparse.ArgumentParser) -> None:
    """Of what is written into the audit log."""
    parser.add_argument("--note", metavar="TEXT", default="", help="why, for the audit log")
