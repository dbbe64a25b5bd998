"""TOML files read strictly by table; complaints name file, line or field, and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.errors import ConfigError

FieldPath = tuple[str, ...]

_TYPES: Mapping[str, tuple[type, str]] = {
    "text": (str, 'text in quotes, such as "abc"'),
    "flag": (bool, "true or false"),
    "number": (int, "a whole number"),
    "figure": (float, "a number, such as -16.0"),
    "texts": (list, 'a list of texts, such as ["a", "b"]'),
    "table": (dict, "a table of its own, such as [name]"),
    "tables": (list, "a list of tables, such as [[name]]"),
}
_SECRETIVE = re.compile(
    r"secret|passw|token|credential|access_?key|aws_?key|private", re.IGNORECASE
)
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_ASSIGNED = re.compile(r"""\s*((?:[\w\-. \t]|"[^"]*"|'[^']*')+?)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([^.\s"']+)""")


@dataclass(frozen=True, slots=True)
class Field:
    """What one field of a table may be; `type` is a name of `_TYPES`."""

    type: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    """One table of a TOML file: its values, and where it stands in `source`."""

    source: str
    lines: Mapping[FieldPath, int]
    path: FieldPath
    values: Mapping[str, Any]

    def where(self, field: str = "") -> str:
        """`soundstage.toml, line 12`: the field's line, else the nearest table around it."""
        path = (*self.path, field) if field else self.path
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.source}, line {self.lines[path]}" if path else self.source

    def wrong(self, problem: str, remedy: str, field: str = "") -> ConfigError:
        """The error to raise about `field` of this table (or the table itself)."""
        name = ".".join((*self.path, field) if field else self.path)
        return ConfigError(f"{self.where(field)}: {name + ' ' if name else ''}{problem}", remedy)

    def check(self, fields: Mapping[str, Field]) -> None:
        """Raises ConfigError at the first field that is unknown, missing or of a wrong type."""
        for name in self.values:
            if name not in fields:
                raise self._unknown(name, fields)
        for name, field in fields.items():
            if name in self.values:
                self._check_value(name, field)
            elif field.required:
                raise self.wrong(
                    f"needs the field {name}.",
                    f"Add {name} = … ({_TYPES[field.type][1]}).",
                )

    def _unknown(self, name: str, fields: Mapping[str, Field]) -> ConfigError:
        if _SECRETIVE.search(name):
            return self.wrong(
                "looks like a secret, and secrets do not belong in this file.",
                "Take it out. For the store, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in "
                "the environment or name a profile; for the login, use .streamlit/secrets.toml.",
                name,
            )
        return self.wrong("is not a field here.", f"Allowed: {', '.join(fields)}.", name)

    def _check_value(self, name: str, field: Field) -> None:
        value = self.values[name]
        type_, words = _TYPES[field.type]
        if field.type == "figure" and type(value) is int:  # -16 means -16.0
            value = float(value)
        items = value if isinstance(value, list) else [value]
        inner = {"texts": str, "tables": dict}.get(field.type, type_)
        # type() and not isinstance(): true is no number in TOML
        if type(value) is not type_ or any(type(item) is not inner for item in items):
            raise self.wrong("has the wrong type.", f"It must be {words}.", name)
        for item in items:
            if field.choices and item not in field.choices:
                raise self.wrong(
                    f"may not be {item!r}.",
                    f"Allowed: {', '.join(filter(None, field.choices))}.",
                    name,
                )
        if field.required and value in ("", [], {}):
            raise self.wrong("may not be empty.", f"It must be {words}.", name)

    def text(self, name: str) -> str:
        """A text field, "" where it is left out."""
        return str(self.values.get(name, ""))

    def flag(self, name: str) -> bool:
        """A true/false field, false where it is left out."""
        return bool(self.values.get(name, False))

    def number(self, name: str) -> int | None:
        """A number field, None where it is left out."""
        value = self.values.get(name)
        return None if value is None else int(value)

    def figure(self, name: str, default: float) -> float:
        """A number field with or without decimals, `default` where it is left out."""
        return float(self.values.get(name, default))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty where it is left out."""
        return tuple(self.values.get(name, ()))

    def table(self, name: str) -> Node:
        """The table `name`, an empty one where it is left out."""
        return Node(self.source, self.lines, (*self.path, name), self.values.get(name, {}))

    def tables(self, name: str) -> list[Node]:
        """The tables of `[[name]]`, in the file's order."""
        return [
            Node(self.source, self.lines, (*self.path, name, str(index)), item)
            for index, item in enumerate(self.values.get(name, ()))
        ]

    def children(self) -> dict[str, Node]:
        """The tables `[this.NAME]` by NAME. Raises ConfigError where one is no table."""
        fields = dict.fromkeys(self.values, Field("table"))
        for name in fields:
            self._check_value(name, fields[name])
        return {name: self.table(name) for name in fields}


def parse_toml(text: str, source: str) -> Node:
    """The root table of TOML `text`. Raises ConfigError naming `source` and the line."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{source}, line {line[1]}" if line else source
        raise ConfigError(
            f"{place}: this is not valid TOML: {error}",
            "Put texts in quotes and table names in [brackets], one field to a line.",
        ) from error
    return Node(source, _field_lines(text), (), values)


def read_toml(path: Path) -> Node:
    """The root table of the file at `path`. Raises ConfigError where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"{path} cannot be read: {reason}.", "Check the path, and that the file may be read."
        ) from error
    return parse_toml(text, str(path))


def _field_lines(text: str) -> dict[FieldPath, int]:
    """The line (from 1) on which each field or table first appears; tomllib does not keep it."""
    lines: dict[FieldPath, int] = {}
    table: FieldPath = ()
    counts: dict[FieldPath, int] = {}
    quoted = False
    for number, line in enumerate(text.split("\n"), 1):
        inside, quoted = quoted, quoted ^ bool((line.count('"""') + line.count("'''")) % 2)
        if inside:
            continue
        if header := _HEADER.match(line):
            table = _key_parts(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, str(counts[table]))
            found: FieldPath = table
        elif assigned := _ASSIGNED.match(line):
            found = (*table, *_key_parts(assigned[1]))
        else:
            continue
        for length in range(len(table) or 1, len(found) + 1):
            lines.setdefault(found[:length], number)
    return lines


def _key_parts(dotted: str) -> FieldPath:
    return tuple(part[1] or part[2] or part[3] or "" for part in _PART.finditer(dotted))
