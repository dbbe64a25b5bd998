"""MP3, MP2 and ADTS streams: where their frames lie and what their first frame says of the rest.

Tags around the sound are no part of it. Pure over bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from storage.audio.frames import HEADER_BYTES, Frame, frame_at, frames_agree

_SEARCHED = 64 * 1024  # junk in front of the first frame, at most
_RESYNC = 1024 * 1024  # junk between frames, at most: a file full of it must not take minutes


@dataclass(frozen=True, slots=True)
class Xing:
    """What a Xing, Info or VBRI frame says; None where it does not. Delay and padding (of the
    encoder, in samples) come from LAME's extension and are 0 without it.
    """

    frames: int | None
    is_vbr: bool
    delay: int = 0
    padding: int = 0


@dataclass(frozen=True, slots=True)
class Stream:
    """The frames of a stream: first, where the sound begins, and the table frame, if there is one.

    `start` is behind the table frame: that one holds no sound.
    """

    first: Frame
    start: int
    xing: Xing | None


@dataclass(frozen=True, slots=True)
class Walk:
    """All frames from a stream's start: how many, how long, whether they differ in bitrate.

    `skipped`: bytes between frames that belong to none. `cut`: the last frame is not whole.
    """

    frames: int
    end: int
    sound_bytes: int
    skipped: int
    bitrates: frozenset[int]
    cut: bool


def find_stream(head: bytes) -> Stream | None:
    """The stream in a file that begins with `head`; None where two frames in a row are not found
    (or one that is all there is).
    """
    at = skip_id3(head)
    for start in _syncs(head, at):
        first = frame_at(head, start)
        if first is None:
            continue
        after = start + first.length
        second = frame_at(head, after)
        if (second and frames_agree(first, second)) or (second is None and after >= len(head)):
            xing = _table(head, start, first) if first.codec == "mp3" else None
            # LAME's table may have a bitrate of its own
            return Stream(second or first, after, xing) if xing else Stream(first, start, None)
    return None


def skip_id3(head: bytes) -> int:
    """Where the ID3v2 tags at the start end; may lie beyond `head`."""
    at = 0
    while head[at : at + 3] == b"ID3" and len(head) >= at + 10:
        a, b, c, d = (byte & 0x7F for byte in head[at + 6 : at + 10])  # seven bits a byte
        at += 10 + (a << 21 | b << 14 | c << 7 | d) + (10 if head[at + 5] & 0x10 else 0)
    return at


def _syncs(data: bytes, at: int) -> Iterator[int]:
    limit = at + _SEARCHED
    while (at := data.find(b"\xff", at, limit)) >= 0:
        yield at
        at += 1


def walk(data: bytes, stream: Stream) -> Walk:
    """Every frame of `stream` in the whole file `data`, past damaged places too."""
    at, frames, sound, skipped = stream.start, 0, 0, 0
    bitrates: set[int] = set()
    end, cut = at, False
    while at < len(data):
        frame = frame_at(data, at)
        if frame is None or not frames_agree(stream.first, frame):
            if _is_tag(data, at):
                break
            found = _next_frame(data, at + 1, stream.first)
            if found is None:
                cut = cut or (data[at] == 0xFF and len(data) - at < HEADER_BYTES)
                break
            skipped += found - at
            at = found
            continue
        cut = at + frame.length > len(data)
        at += frame.length
        frames, sound, end = frames + 1, sound + frame.length, min(at, len(data))
        bitrates.add(frame.bitrate_bps)
    return Walk(frames, end, sound, skipped, frozenset(bitrates), cut)


def _is_tag(data: bytes, at: int) -> bool:
    return data.startswith((b"TAG", b"APETAGEX", b"LYRICSBEGIN"), at)


def _next_frame(data: bytes, at: int, like: Frame) -> int | None:
    """The next place with two frames in a row: a single header turns up by chance."""
    limit = at + _RESYNC
    while (at := data.find(b"\xff", at, limit)) >= 0:
        frame = frame_at(data, at)
        if frame and frames_agree(like, frame):
            second = frame_at(data, at + frame.length)
            if second and frames_agree(frame, second):
                return at
        at += 1
    return None


def _table(head: bytes, start: int, first: Frame) -> Xing | None:
    """The Xing, Info or VBRI frame at `start`; None where that frame is sound."""
    if head.startswith(b"VBRI", start + 36) and len(head) >= start + 54:
        (frames,) = struct.unpack_from(">I", head, start + 50)
        return Xing(frames, is_vbr=True)
    halved = first.samples == 576
    side = (9 if first.channels == 1 else 17) if halved else (17 if first.channels == 1 else 32)
    at = start + 4 + side
    name = head[at : at + 4]
    if name not in (b"Xing", b"Info") or len(head) < at + 8:
        return None
    (flags,) = struct.unpack_from(">I", head, at + 4)
    at += 8
    count = None
    if flags & 1 and len(head) >= at + 4:
        (count,) = struct.unpack_from(">I", head, at)
    at += 4 * bool(flags & 1) + 4 * bool(flags & 2) + 100 * bool(flags & 4) + 4 * bool(flags & 8)
    delay = padding = 0
    if head[at : at + 4] in (b"LAME", b"Lavf", b"Lavc") and len(head) >= at + 24:
        delay, padding = _gaps(head[at + 21 : at + 24])
    return Xing(count, name == b"Xing", delay, padding)


def _gaps(three: bytes) -> tuple[int, int]:
    """Twelve bits each: samples the encoder put in front and behind."""
    return three[0] << 4 | three[1] >> 4, (three[1] & 0xF) << 8 | three[2]


def samples_of(frames: int, stream: Stream) -> int:
    """Samples that `frames` frames decode to, without what the encoder says it added."""
    xing = stream.xing
    return max(0, frames * stream.first.samples - (xing.delay + xing.padding if xing else 0))
