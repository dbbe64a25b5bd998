"""JSON as text: where each member of an object stands, so that one can be changed in place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

_SPACE = " \t\n\r"
_PLAIN = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Member:
    """One `"key": value` of an object; positions are in characters of the text."""

    key: str
    start: int  # of the key's quote
    value_start: int
    end: int  # behind the value
    value: Any
    doubles: tuple[str, ...]  # keys that stand twice in an object inside the value


def check(text: str) -> Any:
    """The value of a whole document. Raises ValueError: JSONDecodeError with the place where it has
    one, and for NaN, Infinity, numbers too long and nesting too deep, which others cannot read.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def members(text: str, at: int) -> tuple[Member, ...]:
    """The members of the object whose brace stands at `at`, in a text that `check` took."""
    found: list[Member] = []
    at = skip(text, at + 1)
    while text[at] != "}":
        key, behind = _PLAIN.raw_decode(text, at)
        value_start = skip(text, skip(text, behind) + 1)  # over the colon
        doubles: list[str] = []
        decoder = json.JSONDecoder(object_pairs_hook=_noting(doubles))
        value, end = decoder.raw_decode(text, value_start)
        found.append(Member(key, at, value_start, end, value, tuple(doubles)))
        at = skip(text, end)
        if text[at] == ",":
            at = skip(text, at + 1)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Element:
    """One value of an array; positions are in characters of the text."""

    start: int
    end: int  # behind the value
    value: Any
    doubles: tuple[str, ...]  # keys that stand twice in an object inside the value


def elements(text: str, at: int) -> tuple[Element, ...]:
    """The values of the array whose bracket stands at `at`, in a text that `check` took."""
    found: list[Element] = []
    at = skip(text, at + 1)
    while text[at] != "]":
        doubles: list[str] = []
        decoder = json.JSONDecoder(object_pairs_hook=_noting(doubles))
        value, end = decoder.raw_decode(text, at)
        found.append(Element(at, end, value, tuple(doubles)))
        at = skip(text, end)
        if text[at] == ",":
            at = skip(text, at + 1)
    return tuple(found)


def skip(text: str, at: int) -> int:
    """The next position at or behind `at` that holds no white space."""
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def twice(keys: Iterable[str]) -> tuple[str, ...]:
    """Those that come more than once, each once, in the order of their first coming."""
    return tuple(key for key, count in Counter(keys).items() if count > 1)


def _noting(doubles: list[str]) -> Any:
    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        doubles.extend(twice(key for key, _ in pairs))
        return dict(pairs)

    return hook


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
