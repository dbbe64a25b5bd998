"""Which way a thing moves between a local copy and the store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.welcomes.differing import BOTH_CHANGED, GONE, UNKNOWN, compared, decided
from storage.welcomes.mirror import is_name

some = st.sampled_from([None, "a", "b", "c"])


@pytest.mark.parametrize(
    ("local", "remote", "base", "way"),
    [
        (None, None, None, None),
        ("a", "a", None, None),
        ("a", "a", "b", None),
        ("a", None, None, "push"),
        (None, "a", None, "pull"),
        ("b", "a", "a", "push"),
        ("a", "b", "a", "pull"),
        (None, "a", "a", "pull"),  # a copy may hold a part only
        ("a", None, "a", "pull"),  # removed there: removed here too
        ("b", None, "a", GONE),
        ("a", "b", None, UNKNOWN),
        ("a", "b", "c", BOTH_CHANGED),
    ],
)
def test_the_side_that_changed_moves(
    local: str | None, remote: str | None, base: str | None, way: str | None
) -> None:
    """By what both were when they were last the same; both changed is a conflict."""
    assert decided(local, remote, base) == way


@given(some, some, some)
def test_a_choice_settles_every_conflict_and_nothing_else(
    local: str | None, remote: str | None, base: str | None
) -> None:
    """`take` gives a conflict its way, and leaves alone what has one."""
    way = decided(local, remote, base)
    for side, wanted in (("local", "push"), ("remote", "pull")):
        taken = decided(local, remote, base, side)  # type: ignore[arg-type]
        assert taken == (way if way in (None, "push", "pull") else wanted)


@given(some, some, some)
def test_nothing_changed_on_both_sides_moves_by_itself(
    local: str | None, remote: str | None, base: str | None
) -> None:
    """What both changed differently since they were the same stays, whatever it was."""
    if base is not None and local not in (base, remote, None) and remote not in (base, local):
        assert decided(local, remote, base) in (BOTH_CHANGED, GONE)


@given(some, some, some)
def test_nothing_is_ever_removed_from_the_store(
    local: str | None, remote: str | None, base: str | None
) -> None:
    """A push adds or replaces."""
    item = ("recording", "ita")
    sides = [{item: one} if one else {} for one in (local, remote, base)]
    actions, _ = compared(*sides, {}, {})  # type: ignore[arg-type]
    assert all(one.change != "remove" or one.direction == "pull" for one in actions)


@pytest.mark.parametrize(
    "name",
    ["", "it", "ITA", "ita.wav", "../ita", "ita/..", "ita_for_en", "ita_for_eng_10", "ita\n"],
)
def test_only_names_of_recordings_become_files(name: str) -> None:
    """Whatever a store or registry says, nothing else is written or read."""
    assert not is_name(name)
    assert is_name("ita")
    assert is_name("ita_for_jpn")
