"""Two people edit one object: what each typed stays, and what neither touched stays too."""

from __future__ import annotations

import pytest

from storage.errors import InvalidInput
from ui.editing import Facts, differences, read_pairs, rebased

BEFORE = Facts("audio/wav", "", {"voice": "a", "take": "1"}, {"state": "new", "who": "me"})


def test_what_was_not_touched_stays_as_it_is_now() -> None:
    """My change of one fact goes on top of theirs of the others."""
    typed = Facts("audio/wav", "no-cache", {"voice": "b", "take": "1"}, BEFORE.tags)
    now = Facts("audio/x-wav", "", {"voice": "a", "take": "2", "more": "x"}, {"state": "checked"})
    assert rebased(BEFORE, typed, now) == Facts(
        "audio/x-wav",
        "no-cache",
        {"take": "2", "more": "x", "voice": "b"},
        {"state": "checked"},
    )


def test_what_i_removed_is_removed_and_what_they_removed_stays_away() -> None:
    """A row taken out of the table is a change, whoever took it out."""
    typed = Facts("audio/wav", "", {"take": "1"}, {"state": "mine", "who": "me"})
    now = Facts("audio/wav", "", {"voice": "a", "take": "1"}, {"state": "new"})
    assert rebased(BEFORE, typed, now) == Facts("audio/wav", "", {"take": "1"}, {"state": "mine"})


def test_where_both_changed_the_same_mine_is_what_was_typed_last() -> None:
    """The person was told before, and saved all the same."""
    typed = Facts("audio/mpeg", "", {"voice": "mine", "take": "1"}, BEFORE.tags)
    now = Facts("audio/ogg", "", {"voice": "theirs", "take": "1"}, BEFORE.tags)
    merged = rebased(BEFORE, typed, now)
    assert (merged.content_type, merged.metadata["voice"]) == ("audio/mpeg", "mine")


def test_tags_that_cannot_be_read_are_not_written() -> None:
    """None stays None, whatever was typed."""
    assert rebased(BEFORE, BEFORE, Facts("a/b", "", {}, None)).tags is None


def test_differences_name_what_changed() -> None:
    """A line for each, with the old and the new value; none where nothing changed."""
    now = Facts("audio/wav", "no-cache", {"voice": "a"}, {"state": "new", "who": "you"})
    assert differences(BEFORE, now) == [
        "Cache control: none → no-cache",
        "Metadata take: 1 → none",
        "Tag who: me → you",
    ]
    assert differences(BEFORE, BEFORE) == []


def test_rows_without_a_name_are_no_pairs() -> None:
    """Empty rows of the table are left out, and cells nobody filled are empty."""
    rows = [
        {"Name": " a ", "Value": " 1 "},
        {"Name": None, "Value": "x"},
        {"Name": "b", "Value": None},
        {"Name": "c", "Value": float("nan")},
    ]
    assert read_pairs("Tags", rows) == {"a": "1", "b": "", "c": ""}


def test_a_name_twice_is_said() -> None:
    """Which of the two would count nobody can know."""
    with pytest.raises(InvalidInput, match="'a' twice"):
        read_pairs("Tags", [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}])
