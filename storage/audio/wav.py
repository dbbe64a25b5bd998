"""WAV files: what their chunks say, and what is really there. Pure over bytes.

Headers lie: recorders that were stopped early leave 0 or 0xFFFFFFFF where the length belongs, and
a broken file can declare anything. So lengths are compared with the bytes that are there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from storage.errors import InvalidInput

PCM, FLOAT, A_LAW, MU_LAW = 1, 3, 6, 7
_ADPCM = {2: "adpcm_ms", 17: "adpcm_ima_wav"}
_EXTENSIBLE = 0xFFFE  # the real form stands at the start of a GUID
_UNKNOWN_LENGTHS = (0, 0xFFFFFFFF)
_DECODED_HERE = {(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64)}


@dataclass(frozen=True, slots=True)
class WavHeader:
    """The format of a WAV and where its sound lies: bytes `start` to `end` of the file.

    `declared` is the length the header gives the sound in bytes, None where it does not know it.
    """

    form: int  # WAVE_FORMAT_…: 1 PCM, 3 float, 6 A-law, 7 µ-law …
    channels: int
    sample_rate_hz: int
    bits: int
    frame_bytes: int  # of compressed forms: a block of many samples
    bytes_a_second: int
    start: int
    end: int
    declared: int | None

    @property
    def codec(self) -> str:
        """As FFmpeg calls it."""
        if self.form == PCM:
            return "pcm_u8" if self.bits == 8 else f"pcm_s{self.bits}le"
        named = {FLOAT: f"pcm_f{self.bits}le", A_LAW: "pcm_alaw", MU_LAW: "pcm_mulaw"}
        return named.get(self.form) or _ADPCM.get(self.form, f"wav_{self.form:#06x}")

    @property
    def is_plain(self) -> bool:
        """Whether the samples lie there as numbers."""
        return (
            (self.form, self.bits) in _DECODED_HERE
            and self.frame_bytes == self.channels * self.bits // 8
            and self.channels > 0
        )

    @property
    def duration_s(self) -> float:
        """Seconds of a plain one, by the bytes that are there."""
        frames = (self.end - self.start) // self.frame_bytes
        return frames / self.sample_rate_hz

    @property
    def share(self) -> float:
        """How much of the sound that the header announces is there, up to 1.0."""
        return (self.end - self.start) / self.declared if self.declared else 1.0


def read_header(head: bytes, size: int) -> WavHeader:
    """The header of a WAV of `size` bytes that begins with `head`. Raises InvalidInput where it
    says nothing about its format, or no sound follows.
    """
    form = b""
    declared: int | None = None
    for name, start, length in _chunks(head):
        if name == b"ds64" and length >= 16:
            (declared,) = struct.unpack_from("<Q", head, start + 8)  # RF64: the real length
        elif name == b"fmt ":
            form = head[start : start + length]
        elif name == b"data" and len(form) >= 16:
            if length not in _UNKNOWN_LENGTHS or (length == 0 and _is_complete(head, size)):
                declared = length
            end = size if declared is None else min(size, start + declared)
            return _header(form, start, max(start, end), declared)
    raise InvalidInput(
        "The WAV file is broken: its beginning does not say what sound it holds.",
        "Export the recording again, as WAV or MP3.",
    )


def left_over(data: bytes, header: WavHeader) -> int:
    """How many bytes behind the sound belong to no chunk: sound, perhaps, of which the header does
    not tell."""
    at = header.end + header.end % 2
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if not (name.isascii() and name.decode().isprintable()) or at + 8 + length > len(data):
            return len(data) - at
        at += 8 + length + length % 2
    return 0


def _is_complete(head: bytes, size: int) -> bool:
    """Whether the file's own length was filled in: then a length of 0 inside is meant."""
    (length,) = struct.unpack_from("<I", head, 4)
    return int(length) + 8 == size


def _chunks(head: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and declared length of each chunk that begins in `head`."""
    at = 12  # behind RIFF, length, WAVE
    while at + 8 <= len(head):
        name, length = struct.unpack_from("<4sI", head, at)
        yield name, at + 8, length
        at += 8 + length + length % 2  # chunks begin at even places


def _header(form: bytes, start: int, end: int, declared: int | None) -> WavHeader:
    kind, channels, rate_hz, speed, frame_bytes, bits = struct.unpack_from("<HHIIHH", form)
    if kind == _EXTENSIBLE and len(form) >= 26:
        (kind,) = struct.unpack_from("<H", form, 24)
    return WavHeader(kind, channels, rate_hz, bits, frame_bytes, speed, start, end, declared)


def contradicts_itself(header: WavHeader) -> bool:
    """Whether the fields of a PCM header exclude each other: some players refuse it then."""
    if header.form not in (PCM, FLOAT):
        return False
    return header.frame_bytes != header.channels * header.bits // 8
