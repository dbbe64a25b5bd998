"""Verdicts belong to bytes: against a plain reading of that rule, over random histories."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model.review import Said, in_force, state_of
from storage.review.book import Book

KEYS, PEOPLE = ("a.mp3", "b.mp3", "c.mp3"), ("ann", "ben")
BODIES = range(4)
DECISIONS = ("approved", "rejected", "second-ear")


def sha_of(body: int) -> str:
    return f"{body}" * 64


def etags_of(body: int) -> tuple[str, str]:
    """The same bytes stored in one part and in two have two ETags."""
    return f"e{body}", f"p{body}-2"


@dataclass
class World:
    """What really happened: which bytes lay where, who said what of which bytes."""

    lies: dict[str, tuple[int, int]] = field(default_factory=dict)  # key -> body, form of the ETag
    said: list[tuple[Said, int]] = field(default_factory=list)  # and the body it was about

    def say(self, key: str, person: str, decision: str, *, measured: bool) -> None:
        body, form = self.lies[key]
        number = len(self.said) + 1
        sha256 = sha_of(body) if measured else ""
        etag = etags_of(body)[form]
        said = Said(number, "stage", key, etag, 100, sha256, decision, person, person, "")
        self.said.append((said, body))

    def undo(self, number: int) -> None:
        said, body = self.said[number % len(self.said)]
        if said.undoes:
            return
        new = len(self.said) + 1
        row = Said(
            *(new, said.role, said.key, said.etag, said.size, said.sha256, "undone", said.by_id),
            *(said.by_name, "", said.id),
        )
        self.said.append((row, body))


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("put"), st.sampled_from(KEYS), st.sampled_from(BODIES), st.integers(0, 1)
        ),
        st.tuples(
            st.just("say"),
            st.sampled_from(KEYS),
            st.sampled_from(PEOPLE),
            st.sampled_from(DECISIONS),
        ),
        st.tuples(st.just("undo"), st.integers(0, 50)),
    ),
    max_size=30,
)


@pytest.mark.property
@given(steps, st.booleans(), st.booleans(), st.integers(0, 30))
@settings(max_examples=300, deadline=None)
def test_no_verdict_is_ever_shown_for_other_bytes_and_none_is_lost(
    history: list[tuple[str, object, object, object]], measured: bool, at_once: bool, split: int
) -> None:
    """Whatever was uploaded, judged and taken back: a row's state is what the verdicts on its very
    bytes make of it; where its bytes have none, earlier ones under its key only make it "void".
    """
    world = _lived(history, measured=measured)
    rows = {key: row for row, key in enumerate(world.lies)}
    etags = [etags_of(body)[form] for body, form in world.lies.values()]
    shas = [sha_of(body) if measured else "" for body, _ in world.lies.values()]
    book = Book("stage", list(world.lies), etags, [100] * len(rows), shas)
    told = [said for said, _ in world.said]
    if not at_once:  # as they come in, from another console
        told = told[split:] + told[:split]
    affected: set[int] = set()
    for said in told:
        affected.update(book.add(said))
    assert not any(book.add(said) for said in told)
    for key, (body, form) in world.lies.items():
        same = [
            said
            for said, about in world.said
            # without a SHA-256 nobody can tell that two ETags are the same bytes
            if about == body and (measured or said.etag == etags_of(body)[form])
        ]
        expected = in_force(same)
        assert book.current(rows[key]) == expected
        others = [said for said, _ in world.said if said.key == key and said not in same]
        state = state_of(expected.values())
        if state == "new" and _left(others):
            state = "void"
        assert book.state(rows[key]) == state
        if state != "new":
            assert rows[key] in affected


def _lived(history: list[tuple[str, object, object, object]], *, measured: bool) -> World:
    world = World()
    for step, *facts in history:
        if step == "put":
            world.lies[str(facts[0])] = (int(str(facts[1])), int(str(facts[2])))
        elif step == "say" and facts[0] in world.lies:
            world.say(*(str(one) for one in facts), measured=measured)
        elif step == "undo" and world.said:
            world.undo(int(str(facts[0])))
    return world


def _left(said: list[Said]) -> bool:
    """Whether any of these still counts; of the same person, on the same bytes, the last."""
    undone = {one.undoes for one in said if one.undoes}
    return any(not one.undoes and one.id not in undone for one in said)


def said(number: int, etag: str, sha256: str = "", key: str = "k", by: str = "ann") -> Said:
    return Said(number, "stage", key, etag, 9, sha256, "approved", by, by, "")


def test_a_sha256_that_comes_later_brings_what_was_said_before() -> None:
    """A verdict in one ETag's name counts for the other once both are known to be the same bytes;
    the book says for which SHA-256 the rest is to be looked up.
    """
    book, row = Book("stage", ["a"], ["one"], [9], [""]), 0
    book.add(said(1, "one", key="a"))
    assert not book.learned()
    assert row in book.add(said(2, "one", "f" * 64, key="b", by="ben"))
    assert book.learned() == {"f" * 64}
    assert set(book.current(row)) == {"ann", "ben"}
    assert row in book.add(said(3, "two", "f" * 64, key="c", by="cat"))
    assert set(book.current(row)) == {"ann", "ben", "cat"}


def test_a_row_whose_bytes_change_keeps_nothing_of_the_old() -> None:
    """And has it all back with the old bytes."""
    book, row = Book("stage", ["k"], ["one"], [9], [""]), 0
    book.add(said(1, "one"))
    book.change_row(row, "two", 9, "")
    assert book.state(row) == "void"
    book.add(said(2, "two", by="ben"))
    assert set(book.current(row)) == {"ben"}
    book.change_row(row, "one", 9, "")
    assert set(book.current(row)) == {"ann"}


def test_a_verdict_in_another_bucket_is_no_evidence_for_this_key() -> None:
    """The same key elsewhere is another object: it makes nothing "changed" here."""
    book, row = Book("prod", ["k"], ["two"], [9], [""]), 0
    book.add(said(1, "one"))
    assert book.state(row) == "new"


@pytest.mark.parametrize(
    ("decisions", "state"),
    [
        ("", "new"),
        ("ann approved", "approved"),
        ("ann approved, ben rejected", "disputed"),
        ("ann second-ear", "second-ear"),
        ("ann second-ear, ben approved", "approved"),
        ("ben approved, ann second-ear", "second-ear"),
        ("ann second-ear, ann approved", "approved"),
        ("ann second-ear, ben rejected", "rejected"),
        ("ann rejected, ben second-ear", "rejected"),
        ("ann approved, ben approved, cat rejected", "disputed"),
    ],
)
def test_what_several_people_make_of_a_clip(decisions: str, state: str) -> None:
    """A question is answered only afterwards; who rejects is not outvoted."""
    rows = []
    for number, words in enumerate(filter(None, decisions.split(", ")), 1):
        person, decision = words.split()
        rows.append(Said(number, "stage", "k", "e", 1, "", decision, person, person, ""))
    assert state_of(in_force(rows).values()) == state
