"""File names a computer can hold, made from keys that people chose freely. Pure.

A key is only bytes to S3; as a path it could leave the folder it is unpacked in (`../`), name a
device (`NUL`), or be one that Windows cannot write. Nothing here rejects: it renames, and the
archive lists what was renamed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Illegal in Windows file names, control characters, and the marks that reverse how text reads.
_UNSAFE = re.compile(
    r'[\x00-\x1f\x7f-\x9f<>:"|?*\\/\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]'
)
_DEVICE = re.compile(
    r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\..*)?", re.IGNORECASE
)
MAX_NAME_BYTES = 200  # common file systems hold 255 bytes a name; the rest is room for " (2)"
_MAX_SUFFIX_BYTES = 20


def safe_name(segment: str) -> str:
    """One segment of a key as a file name that Windows, macOS and Linux can hold; never empty."""
    name = _UNSAFE.sub("_", segment)
    name = _shorter(name)
    if name.endswith((".", " ")):  # Windows drops these silently: "a." would become "a"
        name = name.rstrip(". ") + "_"
    if _DEVICE.fullmatch(name):
        name = f"_{name}"
    return name or "_"


def download_name(key: str) -> str:
    """The name a downloaded object gets: the last segment of its key, made safe."""
    return safe_name(key.rstrip("/").rpartition("/")[2])


def entry_names(keys: Iterable[str], extra: str) -> tuple[list[str], str]:
    """Names inside an archive for `keys` (in order) and for one more entry, `extra`.

    Relative, with "/" between folders, distinct also where upper and lower case are one, and no
    file is named like a folder of another.
    """
    paths = ["/".join(_segments(key)) for key in keys]
    taken = {_folded(folder) for path in paths for folder in _folders(path)}
    return [_distinct(path, taken) for path in paths], _distinct(extra, taken)


def _segments(key: str) -> list[str]:
    """Folders and name. Empty and `.` segments lead nowhere; `dir/` gets a name."""
    parts = [part for part in key.split("/") if part not in ("", ".")]
    if key.endswith("/") or not parts:
        parts.append("_")
    return [safe_name(part) for part in parts]


def _folders(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))


def _distinct(path: str, taken: set[str]) -> str:
    folder, slash, name = path.rpartition("/")
    stem, suffix = _split(name)
    count, candidate = 1, path
    while _folded(candidate) in taken:
        count += 1
        candidate = f"{folder}{slash}{stem} ({count}){suffix}"
    taken.add(_folded(candidate))
    return candidate


def _folded(path: str) -> str:
    """What Windows and macOS compare: without case, composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _split(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem else (name, "")


def _shorter(name: str) -> str:
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, suffix = _split(name)
    if len(suffix.encode()) > _MAX_SUFFIX_BYTES:
        stem, suffix = name, ""
    room = MAX_NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix
