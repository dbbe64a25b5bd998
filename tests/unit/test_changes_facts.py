"""What an object may say of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.changes.facts import check_cache_control, check_metadata, check_tags, check_type
from storage.errors import InvalidInput


@pytest.mark.parametrize("text", ["audio/mpeg", " audio/mpeg ", "text/plain; charset=utf-8"])
def test_content_types_are_taken(text: str) -> None:
    """With parameters too; spaces around them go."""
    assert check_type(text) == text.strip()


@pytest.mark.parametrize("text", ["", "mp3", "a/b\r\nX-Evil: 1", "audio/", "é/x", "a/b c"])
def test_what_is_no_content_type_is_refused(text: str) -> None:
    """A line break in it would be another header."""
    with pytest.raises(InvalidInput, match="no content type"):
        check_type(text)


def test_metadata_is_kept_as_s3_keeps_it() -> None:
    """Names become small letters, spaces around values go: so nothing changes on the way."""
    assert check_metadata({" Speaker ": " Ann ", "x-amz-meta-take": "3"}) == {
        "speaker": "Ann",
        "take": "3",
    }


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"a b": "x"}, "cannot be the name"),
        ({"é": "x"}, "cannot be the name"),
        ({"": "x"}, "cannot be the name"),
        ({"a": "é"}, "ASCII"),
        ({"a": "x\r\ny: z"}, "ASCII"),
        ({"a": "x", "A": "y"}, "twice"),
        ({"a": "x" * 1_100, "b": "x" * 1_100}, "2,202 bytes"),
    ],
)
def test_metadata_no_header_can_hold_is_refused(metadata: dict[str, str], why: str) -> None:
    """Each limit by name, and nothing is cut or changed silently."""
    with pytest.raises(InvalidInput, match=why):
        check_metadata(metadata)


def test_the_metadata_limit_counts_names_and_values() -> None:
    """2,048 bytes are taken, one more is not."""
    assert check_metadata({"abcd": "x" * 2_044})
    with pytest.raises(InvalidInput):
        check_metadata({"abcd": "x" * 2_045})


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({str(number): "" for number in range(11)}, "at most 10"),
        ({"": "x"}, "no name"),
        ({"k" * 129: "x"}, "too long"),
        ({"AWS:x": "x"}, "belongs to AWS"),
        ({"a": "v" * 257}, "too long"),
        ({"a": "x&y"}, "does not allow"),
        ({"a": "x\ny"}, "does not allow"),
    ],
)
def test_tags_s3_does_not_hold_are_refused(tags: dict[str, str], why: str) -> None:
    """Count, lengths and characters."""
    with pytest.raises(InvalidInput, match=why):
        check_tags(tags)


def test_tags_at_their_limits_are_taken() -> None:
    """Ten of the longest, in any script."""
    tags = {f"{number}" + "ä" * 127: "ж" * 256 for number in range(10)}
    assert check_tags(tags) == tags


def test_cache_control_is_one_line_of_ascii() -> None:
    """Empty removes it."""
    assert check_cache_control(" public, max-age=3600 ") == "public, max-age=3600"
    assert check_cache_control("") == ""
    with pytest.raises(InvalidInput):
        check_cache_control("a\nb")


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=12))
def test_nothing_that_passes_could_break_a_request(given_facts: dict[str, str]) -> None:
    """Metadata that is taken is printable ASCII; tags that are taken have no control characters."""
    try:
        kept = check_metadata(given_facts)
    except InvalidInput:
        kept = {}
    assert all((name + value).isascii() for name, value in kept.items())
    assert all((name + value).isprintable() for name, value in kept.items())
    try:
        tags = check_tags(given_facts)
    except InvalidInput:
        tags = {}
    assert not any(letter in name + value for name, value in tags.items() for letter in "\n\0&<")
