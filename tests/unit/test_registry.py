"""Reading the registry: what is wrong in it is told at the right place, and nothing is guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storage.courses.registry import EMPTY, MAX_BYTES, parse_registry
from storage.courses.splice import set_entry
from storage.errors import InvalidInput

ID = "72D5C1E6-97DB-57D0-BBA6-D40800344F40"
ENTRY: dict[str, Any] = {
    "text": "Welcome.",
    "id": ID,
    "generated_date": "2025-09-02T08:30:00Z",
    "voice": None,
    "duration": 3.9,
}
FILE = """{
  "welcomes": {
    "_comment": "one a course",
    "ita_for_eng": {
      "text": "Welcome.",
      "id": "72D5C1E6-97DB-57D0-BBA6-D40800344F40",
      "generated_date": "2025-09-02T08:30:00Z",
      "voice": null,
      "duration": 3.9
    }
  }
}
"""


def registry_of(**entries: Any) -> bytes:
    return json.dumps({"welcomes": entries}).encode()


def codes(raw: bytes) -> list[tuple[str, str]]:
    return [(one.code, one.course) for one in parse_registry(raw).findings]


def test_a_registry_is_read() -> None:
    """Entries by course in their order, without the documentation."""
    registry = parse_registry(FILE.encode())
    (entry,) = registry.entries.values()
    assert (entry.course, entry.text, entry.id) == ("ita_for_eng", "Welcome.", ID)
    assert (entry.voice, entry.duration_s) == (None, 3.9)
    assert entry.generated_date == "2025-09-02T08:30:00Z"
    assert registry.findings == ()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not JSON: Expecting value: line 1"),
        (b"<html>", "not JSON"),
        (b'{"welcomes": {},}', "not JSON.*line 1 column 17"),
        (b'{"welcomes": {"a": 1}\n "b"}', "line 2"),
        (b'{"welcomes": {}} x', "Extra data"),
        (b'{"welcomes": {"_x": NaN}}', "NaN is no JSON value"),
        (b'{"welcomes": {"_x": "a\nb"}}', "Invalid control character"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"welcomes": {"_x": ' + b"9" * 5_000 + b"}}", "not JSON"),
        (b"[]", 'no object with an object "welcomes"'),
        (b"null", 'no object with an object "welcomes"'),
        (b"{}", 'no object with an object "welcomes"'),
        (b'{"welcomes": []}', 'no object with an object "welcomes"'),
        (b'{\n"welcomes": {"_x": "\xff"}}', r"not UTF-8 text \(line 2\)"),
        (FILE.encode("utf-16"), "not UTF-8"),
        (b" " * 50_000_000, "has 47.7 MiB; at most 5.0 MiB are read"),
        (b"\0" * 100, "not JSON"),
    ],
)
def test_what_is_no_registry_is_refused_saying_where(raw: bytes, words: str) -> None:
    """Not JSON, not an object, not UTF-8, too large, too deep: an InvalidInput with a remedy."""
    with pytest.raises(InvalidInput, match=words) as refused:
        parse_registry(raw)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("text", "wrong-type"),
        ([], "wrong-type"),
        (None, "wrong-type"),
        ({**ENTRY, "text": 5}, "wrong-type"),
        ({**ENTRY, "text": None}, "wrong-type"),
        ({**ENTRY, "voice": ["a"]}, "wrong-type"),
        ({**ENTRY, "duration": "3.9"}, "wrong-type"),
        ({**ENTRY, "duration": True}, "wrong-type"),
        ({**ENTRY, "duration": -1}, "wrong-type"),
        ({**ENTRY, "duration": 1e9}, "wrong-type"),
        ({**ENTRY, "id": 7}, "wrong-type"),
        ({**ENTRY, "id": "ita"}, "id"),
        ({**ENTRY, "id": ID + " "}, "id"),
        ({**ENTRY, "generated_date": "yesterday"}, "date"),
    ],
)
def test_a_wrong_entry_is_told_and_the_others_are_read(entry: Any, code: str) -> None:
    """The finding names the course; what cannot be relied on reads as empty."""
    raw = registry_of(ita_for_eng=entry, cym_for_eng={"text": "Croeso"})
    assert codes(raw) == [(code, "ita_for_eng")]
    read = parse_registry(raw).entries
    assert read["cym_for_eng"].text == "Croeso"
    found = read["ita_for_eng"]
    assert isinstance(found.text, str)
    assert 0 <= found.duration_s < 86_400


def test_a_huge_number_is_no_duration() -> None:
    """1e999 is infinite for Python: it is told, and reads as not measured."""
    raw = b'{"welcomes": {"ita_for_eng": {"duration": 1e999}}}'
    assert codes(raw) == [("wrong-type", "ita_for_eng")]
    assert parse_registry(raw).entries["ita_for_eng"].duration_s == 0


@pytest.mark.parametrize(
    ("raw", "course"),
    [
        (b'{"welcomes": {}, "welcomes": {"ita_for_eng": {}}}', "ita_for_eng"),
        (b'{"welcomes": {"ita_for_eng": {}, "ita_for_eng": {}}}', "ita_for_eng"),
        (b'{"welcomes": {"ita_for_eng": {"text": "a", "text": "b"}}}', "ita_for_eng"),
        (b'{"welcomes": {"ita_for_eng": {"x": {"y": 1, "y": 2}}}}', "ita_for_eng"),
        (b'{"welcomes": {"ita_for_eng": "text"}}', "ita_for_eng"),
        (b'{"welcomes": {"Italian": {"text": "a"}}}', "Italian"),
    ],
)
def test_what_could_be_read_in_two_ways_is_not_written(raw: bytes, course: str) -> None:
    """Keys that stand twice, an entry that is none, a code that is none: refused, with the reason."""
    registry = parse_registry(raw)
    blocking = registry.blocked(course)
    assert blocking is not None
    with pytest.raises(InvalidInput) as refused:
        set_entry(registry, course, {"text": "new"})
    assert refused.value.what == blocking.text
    assert blocking.remedy


def test_a_broken_entry_does_not_block_the_others() -> None:
    """Only a key twice at the top of the file does."""
    raw = b'{"welcomes": {"ita_for_eng": {"text": "a", "text": "b"}, "cym_for_eng": {}}}'
    after = set_entry(parse_registry(raw), "cym_for_eng", {"text": "Croeso"})
    assert after == raw.replace(b'"cym_for_eng": {}', b'"cym_for_eng": {"text": "Croeso"}')
    top = parse_registry(b'{"welcomes": {}, "x": 1, "x": 2}')
    assert top.blocked("cym_for_eng") is not None


def test_a_language_nobody_has_is_told() -> None:
    """It is a warning: the entry is there and is used."""
    (finding,) = parse_registry(registry_of(xxx_for_eng=ENTRY)).findings
    assert (finding.code, finding.severity, finding.blocks) == ("language", "warning", False)
    assert "'xxx'" in finding.text


def test_two_courses_with_one_id_are_told_unless_they_are_of_one_pair() -> None:
    """Courses of one pair share the recording, so they may share its id; in either case of it."""
    other = {**ENTRY, "id": ID.lower()}
    assert codes(registry_of(ita_for_eng=ENTRY, ita_for_eng_10seeds=other)) == []
    assert codes(registry_of(ita_for_eng=ENTRY, cym_for_eng=other)) == [("id-twice", "cym_for_eng")]


def test_a_byte_order_mark_and_crlf_are_told_and_kept() -> None:
    """They are what the file's editor wrote: told, and there again after a change."""
    raw = b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode()
    assert codes(raw) == [("bom", ""), ("crlf", "")]
    after = set_entry(parse_registry(raw), "cym_for_eng", {"text": "Croeso", "id": None})
    assert after == raw.replace(
        b"3.9\r\n    }\r\n",
        b'3.9\r\n    },\r\n    "cym_for_eng": {\r\n      "text": "Croeso",\r\n      "id": null\r\n'
        b"    }\r\n",
    )


