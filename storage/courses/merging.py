"""Two people changed the registry: what each changed, in words and put together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from storage.courses.codes import parse_course
from storage.courses.registry import Entry, Registry, parse_registry
from storage.courses.splice import put_entry, remove_entry, same, same_entries
from storage.errors import InvalidInput
from storage.model.welcome_plans import FieldChange


@dataclass(frozen=True, slots=True)
class EntryConflict:
    """Both changed the entry of `course`, to different things. `fields` are those that differ:
    (what both began with, mine, theirs), None for a field that is not there.
    """

    course: str
    fields: Mapping[str, tuple[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class Merged:
    """The file of `theirs` with my changes in it, but for the conflicts, which stay theirs."""

    raw: bytes
    taken: tuple[str, ...]  # courses whose entry was put there, or removed
    conflicts: tuple[EntryConflict, ...]


def merge(base: Registry | None, mine: Registry, theirs: Registry) -> Merged:
    """Three-way, by entry; without a `base` whatever differs may have been changed by both.

    Raises InvalidInput where an entry to be written cannot be relied on.
    """
    before = base.entries if base else {}
    taken: list[str] = []
    conflicts = []
    merged = theirs
    for course in dict.fromkeys((*theirs.entries, *mine.entries)):
        was, ours, now = (some.get(course) for some in (before, mine.entries, theirs.entries))
        if same_entries(ours, now) or same_entries(was, ours):
            continue
        if not same_entries(was, now):
            conflicts.append(EntryConflict(course, differing(was, ours, now)))
            continue
        raw = put_entry(merged, course, mine) if ours else remove_entry(merged, course)
        merged = parse_registry(raw)
        taken.append(course)
    return Merged(merged.raw, tuple(taken), tuple(conflicts))


def differing(
    base: Entry | None, mine: Entry | None, theirs: Entry | None
) -> dict[str, tuple[Any, Any, Any]]:
    """The fields in which mine and theirs differ: what they were, mine, theirs."""
    was, ours, now = (dict(one.fields) if one else {} for one in (base, mine, theirs))
    return {
        name: (was.get(name), ours.get(name), now.get(name))
        for name in dict.fromkeys((*now, *ours))
        if not same(ours.get(name), now.get(name)) or (name in ours) != (name in now)
    }


# -- what changes, in words -----------------------------------------------------------------------


def diff(before: Registry, after: Registry) -> tuple[FieldChange, ...]:
    """Every field of every entry that differs, in the order of `after`, removed entries last."""
    courses = dict.fromkeys((*after.entries, *before.entries))
    return tuple(
        change
        for course in courses
        for change in entry_diff(course, before.entries.get(course), after.entries.get(course))
    )


def entry_diff(course: str, before: Entry | None, after: Entry | None) -> Iterator[FieldChange]:
    """The fields of one entry that differ; None for no entry."""
    for name, (_, new, old) in differing(None, after, before).items():
        yield FieldChange(course, name, old, new)


def sentences(changes: Iterable[FieldChange]) -> tuple[str, ...]:
    """What changes, a sentence a course: "Italian for English speakers: text and voice change." """
    named: dict[str, list[str]] = {}
    for change in changes:
        named.setdefault(change.course, []).append(_FIELD_WORDS.get(change.field, change.field))
    return tuple(
        f"{_title(course)}: {_listed(words)} {'change' if len(words) > 1 else 'changes'}."
        for course, words in named.items()
    )


def json_diff(changes: Iterable[FieldChange]) -> tuple[str, ...]:
    """Lines for whoever reads JSON, each beginning with two spaces, "- " or "+ "."""
    lines: list[str] = []
    course = ""
    for change in changes:
        if change.course != course:
            lines += ["  }"] if course else []
            course = change.course
            lines.append(f"  {json.dumps(course)}: {{")
        key = json.dumps(change.field)
        if change.before is not None:
            lines.append(f"-   {key}: {json.dumps(change.before, ensure_ascii=False)}")
        lines.append(f"+   {key}: {json.dumps(change.after, ensure_ascii=False)}")
    return (*lines, "  }") if lines else ()


_FIELD_WORDS = {"generated_date": "date of the recording", "duration": "length"}


def _title(course: str) -> str:
    try:
        return parse_course(course).title
    except InvalidInput:
        return course


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
