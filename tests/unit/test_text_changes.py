"""Two texts in one: what is struck out and what is bold make the one and the other again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.text_changes import marked

WORDS = st.lists(st.sampled_from(["one", "two", "three", "four", "\n"]), max_size=12)
GONE, NEW = r":red-background\[~~(.*?)~~\]", r":green-background\[\*\*(.*?)\*\*\]"


@given(WORDS, WORDS)
@pytest.mark.property
def test_nothing_is_lost_and_nothing_added(before: list[str], after: list[str]) -> None:
    """Without what is new it is the earlier text, without what went the later one."""
    shown = marked(" ".join(before), " ".join(after))
    assert re.sub(GONE, r" \1 ", re.sub(NEW, "", shown)).split() == " ".join(before).split()
    assert re.sub(NEW, r" \1 ", re.sub(GONE, "", shown)).split() == " ".join(after).split()


def test_only_what_differs_is_marked() -> None:
    """By words, by characters where there are no spaces, and no line is joined to another."""
    found = marked("Ciao, benvenuto.\nPronti?", "Ciao, benvenuti.\nPronti?")
    assert found == (
        "Ciao\\, :red-background[~~benvenuto\\.~~]:green-background[**benvenuti\\.**]  \nPronti\\?"
    )
    assert marked("欢迎学习中文", "欢迎你学习中文") == "欢迎:green-background[**你**]学习中文"
    assert marked("a\n\nb", "a\n\nb") == "a  \n  \nb"


def test_a_text_is_no_markdown() -> None:
    """Whatever it says, it is shown and not carried out."""
    found = marked("", "**x** [a](https://e.org) :red[b] ~~c~~")
    assert found.startswith(":green-background[**\\*\\*x\\*\\* \\[a\\]\\(")
    assert "https:/" not in found.replace("\u2060", "~")
