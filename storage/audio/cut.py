"""Whether a file is shorter than it says itself: an upload or a copy that broke off. Pure."""

from __future__ import annotations

import struct

_UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)  # written by programs that did not know the length yet
_XING_BYTES = 0x2  # flag: the number of bytes of all frames follows the number of frames


def missing_bytes(head: bytes, size: int) -> int:
    """How many bytes a WAV or an MP3 of `size` bytes lacks by its own `head` (4 KB suffice).

    0 where nothing is missing or the file does not say.
    """
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        (length,) = struct.unpack_from("<I", head, 4)
        return 0 if length in _UNKNOWN_LENGTHS else max(0, length + 8 - size)
    return max(0, _xing_bytes(head) - size)


def _xing_bytes(head: bytes) -> int:
    """The length an MP3's Xing or Info frame states, without tags; 0 where it states none."""
    if not head.startswith((b"ID3", b"\xff")):
        return 0
    at = max(head.find(b"Xing"), head.find(b"Info"))
    if at < 0 or len(head) < at + 16:
        return 0
    (flags,) = struct.unpack_from(">I", head, at + 4)
    if flags & ~0xF or not flags & _XING_BYTES:  # other bits: these four letters are no such frame
        return 0
    (length,) = struct.unpack_from(">I", head, at + (12 if flags & 0x1 else 8))
    return int(length)
