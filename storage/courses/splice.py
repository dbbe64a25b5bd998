"""Changing one entry of the registry in place: every other byte stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from storage.courses.jsontext import Member, members, skip
from storage.courses.registry import Entry, Registry
from storage.errors import InvalidInput

_INDENT = "  "


def set_entry(registry: Registry, course: str, fields: Mapping[str, Any]) -> bytes:
    """The file with those fields of the entry of `course` set; its others stay, a new entry is
    appended in the file's own indentation. Raises InvalidInput where nothing can be written there.
    """
    _check(registry, course)
    found = _member(registry, course)
    ascii_only = _is_ascii_only(registry.text)
    if found is None:
        value = _render(registry, fields, ascii_only)
        return _with_member(registry, course, value, ascii_only)
    value = registry.text[found.value_start : found.end]
    for name, new in fields.items():
        value = _with_field(value, name, new, ascii_only)
    return _spliced(registry, found.value_start, found.end, value)


def put_entry(registry: Registry, course: str, source: Registry) -> bytes:
    """The file with the entry of `course` as `source` has it, byte for byte. Raises InvalidInput
    where either cannot be relied on, and where `source` has none.
    """
    _check(registry, course)
    _check(source, course)
    taken = _member(source, course)
    if taken is None:
        raise InvalidInput(f"There is no welcome of {course} to take.", "Check the course's code.")
    value = source.text[taken.value_start : taken.end]
    found = _member(registry, course)
    if found is None:
        return _with_member(registry, course, value, _is_ascii_only(registry.text))
    return _spliced(registry, found.value_start, found.end, value)


def remove_entry(registry: Registry, course: str) -> bytes:
    """The file without the entry of `course`; as it is where it has none. Raises as `set_entry`."""
    _check(registry, course)
    found = _member(registry, course)
    if found is None:
        return registry.raw
    at = registry.members.index(found)
    start, end = found.start, found.end
    if at:
        start = registry.members[at - 1].end
    elif len(registry.members) > 1:
        end = registry.members[1].start
    return _spliced(registry, start, end, "")


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: unlike in Python, 1 is neither true nor 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def same_entries(one: Entry | None, other: Entry | None) -> bool:
    """Whether two entries say the same, whatever their formatting; None for no entry."""
    if one is None or other is None:
        return one is other
    return same(dict(one.fields), dict(other.fields))


def _check(registry: Registry, course: str) -> None:
    finding = registry.blocked(course)
    if finding is not None:
        raise InvalidInput(finding.text, finding.remedy)


def _member(registry: Registry, course: str) -> Member | None:
    return next((one for one in registry.members if one.key == course), None)


def _is_ascii_only(text: str) -> bool:
    """Whether whoever wrote the file escapes every letter that is not ASCII."""
    return text.isascii() and "\\u" in text


def _spliced(registry: Registry, start: int, end: int, value: str) -> bytes:
    bom = len(registry.raw) - len(registry.text.encode())
    text = registry.text[:start] + value + registry.text[end:]
    try:
        return registry.raw[:bom] + text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "The text holds half a character (a lone surrogate).", "Type that place again."
        ) from error


def _with_field(entry: str, name: str, value: Any, ascii_only: bool) -> str:
    """The entry's text with one field set; as it is where it has that value."""
    inside = members(entry, 0)
    dumped = json.dumps(value, ensure_ascii=ascii_only)
    for one in inside:
        if one.key == name:
            if same(one.value, value):
                return entry
            return entry[: one.value_start] + dumped + entry[one.end :]
    key = json.dumps(name, ensure_ascii=ascii_only)
    if not inside:
        return "{" + f"{key}: {dumped}" + "}"
    last = inside[-1]
    added = f",{_gap(entry, last.start)}{key}{_colon(entry, last)}{dumped}"
    return entry[: last.end] + added + entry[last.end :]


def _with_member(registry: Registry, course: str, value: str, ascii_only: bool) -> bytes:
    """The file with an entry behind all others."""
    text, opened = registry.text, registry.opened
    key = json.dumps(course, ensure_ascii=ascii_only)
    if registry.members:
        last = registry.members[-1]
        added = f",{_gap(text, last.start)}{key}{_colon(text, last)}{value}"
        return _spliced(registry, last.end, last.end, added)
    outer = _line_indent(text, opened)
    if outer is None:
        return _spliced(registry, opened + 1, skip(text, opened + 1), f"{key}: {value}")
    added = f"{outer}{_INDENT}{key}: {value}{outer}"
    return _spliced(registry, opened + 1, skip(text, opened + 1), added)


def _render(registry: Registry, fields: Mapping[str, Any], ascii_only: bool) -> str:
    """A new entry's text, formatted as the last one of the file is."""
    text = registry.text
    gap, colon, closing = "", ": ", ""
    likes = [one for one in registry.members if isinstance(one.value, dict) and one.value]
    if likes:
        like = next((one for one in reversed(likes) if not one.key.startswith("_")), likes[-1])
        first = members(text, like.value_start)[0]
        gap, colon = _gap(text, first.start), _colon(text, first)
        closing = _gap(text, like.end - 1)
    elif (outer := _line_indent(text, registry.opened)) is not None:
        gap, closing = f"{outer}{_INDENT * 2}", f"{outer}{_INDENT}"
    between = f",{gap}" if gap else ", "
    lines = (
        json.dumps(name, ensure_ascii=ascii_only)
        + colon
        + json.dumps(value, ensure_ascii=ascii_only)
        for name, value in fields.items()
    )
    return "{" + gap + between.join(lines) + closing + "}"


def _gap(text: str, at: int) -> str:
    """The white space right before `at`."""
    start = at
    while start and text[start - 1] in " \t\n\r":
        start -= 1
    return text[start:at]


def _colon(text: str, member: Member) -> str:
    """What stands between the member's key and its value: a colon and perhaps white space."""
    between = text[member.start : member.value_start]
    return between[between.rindex('"') + 1 :]


def _line_indent(text: str, at: int) -> str | None:
    """A line break and the indentation of the line that holds `at`; None in a file of one line."""
    if "\n" not in text:
        return None
    start = text.rfind("\n", 0, at) + 1
    line_break = "\r\n" if "\r\n" in text else "\n"
    return line_break + text[start : skip(text, start)] if start else line_break
