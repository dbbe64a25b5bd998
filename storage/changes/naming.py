"""Keys made from names that others chose: files on a person's computer, folders, links. Pure.

A browser gives the path inside a dropped folder, a script whatever it likes. A name that climbs or
hides something is refused with a plain reason instead of being stored under another name than the
person saw.
"""

from __future__ import annotations

import re
import unicodedata

from storage.errors import InvalidInput
from storage.layout.paths import KEY_BYTES

# Control characters, and the marks that reverse how a name reads ("exe.3pm" shown as "mp3.exe").
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"[A-Za-z]:")
_SYSTEM_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_WINDOWS = re.compile(r'[<>:"|?*]|[. ](/|$)')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def key_for(prefix: str, name: str) -> str:
    """The key for a file called `name` (or a path inside a dropped folder) below `prefix`.

    Letters with accents become one character each, as most systems write them. Raises InvalidInput
    for a name that leaves the folder, hides something, or is a system's own file.
    """
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        raise InvalidInput(
            "The name is an absolute path.", "Give the file's name, or its path inside the folder."
        )
    if _is_systems_own(name):
        raise InvalidInput(
            "A computer keeps this file for itself: it has no content of yours.", "Leave it out."
        )
    if name.endswith("/"):
        raise InvalidInput("A folder is no file.", "Choose the files in it.")
    return checked_key(prefix + _composed(name))


def checked_key(key: str) -> str:
    """`key`, when something may be stored under it. Raises InvalidInput saying why not."""
    segments = key.split("/")
    rules = (
        (not key or key.isspace(), "The name is empty.", "Give the file a name."),
        (
            _HIDDEN.search(key) is not None,
            "The name holds characters that cannot be seen (control or direction marks).",
            "Rename the file.",
        ),
        ("\\" in key, "The name holds a backslash.", "Use / between folders."),
        (
            ".." in segments or "." in segments,
            "The name leads out of its folder (. or .. between slashes).",
            "Rename the file.",
        ),
        (
            "" in segments,
            "The name has an empty part: two slashes together, or one at its start or end.",
            "Rename the file or its folder.",
        ),
    )
    for broken, what, remedy in rules:
        if broken:
            raise InvalidInput(what, remedy, key=key)
    size = _size(key)
    if size > KEY_BYTES:
        raise InvalidInput(
            f"The name has {size:,} bytes with its folder; S3 holds at most {KEY_BYTES:,}.",
            "Use a shorter name.",
            key=key,
        )
    return key


def hard_on_windows(key: str) -> bool:
    """Whether a computer with Windows could not keep a file of that name."""
    return _WINDOWS.search(key) is not None or any(
        _DEVICE.fullmatch(segment) for segment in key.split("/")
    )


def _is_systems_own(name: str) -> bool:
    *folders, last = name.split("/")
    return last.lower() in _SYSTEM_NAMES or last.startswith("._") or "__MACOSX" in folders


def _composed(name: str) -> str:
    """NFC: macOS gives "é" as two characters, and S3 would take that for another name."""
    return unicodedata.normalize("NFC", name)


def _size(key: str) -> int:
    try:
        return len(key.encode())
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "The name holds characters that no key can hold.", "Rename the file."
        ) from error
