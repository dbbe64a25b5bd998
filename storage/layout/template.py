"""Key templates that work both ways: fields -> key, key -> fields.

`mastered/{id:UUID}.mp3` is literal text and fields, `{name}` or `{name:TYPE}`; `{{` and `}}` are
literal braces. Keys are any unicode: a newline, NFC or NFD, emoji and control characters count as
they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from storage.errors import ConfigError, InvalidInput

_HEX = "[0-9A-Fa-f]"
_UUID = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_PAIR = "[a-z]{3}_for_[a-z]{3}"
_AUDIO = "mp3|m4a|m4b|mp4|aac|wav|flac|ogg|oga|opus|aif|aiff|webm"
_TEXT = "txt|json|vtt|srt|md"


def _same(value: str) -> str:
    return value


@dataclass(frozen=True, slots=True)
class FieldType:
    """What one field may hold: `pattern` without groups, and how its value is written.

    `open` marks types of any length. Two of them side by side could not be told apart when read,
    and would make matching slow on hostile keys, so one path segment holds at most one.
    """

    pattern: str
    words: str
    example: str
    open: bool = True
    written: Callable[[str], str] = _same


FIELD_TYPES: Mapping[str, FieldType] = {
    "": FieldType("[^/]+", 'any text without "/"', "example"),
    "path": FieldType(".+", 'any text, with or without "/"', "folder/example.bin"),
    "UUID": FieldType(
        _UUID,
        "a UUID, written in upper case",
        "0F8FAD5B-D9CB-469F-A165-70867728950E",
        open=False,
        written=str.upper,
    ),
    "uuid": FieldType(
        _UUID,
        "a UUID, written in lower case",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        open=False,
        written=str.lower,
    ),
    "lang": FieldType("[a-z]{3}", "an ISO 639-3 code such as ita", "ita", open=False),
    "pair": FieldType(_PAIR, "a language pair such as ita_for_eng", "ita_for_eng", open=False),
    "course": FieldType(
        f"{_PAIR}(?:_[A-Za-z0-9][A-Za-z0-9_-]*)?",
        "a course such as ita_for_eng or ita_for_eng_10seeds",
        "ita_for_eng_10seeds",
    ),
    "timestamp": FieldType(
        "[0-9](?:[0-9TZ:.+_-]*[0-9Z])?",
        "a time such as 1700000000000 or 2025-01-31T12:00:00Z",
        "1700000000000",
    ),
    "filename": FieldType(r"[^/]+\.[A-Za-z0-9]{1,8}", "a file name with an ending", "example.bin"),
    "audio": FieldType(rf"[^/]+\.(?i:{_AUDIO})", "the name of an audio file", "example.mp3"),
    "audioext": FieldType(f"(?i:{_AUDIO})", "the ending of an audio file, such as mp3", "mp3"),
    "text": FieldType(rf"[^/]+\.(?i:{_TEXT})", "the name of a text file", "example.txt"),
}

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_FIELD = re.compile(r"([a-z][a-zA-Z0-9_]*)(?::([A-Za-z]+))?")
_FLAGS = re.DOTALL | re.ASCII  # ASCII: a case-insensitive "k" must not match the Kelvin sign


@dataclass(frozen=True, slots=True)
class _Part:
    """Literal text, or the field `name` of `type`."""

    literal: str = ""
    name: str = ""
    type: str = ""

    def pattern(self, *, named: bool) -> str:
        if not self.name:
            return re.escape(self.literal)
        inner = FIELD_TYPES[self.type].pattern
        return f"(?P<{self.name}>{inner})" if named else f"(?:{inner})"


@dataclass(frozen=True)
class Template:
    """One key template. Raises ConfigError when `text` is no template."""

    text: str
    _parts: tuple[_Part, ...] = field(init=False, repr=False, compare=False)
    _regex: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = _parse(self.text)
        _check_readable(self.text, parts)
        regex = re.compile("".join(part.pattern(named=True) for part in parts), _FLAGS)
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_regex", regex)

    @property
    def prefix(self) -> str:
        """The literal text before the first field: every key of this template begins with it."""
        first = self._parts[0]
        return first.literal

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(part.name for part in self._parts if part.name)

    @property
    def literal_length(self) -> int:
        """Characters that are not fields: the more, the narrower the template."""
        return sum(len(part.literal) for part in self._parts)

    @property
    def bounded(self) -> bool:
        """Whether no field is of free length, so that no field can hold a separator of keys."""
        return not any(part.name and FIELD_TYPES[part.type].open for part in self._parts)

    @property
    def pattern(self) -> str:
        """The regular expression without groups, for unions of templates (with `compile_union`)."""
        return "".join(part.pattern(named=False) for part in self._parts)

    def render(self, fields: Mapping[str, str]) -> str:
        """The key of `fields`. Raises InvalidInput where one is missing or does not fit."""
        unknown = sorted(set(fields) - set(self.fields))
        if unknown:
            raise InvalidInput(
                f"{self.text!r} has no field {unknown[0]!r}.", f"It has: {', '.join(self.fields)}."
            )
        return "".join(
            self._written(part, fields) if part.name else part.literal for part in self._parts
        )

    def _written(self, part: _Part, fields: Mapping[str, str]) -> str:
        type_ = FIELD_TYPES[part.type]
        value = fields.get(part.name)
        if value is None:
            raise InvalidInput(
                f"The field {part.name!r} of {self.text!r} is missing.", f"Give {type_.words}."
            )
        if not re.fullmatch(type_.pattern, value, _FLAGS):
            raise InvalidInput(
                f"{value!r} does not fit the field {part.name!r} of {self.text!r}.",
                f"It must be {type_.words}.",
            )
        return type_.written(value)

    def match(self, key: str) -> dict[str, str] | None:
        """The fields of `key` as `render` writes them (UUIDs in their case), None if it differs."""
        found = self._regex.fullmatch(key)
        if found is None:
            return None
        return {
            part.name: FIELD_TYPES[part.type].written(found[part.name])
            for part in self._parts
            if part.name
        }

    def example(self) -> str:
        """A key that fits, to test templates against one another."""
        return "".join(
            FIELD_TYPES[part.type].example if part.name else part.literal for part in self._parts
        )


def compile_union(templates: list[Template]) -> re.Pattern[str]:
    """One pattern whose `lastindex` after `fullmatch` is the first template that fits, from 1."""
    return re.compile("|".join(f"({template.pattern})" for template in templates), _FLAGS)


def quote_literal(text: str) -> str:
    """`text` as it must stand in a template to be taken literally."""
    return text.replace("{", "{{").replace("}", "}}")


def _parse(text: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    literal, position = "", 0
    for token in _TOKEN.finditer(text):
        literal += text[position : token.start()]
        position = token.end()
        if token[0] in ("{{", "}}"):
            literal += token[0][0]
            continue
        parts += [_Part(literal=literal), _field(text, token)]
        literal = ""
    parts.append(_Part(literal=literal + text[position:]))
    return tuple(
        part for index, part in enumerate(parts) if index == 0 or part.name or part.literal
    )


def _field(text: str, token: re.Match[str]) -> _Part:
    if token[1] is None:
        raise ConfigError(
            f"The key {text!r} has a brace without its partner.",
            "Write a field as {name} or {name:TYPE}, a literal brace as {{ or }}.",
        )
    found = _FIELD.fullmatch(token[1])
    if found is None or (found[2] or "") not in FIELD_TYPES:
        raise ConfigError(
            f"The key {text!r} has the unknown field {token[0]}.",
            "Write {name} or {name:TYPE}; a TYPE is one of "
            f"{', '.join(name for name in FIELD_TYPES if name)}.",
        )
    return _Part(name=found[1], type=found[2] or "")


def _check_readable(text: str, parts: tuple[_Part, ...]) -> None:
    """Raises ConfigError where a key could be read in more than one way, or slowly."""
    names = [part.name for part in parts if part.name]
    if not text:
        raise ConfigError("A key may not be empty.", 'Write it like "folder/{name}.mp3".')
    if len(set(names)) < len(names):
        raise ConfigError(
            f"The key {text!r} uses a field twice.", "Give each field a name of its own."
        )
    open_here, paths = 0, 0
    for part in parts:
        if "/" in part.literal:
            open_here = 0
        if part.name and FIELD_TYPES[part.type].open:
            open_here += 1
            paths += part.type == "path"
        if open_here > 1 or paths > 1:
            raise ConfigError(
                f"The key {text!r} can be read in more than one way.",
                'Between two "/" use at most one field of free length (UUID, uuid, lang and pair '
                "have a fixed one), and at most one :path in a key.",
            )
