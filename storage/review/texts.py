"""How short a spoken text is: the shortest come out of a speech machine with faults most often."""

from __future__ import annotations

import re

import pycountry

SINGLE_WORD, SINGLE_CHARACTER = "single word", "single character"
# Scripts that are written without spaces between words: Han, kana, and their extensions.
_UNSPACED = re.compile(
    "[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
    "\U00020000-\U0003ffff]"
)


def shortness(phrase: str) -> str:
    """`SINGLE_WORD` or `SINGLE_CHARACTER`, "" for a longer text and for none."""
    if not phrase.isascii() and _UNSPACED.search(phrase):
        return SINGLE_CHARACTER if spoken_letters(phrase) == 1 else ""
    words = 0
    for token in phrase.split():
        words += token.isalnum() or any(map(str.isalnum, token))  # a dash of its own is no word
        if words > 1:
            return ""
    return SINGLE_WORD if words else ""


def spoken_letters(phrase: str) -> int:
    """Letters and digits of a text: what there is to say."""
    return sum(map(str.isalnum, phrase))


def language_tag(code: str) -> str:
    """The BCP 47 tag of a language as manifests write it: `ita`, `it` and `IT` are "it", `gsw`
    stays; "" for what is no language, so that a browser takes no wrong font or voice.
    """
    found = pycountry.languages.get(alpha_3=code.lower()) if len(code) == 3 else None
    found = found or (pycountry.languages.get(alpha_2=code.lower()) if len(code) == 2 else None)
    if found is None:
        return ""
    return str(getattr(found, "alpha_2", found.alpha_3))
