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
# A space at an end or after another space would be lost or not be counted; a backslash before
# "u{" would be read as one of our own codes.
_ODD = re.compile(rf"(?<![^ ]) | \Z|\\(?=u\{{)|[{_UNSEEN}]")

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit looks for these after markdown's own escapes are gone: icons, emoji and directives
# (":name"), addresses ("https:", "www.", "a@b"), and arrows and dashes ("->", "--", ">=").
_LATE = re.compile(r":|@|www(?=\.)|[-<>~](?=[-=>])", re.IGNORECASE)
_JOINER = "\u2060"  # takes no room, allows no line break, and is part of no word or pattern


# Storage classes as people call them; others are shown as the store names them.
CLASS_TITLES = {
    "STANDARD": "Standard",
    "REDUCED_REDUNDANCY": "Reduced redundancy",
    "STANDARD_IA": "Standard-IA",
    "ONEZONE_IA": "One Zone-IA",
    "INTELLIGENT_TIERING": "Intelligent",
    "INTELLIGENT_TIERING/INFREQUENT": "Intelligent, infrequent",
    "INTELLIGENT_TIERING/ARCHIVE_INSTANT": "Intelligent, instant",
    "INTELLIGENT_TIERING/ARCHIVE": "Intelligent, archive",
    "INTELLIGENT_TIERING/DEEP_ARCHIVE": "Intelligent, deep archive",
    "GLACIER_IR": "Glacier Instant",
    "GLACIER": "Glacier Flexible",
    "DEEP_ARCHIVE": "Deep Archive",
    "EXPRESS_ONEZONE": "Express",
}


def visible(text: str) -> str:
    r"""`text` on one line, with everything in it that cannot be seen shown by its code point.

    Line breaks and other control characters, bidi overrides, zero-width and other invisible
    characters, and spaces that would be lost (first, last, repeated) become \u{…}: a code every
    font can show. Two different texts never look alike because of these; composed and decomposed
    letters (é) still do.
    """
    marked = _ODD.sub(lambda odd: _code(odd[0]), text)
    if marked.isprintable():
        return marked
    return "".join(char if char.isprintable() else _code(char) for char in marked)


def _code(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def plain_markdown(text: str) -> str:
    """`visible(text)` as markdown that shows it literally, for labels that are always markdown.

    No link, image, icon, emoji, colour, formula, list or typographic arrow comes of it. Only for
    labels: the result holds invisible joiners, so it must not be copied or compared.
    """
    joined = _LATE.sub(lambda late: late[0] + _JOINER, visible(text))
    return _PUNCTUATION.sub(r"\\\1", joined)
