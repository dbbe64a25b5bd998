"""Finding phrases by what is said: without case, accents and spaces, in any script, and at once."""

from __future__ import annotations

import random
import time
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.courses.folding import fold
from storage.courses.phrases import PhraseIndex
from tests import manifests

PHRASES = (
    *("Voglio parlare italiano con te adesso.", "voglio", "Non voglio", "L'Università è qui"),
    *("Un po' di più", "Straße", "Żółw i łódź", "Việt Nam", "Ελληνικά και Ελλάς"),
    *("Ещё сегодня", "שָׁלוֹם", "مَدْرَسَة العربيّة", "हिन्दी बोलना", "한국어를 말해요"),
    *(
        "我想说中文",
        "我现在想说",
        "日本語をはなしたい",
        "カタカナ",
        "ฉันอยากพูดภาษาไทย",
        "中文 abc 你好",
    ),
)
INDEX = PhraseIndex.of(PHRASES)


def _found(text: str, index: PhraseIndex = INDEX) -> list[str]:
    rows, badness = index.find(fold(text))
    best = np.argsort(badness, kind="stable")
    found: list[str] = index.phrases["phrase"].take(rows[best]).to_pylist()
    return found


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("VOGLIO", "voglio"),
        ("voglio parlare", "Voglio parlare italiano con te adesso."),
        ("parlare voglio", "Voglio parlare italiano con te adesso."),
        ("vogl parl", "Voglio parlare italiano con te adesso."),
        ("universita", "L'Università è qui"),
        ("l’università", "L'Università è qui"),
        ("un po", "Un po' di più"),
        ("PIU", "Un po' di più"),
        ("strasse", "Straße"),
        ("zolw lodz", "Żółw i łódź"),
        ("viet nam", "Việt Nam"),
        ("ελλασ", "Ελληνικά και Ελλάς"),
        ("еще", "Ещё сегодня"),
        ("שלום", "שָׁלוֹם"),
        ("مدرسه"[:4], "مَدْرَسَة العربيّة"),
        ("العربية", "مَدْرَسَة العربيّة"),
        ("हिन्दी", "हिन्दी बोलना"),
        ("한국", "한국어를 말해요"),
        ("中文", "我想说中文"),
        ("想说", "我现在想说"),
        ("说", "我想说中文"),
        ("したい", "日本語をはなしたい"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("ภาษา", "ฉันอยากพูดภาษาไทย"),
        ("abc 你", "中文 abc 你好"),
    ],
)
def test_what_is_said_is_found(text: str, first: str) -> None:
    """Beginnings of words in any order; signs of scripts without spaces anywhere."""
    found = _found(text)
    assert first in found
    assert found[0] == first or len(fold(text)[0]) < 3


@pytest.mark.parametrize("text", ["oglio", "voglio inglese", "文中", "zzz", "arla", "想中", "บยก"])
def test_what_is_not_said_is_not_found(text: str) -> None:
    """No middles of words, no words that are not there, no signs in another order."""
    assert _found(text) == []


@pytest.mark.parametrize("text", ["", "   ", "…!?", "😀", "\u200b"])
def test_a_search_without_words_finds_nothing(text: str) -> None:
    """Rather than everything."""
    assert _found(text) == []


def test_the_phrase_itself_comes_first() -> None:
    """Then what begins so, then what holds it in a row, the shorter before the longer."""
    index = PhraseIndex.of(
        ("un altro po", "ancora un po", "un po più tardi", "un po di più", "Un po!")
    )
    assert _found("un po", index) == [
        *("Un po!", "un po di più", "un po più tardi", "ancora un po", "un altro po"),
    ]


def test_phrases_without_a_letter_do_no_harm() -> None:
    """Nor does a manifest without any phrase."""
    assert _found("a", PhraseIndex.of(["", "…", "a"])) == ["a"]
    assert _found("a", PhraseIndex.of([])) == []


@given(st.lists(st.text(max_size=12), max_size=8, unique=True), st.data())
def test_any_word_of_any_phrase_finds_it(phrases: list[str], data: st.DataObject) -> None:
    """Whatever the script, however the word is written: decomposed, in upper case, cut short."""
    phrases = [text.encode("utf-8", "ignore").decode() for text in dict.fromkeys(phrases)]
    phrases = list(dict.fromkeys(phrases))
    index = PhraseIndex.of(phrases)
    for phrase in phrases:
        words = fold(phrase)
        if not words:
            continue
        word = data.draw(st.sampled_from(words))
        for written in (word, unicodedata.normalize("NFD", word), phrase):
            assert phrase in _found(written, index), (phrase, written)


@pytest.mark.long
def test_half_a_million_phrases_in_a_tenth_of_a_second() -> None:
    """Ten courses of 50,000 phrases: rare words, common ones, single letters and signs."""
    chance = random.Random(1)
    langs = ("ita", "eng", "rus", "cmn", "ara", "tha", "ell", "hin", "jpn", "ita")
    indexes = [PhraseIndex.of(manifests.phrases(lang, 50_000, chance)) for lang in langs]
    for text in (
        "voglio",
        "a",
        "un po",
        "voglio parl",
        "想说",
        "我",
        "อยาก",
        "العرب",
        "говорить",
        "zz",
    ):
        taken = []
        for _ in range(3):  # threads of other tests take time of this process, too
            began = time.process_time()
            sum(len(index.find(fold(text))[0]) for index in indexes)
            taken.append(time.process_time() - began)
        assert min(taken) < 0.1, text
