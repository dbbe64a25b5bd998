"""What changed between two texts, word by word, as markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from ui.text import plain_markdown

# a word with the spaces behind it; where words are written without spaces, a character
_PIECE = re.compile(r"\n|[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]|[^\s\u3040-\u9fff]+[^\S\n]*|\s")
_SHOWN = {"delete": ":red-background[~~{}~~]", "insert": ":green-background[**{}**]"}


def marked(before: str, after: str) -> str:
    """Both texts in one: what went struck out on red, what came bold on green."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    found = []
    for change, *span in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        begin, end, begin_new, end_new = span
        if change == "equal":
            found += list(_lines(old[begin:end], "{}"))
        else:
            found += list(_lines(old[begin:end], _SHOWN["delete"]))
            found += list(_lines(new[begin_new:end_new], _SHOWN["insert"]))
    return "".join(found)


def _lines(pieces: list[str], shown: str) -> Iterator[str]:
    """The pieces of a change; marks do not reach over the end of a line, or a space."""
    for nth, line in enumerate("".join(pieces).split("\n")):
        if nth:
            yield "  \n"
        words = line.strip()
        lead = line[: len(line) - len(line.lstrip())]
        if words:
            yield f"{' ' if lead else ''}{shown.format(plain_markdown(words))}"
        if (line != line.lstrip() and not words) or (line != line.rstrip() and words):
            yield " "
