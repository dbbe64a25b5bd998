"""Showing strings we do not trust: keys, metadata, file names, JSON text.

A key is bytes somebody chose. `visible` makes it one printable line that says exactly which
characters are in it; `plain_markdown` makes that line safe where Streamlit insists on markdown.
"""

from __future__ import annotations

import re

# Printable by Python's rules and yet nothing to see: joiners, fillers, variation selectors.
_UNSEEN = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef"
)
# Our own symbols, where the text itself holds them: they would be read as what they stand for.
_TAKEN = r"[\u2400-\u2421]|\\(?=u\{)"
# A space at an end or after another space would be lost, or not be counted.
_LOST_SPACE = r"(?<![^ ]) | \Z"
_ODD = re.compile(f"{_LOST_SPACE}|{_TAKEN}|[{_UNSEEN}]")

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit looks for these after markdown's own escapes are gone: icons, emoji and directives
# (":name"), addresses ("https:", "www.", "a@b"), and arrows and dashes ("->", "--", ">=").
_LATE = re.compile(r":|@|www(?=\.)|[-<>~](?=[-=>])", re.IGNORECASE)
_JOINER = "\u2060"  # takes no room, allows no line break, and is part of no word or pattern


def visible(text: str) -> str:
    r"""`text` on one line, with everything in it that cannot be seen shown as a symbol.

    Control characters become ␀ to ␡; spaces that would be lost (first, last, repeated) ␠; line and
    paragraph separators, bidi overrides, zero-width and other invisible characters \u{…} with
    their code point. Two different texts never look alike because of these; composed and
    decomposed letters (é) still do.
    """
    marked = _ODD.sub(lambda odd: "␠" if odd[0] == " " else _code(odd[0]), text)
    if marked.isprintable():
        return marked
    return "".join(char if char.isprintable() else _symbol(char) for char in marked)


def _symbol(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else _code(char)


def _code(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def plain_markdown(text: str) -> str:
    """`visible(text)` as markdown that shows it literally, for labels that are always markdown.

    No link, image, icon, emoji, colour, formula, list or typographic arrow comes of it. Only for
    labels: the result holds invisible joiners, so it must not be copied or compared.
    """
    joined = _LATE.sub(lambda late: late[0] + _JOINER, visible(text))
    return _PUNCTUATION.sub(r"\\\1", joined)
