"""Finding clips by what is said, as whoever types it means it."""

from __future__ import annotations

import pytest

from storage.review.searching import Sayings

PHRASES = ["Perché parlo, qui?", "Voglio parlare", "想说中文", "l'Università", "Voglio parlare", ""]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("perche", [0]),
        ("PARL", [0, 1, 4]),
        ("parlare voglio", [1, 4]),
        ("arlare", []),
        ("说中", [2]),
        ("说文", []),
        ("universita", [3]),
        ("qui!", [0]),
        ("?", []),
        ("", []),
    ],
)
def test_words_are_found_without_case_accents_and_order(text: str, rows: list[int]) -> None:
    """By their beginnings; signs without spaces between them in a row; nothing says nothing."""
    assert Sayings(PHRASES).saying(text).nonzero()[0].tolist() == rows


def test_nothing_is_said_where_there_are_no_phrases() -> None:
    """An empty course is no fault."""
    assert Sayings([]).saying("a").tolist() == []
