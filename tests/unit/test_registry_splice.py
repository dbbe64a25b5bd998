"""One entry of the registry changes, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registries import COURSES, documents, entries, values

from storage.courses.merging import differing, json_diff, sentences
from storage.courses.registry import EMPTY, parse_registry
from storage.courses.splice import (
    put_entries,
    put_entry,
    remove_entry,
    same,
    set_entries,
    set_entry,
)
from storage.errors import InvalidInput
from storage.model.welcome_plans import FieldChange

pytestmark = pytest.mark.property
BOM = b"\xef\xbb\xbf"
files = st.tuples(st.sampled_from([b"", BOM]), documents()).map(lambda of: of[0] + of[1].encode())
changes = st.dictionaries(
    st.sampled_from(["text", "id", "voice", "duration", "generated_date", "new"]), values
)


def outside(raw: bytes, course: str) -> tuple[str, str]:
    """What stands before and behind the value of that entry."""
    registry = parse_registry(raw)
    (member,) = [one for one in registry.members if one.key == course]
    return registry.text[: member.value_start], registry.text[member.end :]


def content(raw: bytes) -> dict[str, Any]:
    return json.loads(raw.decode("utf-8-sig"))


@given(files, st.sampled_from(COURSES), changes)
def test_an_edited_registry_differs_in_that_entry_alone(
    raw: bytes, course: str, wanted: dict[str, Any]
) -> None:
    """Every byte before and behind the entry stays, its own unknown fields too; what was set is
    read again."""
    before = parse_registry(raw)
    after = set_entry(before, course, wanted)
    entry = parse_registry(after).entries[course]
    was = before.entries.get(course)
    assert same(dict(entry.fields), {**(dict(was.fields) if was else {}), **wanted})
    if was is not None:
        assert list(entry.fields)[: len(was.fields)] == list(was.fields)
        assert outside(after, course) == outside(raw, course)
    else:
        if before.members:
            assert remove_entry(parse_registry(after), course) == raw
        added = content(after)
        del added["welcomes"][course]
        assert same(added, content(raw))
        assert list(content(after)["welcomes"])[-1] == course
    assert after.startswith(BOM) == raw.startswith(BOM)


@given(files, st.sampled_from(COURSES))
def test_what_is_as_wanted_stays_byte_for_byte(raw: bytes, course: str) -> None:
    """Setting an entry to what it is changes no byte of the file."""
    registry = parse_registry(raw)
    if course in registry.entries:
        assert set_entry(registry, course, registry.entries[course].fields) == raw


@given(files, files, st.sampled_from(COURSES))
def test_an_entry_is_taken_over_as_it_is(raw: bytes, other: bytes, course: str) -> None:
    """The text of the entry, formatting and all; everything else stays."""
    mine, source = parse_registry(raw), parse_registry(other)
    if course not in source.entries:
        with pytest.raises(InvalidInput, match="no welcome"):
            put_entry(mine, course, source)
        return
    after = put_entry(mine, course, source)
    taken = parse_registry(after)
    assert same(dict(taken.entries[course].fields), dict(source.entries[course].fields))
    if course in mine.entries:
        assert outside(after, course) == outside(raw, course)


@given(files, files, st.dictionaries(st.sampled_from(COURSES), changes, max_size=4))
def test_several_entries_at_once_are_as_one_after_the_other(
    raw: bytes, other: bytes, wanted: dict[str, dict[str, Any]]
) -> None:
    """Set together, or taken over together, they say what they say one by one, in that order."""
    one_by_one = raw
    for course, fields in wanted.items():
        one_by_one = set_entry(parse_registry(one_by_one), course, fields)
    together = set_entries(parse_registry(raw), wanted)
    assert json.dumps(content(together)) == json.dumps(content(one_by_one))
    source, taken = parse_registry(other), raw
    for course in source.entries:
        taken = put_entry(parse_registry(taken), course, source)
    assert put_entries(parse_registry(raw), source.entries, source) == taken


@given(files, st.sampled_from(COURSES))
def test_a_removed_entry_leaves_the_others(raw: bytes, course: str) -> None:
    """The others are what they were, in their order."""
    after = remove_entry(parse_registry(raw), course)
    wanted = content(raw)
    wanted["welcomes"].pop(course, None)
    assert json.dumps(content(after)) == json.dumps(wanted)


@given(entries(), entries())
def test_a_diff_says_what_changes(before: dict[str, Any], after: dict[str, Any]) -> None:
    """The fields named in it are those that differ, and each has its line in the JSON diff."""
    course = "ita_for_eng"
    one, other = (
        parse_registry(set_entry(parse_registry(EMPTY), course, its)) for its in (before, after)
    )
    fields = differing(None, other.entries[course], one.entries[course])
    found = [FieldChange(course, name, old, new) for name, (_, new, old) in fields.items()]
    named = {change.field for change in found}
    assert named == {
        name
        for name in {*before, *after}
        if (name in before) != (name in after) or not same(before[name], after[name])
    }
    assert len(sentences(found)) == bool(named)
    assert sum(line.startswith("+ ") for line in json_diff(found)) == len(named)
