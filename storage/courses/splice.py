"""Changing one entry of the registry in place: every other byte stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from storage.courses.jsontext import Member, members, skip
from storage.courses.registry import Registry
from storage.errors import InvalidInput

_INDENT = "  "

_Edit = tuple[int, int, str]
"""From where to where in the text, and what stands there then."""


def set_entry(registry: Registry, course: str, fields: Mapping[str, Any]) -> bytes:
    """The file with those fields of the entry of `course` set; its others stay, a new entry is
    appended in the file's own indentation. Raises InvalidInput where nothing can be written there.
    """
    return set_entries(registry, {course: fields})


def set_entries(registry: Registry, changes: Mapping[str, Mapping[str, Any]]) -> bytes:
    """As `set_entry`, of several courses at once."""
    values = {}
    for course, fields in changes.items():
        _check(registry, course)
        found = _member(registry, course)
        ascii_only = _is_ascii_only(registry.text)
        if found is None:
            values[course] = _render(registry, fields, ascii_only)
            continue
        value = registry.text[found.value_start : found.end]
        for name, new in fields.items():
            value = _with_field(value, name, new, ascii_only)
        values[course] = value
    return _with_values(registry, values)


def put_entry(registry: Registry, course: str, source: Registry) -> bytes:
    """The file with the entry of `course` as `source` has it, byte for byte. Raises InvalidInput
    where either cannot be relied on, and where `source` has none.
    """
    return put_entries(registry, [course], source)


def put_entries(registry: Registry, courses: Iterable[str], source: Registry) -> bytes:
    """As `put_entry`, of several courses at once."""
    values = {}
    for course in courses:
        _check(registry, course)
        _check(source, course)
        taken = _member(source, course)
        if taken is None:
            raise InvalidInput(
                f"There is no welcome of {course} to take.", "Check the course's code."
            )
        values[course] = source.text[taken.value_start : taken.end]
    return _with_values(registry, values)


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
    return _spliced(registry, (start, end, ""))


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: unlike in Python, 1 is neither true nor 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _check(registry: Registry, course: str) -> None:
    finding = registry.blocked(course)
    if finding is not None:
        raise InvalidInput(finding.text, finding.remedy)


def _member(registry: Registry, course: str) -> Member | None:
    return next((one for one in registry.members if one.key == course), None)


def _is_ascii_only(text: str) -> bool:
    """Whether whoever wrote the file escapes every letter that is not ASCII."""
    return text.isascii() and "\\u" in text


def _with_values(registry: Registry, values: Mapping[str, str]) -> bytes:
    """The file with the values of those courses in the place of what they are; new ones behind all
    others."""
    edits = [
        (one.value_start, one.end, values[one.key]) for one in registry.members if one.key in values
    ]
    there = {one.key for one in registry.members}
    new = {course: value for course, value in values.items() if course not in there}
    return _spliced(registry, *edits, *([_appended(registry, new)] if new else []))


def _spliced(registry: Registry, *edits: _Edit) -> bytes:
    bom = len(registry.raw) - len(registry.text.encode())
    pieces, at = [], 0
    for start, end, value in edits:  # in their order, none over another
        pieces += [registry.text[at:start], value]
        at = end
    text = "".join((*pieces, registry.text[at:]))
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


def _appended(registry: Registry, new: Mapping[str, str]) -> _Edit:
    """Entries behind all others."""
    text, opened = registry.text, registry.opened
    ascii_only = _is_ascii_only(text)
    named = [(json.dumps(course, ensure_ascii=ascii_only), value) for course, value in new.items()]
    if registry.members:
        last = registry.members[-1]
        gap, colon = _gap(text, last.start), _colon(text, last)
        return last.end, last.end, "".join(f",{gap}{key}{colon}{value}" for key, value in named)
    outer = _line_indent(text, opened)
    gap = "" if outer is None else f"{outer}{_INDENT}"
    added = ",".join(f"{gap}{key}: {value}" for key, value in named) + (outer or "")
    return opened + 1, skip(text, opened + 1), added


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
