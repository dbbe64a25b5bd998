"""A list of encouragements changes in its file, and nothing else; two people's changes meet."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registries import texts, values

from storage.courses.encouragements import merged, parse_encouragements, with_lines
from storage.errors import InvalidInput
from storage.model.encouragements import KINDS, Kind, Line, Lines

FILE = """{
  "language": "eng",
  "version": "1.0",
  "pooledEncouragements": [
    {
      "text": "Well done.",
      "id": "A",
      "note": {"kept":   1}
    },
    { "id": "B",   "text": "Take a breath." }
  ],
  "orderedEncouragements": []
}
"""
IDS = "ABCDEF"
items = st.builds(
    lambda text, more: {"text": text, **more},
    texts,
    st.dictionaries(texts.map(lambda text: f"x{text}"), values, max_size=2),
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A file with odd formatting and unknown fields."""
    indent = draw(st.sampled_from([None, 0, 1, 4, "\t"]))
    separators = draw(st.sampled_from([(",", ":"), (" , ", " :  ")])) if indent is None else None
    document: dict[str, Any] = {
        "language": "eng",
        **draw(st.dictionaries(texts, values, max_size=2)),
    }
    for name in ("pooledEncouragements", "orderedEncouragements"):
        ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=4))
        document[name] = [{**draw(items), "id": one} for one in ids]
    raw = json.dumps(
        document, indent=indent, separators=separators, ensure_ascii=draw(st.booleans())
    )
    start = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return start + raw.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()


lines = st.lists(st.builds(Line, st.sampled_from(IDS), texts), unique_by=lambda one: one.id).map(
    tuple
)


def content(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(raw.decode("utf-8-sig"))
    return found


@pytest.mark.property
@given(documents(), st.sampled_from(KINDS), lines)
def test_a_changed_list_keeps_all_else_byte_for_byte(raw: bytes, kind: Kind, wanted: Lines) -> None:
    """Around the list nothing changes; a sentence that stays keeps its very text, unknown fields
    and all; the list says what is wanted, in that order; set to what it is, no byte changes."""
    before = parse_encouragements(raw)
    after = with_lines(before, kind, wanted)
    assert parse_encouragements(after).lines(kind) == wanted
    member, found = before.arrays[kind]
    assert after.startswith(raw[: len(raw) - len(before.text.encode())])
    text = parse_encouragements(after).text
    assert text.startswith(before.text[: member.value_start])
    assert text.endswith(before.text[member.end :])
    same = {one.value["id"]: before.text[one.start : one.end] for one in found}
    for line, element in zip(wanted, parse_encouragements(after).arrays[kind][1], strict=True):
        old = {one.value["id"]: one.value for one in found}.get(line.id, {})
        assert element.value == {**old, "text": line.text, "id": line.id}
        if old.get("text") == line.text:
            assert text[element.start : element.end] == same[line.id]
    assert with_lines(before, kind, before.lines(kind)) == raw


def test_a_new_sentence_is_written_like_the_others() -> None:
    """In the indentation of the last one; into an empty list in that of the file."""
    document = parse_encouragements(FILE.encode())
    (first, second) = document.lines("pooled")
    pooled = with_lines(document, "pooled", (second, Line("C", "Go on."), first)).decode()
    assert pooled == FILE.replace(
        FILE[FILE.index("    {\n") : FILE.index("\n  ],\n")],
        '    { "id": "B",   "text": "Take a breath." },\n'
        '    { "text": "Go on.", "id": "C" },\n'
        '    {\n      "text": "Well done.",\n      "id": "A",\n      "note": {"kept":   1}\n    }',
    )
    ordered = with_lines(document, "ordered", (Line("C", "Go on."),)).decode()
    assert ordered == FILE.replace(
        "[]", '[\n    {\n      "text": "Go on.",\n      "id": "C"\n    }\n  ]'
    )


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"[]", "no JSON object"),
        (b'{"language": "\xff"}', r"not UTF-8 text \(line 1\)"),
        (b'{"x": NaN}', "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * 50_000_000, "has 47.7 MiB; at most 5.0 MiB are read"),
    ],
)
def test_what_is_no_file_of_encouragements_is_refused(raw: bytes, words: str) -> None:
    """Saying why, with a remedy."""
    with pytest.raises(InvalidInput, match=words) as refused:
        parse_encouragements(raw)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("pooled", "words"),
    [
        ('"a"', "is no list"),
        ("[1]", "Number 1"),
        ('[{"text": "a"}]', "Number 1"),
        ('[{"text": 1, "id": "A"}]', "Number 1"),
        ('[{"text": "a", "id": ""}]', "Number 1"),
        ('[{"text": "a", "text": "b", "id": "A"}]', "Number 1"),
        ('[{"text": "a", "id": "A"}, {"text": "b", "id": "A"}]', "'A' stands twice"),
        ('[], "pooledEncouragements": []', "stands twice in the file"),
    ],
)
def test_a_list_that_cannot_be_relied_on_is_told_and_not_written(pooled: str, words: str) -> None:
    """The other list can be, unless the file itself is in doubt."""
    raw = f'{{"pooledEncouragements": {pooled}, "orderedEncouragements": []}}'.encode()
    document = parse_encouragements(raw)
    blocked = document.blocked("pooled")
    assert blocked is not None
    assert words in blocked.text
    with pytest.raises(InvalidInput):
        with_lines(document, "pooled", ())
    if "in the file" not in words:
        assert with_lines(document, "ordered", (Line("A", "a"),)) != raw


def test_a_missing_list_is_told() -> None:
    """It is not made up."""
    assert parse_encouragements(b"{}").blocked("ordered") is not None


A, B, C = Line("A", "a"), Line("B", "b"), Line("C", "c")
A2, B2 = Line("A", "a2"), Line("B", "b2")


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ((A2, B), (A, B2), (A2, B2)),
        ((A2, B), (A2, B), (A2, B)),
        ((B, A), (A, B2), (B2, A)),
        ((A2, B), (A, B, C), (A2, B, C)),
        ((A, B, C), (B, A), None),
        ((A,), (A2, B), (A2,)),
        ((A,), (A, B2), None),
        ((A, B2), (A,), None),
        ((A2, B), (Line("A", "a3"), B), None),
        ((A, B, C), (A, B, C), (A, B, C)),
        ((), (), ()),
    ],
)
def test_two_people_s_changes_are_both_there_or_a_conflict(
    mine: Lines, theirs: Lines, both: Lines | None
) -> None:
    """Each sentence by its id, the order of whoever changed it; a sentence that one removed and the
    other rewrote, one that both rewrote, two new orders: a conflict."""
    assert merged((A, B), mine, theirs) == both


@pytest.mark.property
@given(lines, lines)
def test_who_is_alone_gets_what_they_want(base: Lines, mine: Lines) -> None:
    """Over an unchanged list mine is what is there; unchanged, theirs stays."""
    assert merged(base, mine, base) == mine
    assert merged(base, base, mine) == mine