NEW = {"text": "Croeso, 👋🏽", "id": None}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            EMPTY.decode(),
            (
                '{\n  "welcomes": {\n    "cym_for_eng": {\n      "text": "Croeso, 👋🏽",\n'
                '      "id": null\n    }\n  }\n}\n'
            ),
        ),
        (
            '{"welcomes":{}}',
            '{"welcomes":{"cym_for_eng": {"text": "Croeso, 👋🏽", "id": null}}}',
        ),
        (
            '{"welcomes":{"ita_for_eng":{"text":"a","id":null}}}',
            (
                '{"welcomes":{"ita_for_eng":{"text":"a","id":null},'
                '"cym_for_eng":{"text":"Croeso, 👋🏽", "id":null}}}'
            ),
        ),
        (
            '{\n\t"welcomes": {\n\t\t"ita_for_eng": {\n\t\t\t"text": "\\u00e9"\n\t\t}\n\t}\n}',
            (
                '{\n\t"welcomes": {\n\t\t"ita_for_eng": {\n\t\t\t"text": "\\u00e9"\n\t\t},\n'
                '\t\t"cym_for_eng": {\n\t\t\t"text": "Croeso, \\ud83d\\udc4b\\ud83c\\udffd",\n'
                '\t\t\t"id": null\n\t\t}\n\t}\n}'
            ),
        ),
        (
            '{\n  "welcomes": {\n    "_comment": "c"\n  }\n}\n',
            (
                '{\n  "welcomes": {\n    "_comment": "c",\n    "cym_for_eng": {\n'
                '      "text": "Croeso, 👋🏽",\n      "id": null\n    }\n  }\n}\n'
            ),
        ),
    ],
)
def test_a_new_entry_looks_like_the_others(before: str, after: str) -> None:
    """Appended with the file's own indentation, line ends and way to write letters."""
    assert set_entry(parse_registry(before.encode()), "cym_for_eng", NEW).decode() == after


def test_a_new_field_stands_behind_the_others() -> None:
    """In the entry's own indentation."""
    raw = FILE.replace(',\n      "duration": 3.9', "").encode()
    after = set_entry(parse_registry(raw), "ita_for_eng", {"duration": 3.9})
    assert after.decode() == FILE


def test_half_a_character_is_refused() -> None:
    """What UTF-8 cannot hold is no text of a welcome."""
    with pytest.raises(InvalidInput, match="half a character"):
        set_entry(parse_registry(EMPTY), "ita_for_eng", {"text": "\ud83d"})


def test_a_registry_is_at_most_five_mebibytes() -> None:
    """Exactly that many bytes are read."""
    assert parse_registry(EMPTY.ljust(MAX_BYTES)).entries == {}
