"""What differs between entries of the registry, and what changes, in words and in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from storage.courses.codes import parse_course
from storage.courses.registry import Entry
from storage.courses.splice import same
from storage.errors import InvalidInput
from storage.model.welcome_plans import FieldChange


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
