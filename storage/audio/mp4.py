"""How long an MP4 file says that its tracks are. Pure over bytes.

FFmpeg counts the samples instead, which is right; players show what is said here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_FOLDERS = (b"moov", b"trak", b"mdia")  # boxes around the one that is looked for
_BOXES = 10_000  # looked at in one file: there is no end to what a broken one can hold


def announced_s(data: bytes) -> float:
    """Seconds of the longest track by its media header (ISO 14496-12, 8.4.2); 0 without one."""
    return max(_lengths(data), default=0.0)


def _lengths(data: bytes) -> Iterator[float]:
    spans = [(0, len(data))]
    for _ in range(_BOXES):
        if not spans:
            return
        at, end = spans.pop()
        if at + 8 > end:
            continue
        size, name = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1 and body + 8 <= end:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        stop = end if size == 0 else min(end, at + size)
        if stop < body:
            continue
        spans.append((stop, end))
        if name in _FOLDERS:
            spans.append((body, stop))
        elif name == b"mdhd":
            yield from _media_header(data[body:stop])


def _media_header(body: bytes) -> Iterator[float]:
    wide = body[:1] == b"\x01"
    form, at = (">IQ", 20) if wide else (">II", 12)
    if len(body) < at + struct.calcsize(form):
        return
    scale, length = struct.unpack_from(form, body, at)
    unknown = length == (2**64 - 1 if wide else 2**32 - 1)
    if scale and not unknown:
        yield length / scale
