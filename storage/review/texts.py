"""How short a spoken text is: the shortest come out of a speech machine with faults most often."""

from __future__ import annotations

import re

import pycountry

from storage.measurements.pace import characters

SINGLE_WORD, SINGLE_CHARACTER = "single word", "single character"
# Written without spaces: Han and kana, where a character is about a word ...
_CHARACTERS = re.compile(
    "[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
    "\U00020000-\U0003ffff]"
)
# ... and Thai, Lao, Burmese and Khmer, where only a dictionary could tell words apart.
_JOINED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_JOINED_LETTERS = 5  # as long as a word of these may be, without its vowel signs


def shortness(phrase: str) -> str:
    """`SINGLE_WORD` or `SINGLE_CHARACTER`, "" for a longer text and for none."""
    if not phrase.isascii():
        if _CHARACTERS.search(phrase):
            return SINGLE_CHARACTER if characters(phrase) == 1 else ""
        if _JOINED.search(phrase) and characters(phrase) > _JOINED_LETTERS:
            return ""
    words = 0
    for token in phrase.split():
        words += token.isalnum() or any(map(str.isalnum, token))  # a dash of its own is no word
        if words > 1:
            return ""
    return SINGLE_WORD if words else ""


def language_tag(code: str) -> str:
    """The BCP 47 tag of a language as manifests write it: `ita`, `it` and `IT` are "it", `gsw`
    stays; "" for what is no language, so that a browser takes no wrong font or voice.
    """
    found = pycountry.languages.get(alpha_3=code.lower()) if len(code) == 3 else None
    found = found or (pycountry.languages.get(alpha_2=code.lower()) if len(code) == 2 else None)
    if found is None:
        return ""
    return str(getattr(found, "alpha_2", found.alpha_3))
