"""What the command line prints: results to stdout, words for the person to stderr.

Keys are bytes people chose, and a terminal obeys some of them: nothing is printed unescaped.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import Any

from storage.errors import StorageError

# Control and format characters (direction marks among them), surrogates, line separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # format characters that emoji and Indic scripts are written with


def printable(text: str) -> str:
    r"""`text` on one line, with what a terminal would obey written as \x1b, \n, \u202e …"""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode("ascii")
        if unicodedata.category(letter) in _HIDDEN and letter not in _JOINERS
        else letter
        for letter in text
    )


def line(text: str) -> None:
    """One line of the result."""
    _write(sys.stdout, printable(text))


def note(text: str) -> None:
    """One line for the person: progress, warnings, what else to know."""
    _write(sys.stderr, printable(text))


def document(value: Any) -> None:
    """The result as JSON; ASCII only, so that no terminal and no code page changes it."""
    _write(sys.stdout, json.dumps(value, indent=2))


def failure(error: StorageError, *, as_json: bool) -> None:
    """What happened and what to do: two lines on stderr, or with --json a document on stdout."""
    if as_json:
        document({"error": error.as_dict()})
        return
    note(f"Error: {error.what}")
    if error.remedy:
        note(error.remedy)


def _write(stream: Any, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
