"""Text as it is searched: without case, accents and punctuation, in any script. Pure."""

from __future__ import annotations

import re
import unicodedata

# Written without spaces between words: there a search finds any run of signs.
SOLID = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005\u3040-\u30ff\u31f0-\u31ff"  # kana and the repetition mark
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_RUNS = re.compile(f"[{SOLID}]+|[^{SOLID} ]+")
_SOLID = re.compile(f"[{SOLID}]")
# Letters that Unicode does not take apart into a plain one and an accent.
_PLAIN = {
    **{ord(letter): plain for letter, plain in zip("łøđħŧıŋ", "lodhtin", strict=True)},
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("þ"): "th",
    ord("ð"): "d",
}


class _Signs(dict[int, str]):
    """What becomes of each character, found out once. Letters, digits and vowel signs stay;
    accents go, as do the points of Hebrew and Arabic; whatever else there is parts words.
    """

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        kind = unicodedata.category(sign)
        accent = unicodedata.combining(sign)
        if kind == "Cf" or sign == "\u0640":  # joiners and marks of direction; Arabic's stretch
            made = ""
        elif kind[0] == "M":
            made = "" if accent == 1 or 10 <= accent <= 36 or accent >= 200 else sign
        else:
            made = sign if kind[0] in "LN" else " "
        self[code] = made
        return made


_SIGNS = _Signs(_PLAIN)


def fold(text: str) -> tuple[str, ...]:
    """The words of `text`, each a run of one sort: signs written without spaces, or letters.

    `L'Università` gives `l`, `universita`.
    """
    if text.isascii():
        plain = text.lower().translate(_SIGNS)
        return tuple(plain.split())
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return tuple(_RUNS.findall(unicodedata.normalize("NFC", apart.translate(_SIGNS))))


def is_solid(word: str) -> bool:
    """Whether a word of `fold` is of a script without spaces."""
    return _SOLID.match(word) is not None
