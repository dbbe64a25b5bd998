"""Which texts are so short that their clips are heard first."""

from __future__ import annotations

import pytest

from storage.review.texts import language_tag, shortness


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("Voglio", "single word"),
        ("voglio.", "single word"),
        ("— sì!", "single word"),
        ("l'altra", "single word"),
        ("po'", "single word"),
        ("Voglio parlare", ""),
        ("…", ""),
        ("", ""),
        ("5", "single word"),
        ("我", "single character"),
        ("我。", "single character"),
        ("今天", ""),
        ("は", "single character"),
        ("です", ""),
        ("𠀋", "single character"),
        ("मैं", "single word"),
        ("हिन्दी बोलना", ""),
        ("مَدْرَسَة", "single word"),
        ("คุณ", "single word"),
        ("ฉันอยากพูดภาษาไทย", ""),
        ("по-русски", "single word"),
    ],
)
def test_single_words_and_characters(phrase: str, expected: str) -> None:
    """In scripts with spaces and without; punctuation is no word."""
    assert shortness(phrase) == expected


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("ita", "it"),
        ("it", "it"),
        ("ITA", "it"),
        ("cmn", "cmn"),
        ("cym", "cy"),
        ("xx", ""),
        ("", ""),
    ],
)
def test_language_tags(code: str, tag: str) -> None:
    """As browsers take them, for the right letter forms."""
    assert language_tag(code) == tag
