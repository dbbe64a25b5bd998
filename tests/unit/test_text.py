"""Showing strings we do not trust."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.text import plain_markdown, visible

ANY_TEXT = st.text(st.characters())  # lone surrogates too: JSON text can hold them


def _read(shown: str) -> str:
    """What a careful reader takes `shown` for."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), shown)


@given(ANY_TEXT | st.text("\\u{}05c \u202e\n", max_size=12))
def test_visible_tells_every_text_from_every_other(text: str) -> None:
    """What is shown can be read back to exactly the text it came from."""
    assert _read(visible(text)) == text


@given(ANY_TEXT)
def test_visible_leaves_nothing_unseen(text: str) -> None:
    """No control, format, separator or surrogate character reaches the page; no space is lost."""
    shown = visible(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert shown == shown.strip()
    assert "  " not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mastered/0A1B-é 日本 🎧.mp3", "mastered/0A1B-é 日本 🎧.mp3"),
        ("", ""),
        (r"C:\users\new", r"C:\users\new"),
        ("a\nb\r\n", r"a\u{a}b\u{d}\u{a}"),
        ("\x00\x1b[31m\x7f\x85", r"\u{0}\u{1b}[31m\u{7f}\u{85}"),
        ("invoice\u202egpj.mp3", r"invoice\u{202e}gpj.mp3"),
        ("a\u200bb\ufeff", r"a\u{200b}b\u{feff}"),
        ("\u2028\xa0\ufe0f\u3164", r"\u{2028}\u{a0}\u{fe0f}\u{3164}"),
        (" a  b ", r"\u{20}a \u{20}b\u{20}"),
        (r"literally \u{0}", r"literally \u{5c}u{0}"),
        ("\ud800", r"\u{d800}"),
        ("<script>", "<script>"),
    ],
)
def test_visible_by_example(text: str, shown: str) -> None:
    """Ordinary names stay as they are; the rest reads as the code points it is made of."""
    assert visible(text) == shown


@given(ANY_TEXT)
def test_plain_markdown_escapes_all_punctuation(text: str) -> None:
    """Taking out the escapes and the joiners gives the visible text: nothing is lost or left."""
    marked = plain_markdown(text)
    bare = re.sub(r"\\([!-/:-@\[-`{-~])", "", marked)
    assert not re.search(r"[!-/:-@\[-`{-~]", bare)
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", marked).replace("\u2060", "") == visible(text)


@pytest.mark.parametrize(
    "text", [":material_home:", ":smile:", "http://x", "WWW.x.org", "a@b.org", "a -> b", "--", "<="]
)
def test_what_is_looked_for_after_the_escapes_is_taken_apart(text: str) -> None:
    """Patterns that Streamlit replaces in the finished text are broken by a joiner."""
    assert "\u2060" in plain_markdown(text)
