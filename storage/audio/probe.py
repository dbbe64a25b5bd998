"""The format of a recording, from its first and last bytes alone. Pure.

Lengths are what headers and frames say, held to what a file of that size can have; only decoding
shows how much is really there (`storage.audio.analyse`).
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from storage.audio.libav import SparseFile, ask
from storage.audio.limits import refuse_format, refuse_size
from storage.audio.mpeg import Stream, find_stream, samples_of, skip_id3, walk
from storage.audio.sniff import HEAD_BYTES, sniff
from storage.audio.wav import read_header
from storage.errors import InvalidInput
from storage.model.audio import AudioFacts, BitrateMode

PROBE_BYTES = 65_536  # from the start and from the end: for most clips that is the whole file
_JUNK_BYTES = 16_384  # more than encoders leave between a tag and the first frame
_SLOWEST_BPS = 100  # no codec we know packs sound tighter; silence in FLAC takes ten times that


@dataclass(frozen=True, slots=True)
class Kind:
    """What people call a format, and the demuxer that reads it."""

    name: str
    demuxer: str


_KINDS = {
    "WAV": Kind("WAV", "wav"),
    "MP3": Kind("MP3", "mp3"),
    "MPEG audio": Kind("MP2", "mp3"),
    "AAC": Kind("AAC", "aac"),
    "FLAC": Kind("FLAC", "flac"),
    "AIFF": Kind("AIFF", "aiff"),
    "Ogg Opus": Kind("Ogg", "ogg"),
    "Ogg Vorbis": Kind("Ogg", "ogg"),
    "Ogg FLAC": Kind("Ogg", "ogg"),
    "Ogg": Kind("Ogg", "ogg"),
    "M4A": Kind("M4A", "mov"),
    "MP4": Kind("M4A", "mov"),
    "an MP4 video": Kind("MP4", "mov"),
    "a QuickTime film": Kind("MP4", "mov"),
    "WebM or Matroska": Kind("WebM", "matroska"),
}


def kind_of(head: bytes, size: int) -> Kind:
    """By the bytes. Raises InvalidInput for what is no sound, saying what it is instead."""
    refuse_size(size)
    found = sniff(head[:HEAD_BYTES], size)
    if found.label in _KINDS:
        return _KINDS[found.label]
    remedy = "Choose a WAV, MP3, M4A, FLAC or Ogg file."
    if found.content_type.startswith("audio/"):
        raise InvalidInput(f"{found.label} files cannot be read here.", remedy)
    told = f"it is {found.label}" if found.content_type else f"the file is {found.label}"
    raise InvalidInput(f"This is no recording: {told}.", remedy)


def head_needed(head: bytes) -> int:
    """How many bytes from the start `probe` needs of a file that begins with `head`: more than
    PROBE_BYTES where a tag with a picture stands in front of the sound.
    """
    return skip_id3(head) + PROBE_BYTES


def probe(head: bytes, tail: bytes, size: int) -> AudioFacts:
    """The facts of a file of `size` bytes that begins with `head` and ends with `tail`
    (PROBE_BYTES each, less where the file has less; see `head_needed`).

    Raises InvalidInput when it is no audio, or so broken that nothing can be said of it.
    """
    kind = kind_of(head, size)
    if kind.demuxer == "wav":
        return _probe_wav(head, tail, size)
    if kind.demuxer in ("mp3", "aac"):
        return _probe_frames(head, size, kind)
    return _probe_container(head, tail, size, kind)


def check_start(head: bytes, size: int) -> None:
    """Raises InvalidInput where a recording's first bytes (PROBE_BYTES) show that no sound follows:
    a tag or a header alone, whatever stands behind it.

    Says nothing of what is none, and of sound whose beginning or index lies further on.
    """
    kind = _KINDS.get(sniff(head[:HEAD_BYTES], size).label)
    whole = len(head) >= size
    if kind is None:
        return
    if kind.demuxer == "wav":
        if whole or b"fmt " not in head:
            read_header(head, size)
    elif kind.demuxer in ("mp3", "aac"):
        if whole or len(head) - skip_id3(head) >= _JUNK_BYTES:
            stream_of(head)
    elif whole:
        ask(io.BytesIO(head), kind.demuxer)


def _probe_container(head: bytes, tail: bytes, size: int, kind: Kind) -> AudioFacts:
    whole = len(head) >= size
    said = ask(io.BytesIO(head) if whole else SparseFile(head, tail, size), kind.demuxer)
    refuse_format(said.sample_rate_hz, said.channels)
    seconds = min(said.duration_s, size * 8 / _SLOWEST_BPS)
    average_bps = round(size * 8 / seconds) if seconds else 0
    return AudioFacts(
        container=kind.name,
        codec=said.codec,
        sample_rate_hz=said.sample_rate_hz,
        channels=said.channels,
        bitrate_bps=said.bitrate_bps or average_bps,
        bitrate_mode="",
        duration_s=seconds,
        size_bytes=size,
    )


def _probe_wav(head: bytes, tail: bytes, size: int) -> AudioFacts:
    header = read_header(head, size)
    refuse_format(header.sample_rate_hz, header.channels)
    if not header.is_plain:
        return _probe_container(head, tail, size, Kind("WAV", "wav"))
    return AudioFacts(
        container="WAV",
        codec=header.codec,
        sample_rate_hz=header.sample_rate_hz,
        channels=header.channels,
        bitrate_bps=header.bytes_a_second * 8,
        bitrate_mode="CBR",
        duration_s=header.duration_s,
        size_bytes=size,
    )


def _probe_frames(head: bytes, size: int, kind: Kind) -> AudioFacts:
    stream = stream_of(head)
    first = stream.first
    seconds, average_bps, mode = _extent(head, size, stream)
    return AudioFacts(
        container=kind.name,
        codec=first.codec,
        sample_rate_hz=first.sample_rate_hz,
        channels=first.channels or 2,  # AAC that describes more than stereo is not met in ADTS
        bitrate_bps=first.bitrate_bps if mode == "CBR" else average_bps,
        bitrate_mode=mode,
        duration_s=seconds,
        size_bytes=size,
    )


def stream_of(head: bytes) -> Stream:
    """The MPEG or ADTS stream in a file that begins with `head`. Raises InvalidInput without."""
    stream = find_stream(head)
    if stream is None:
        raise InvalidInput(
            "The file is broken: no sound follows its beginning.",
            "Export the recording again, as WAV or MP3.",
        )
    return stream


def _extent(head: bytes, size: int, stream: Stream) -> tuple[float, int, BitrateMode]:
    """Seconds, average bits a second, and the bitrate's mode."""
    first, table = stream.first, stream.xing
    seen = walk(head, stream)
    rate_hz = first.sample_rate_hz
    uniform: BitrateMode = "CBR" if len(seen.bitrates) == 1 else "VBR"
    if len(head) >= size:
        frames, sound_bytes = seen.frames, seen.sound_bytes
        mode = uniform
    else:
        mean_bytes = seen.sound_bytes / seen.frames if seen.frames else first.length
        sound_bytes = size - stream.start
        frames = round(sound_bytes / mean_bytes)
        mode = "VBR" if uniform == "VBR" else ""
        shortest = max(1, first.samples * _SLOWEST_BPS // (8 * rate_hz))
        if table and table.frames and table.frames * shortest <= sound_bytes:
            frames = table.frames
            mode = "VBR" if table.is_vbr else "CBR"
    spoken_s = frames * first.samples / rate_hz
    average_bps = round(sound_bytes * 8 / spoken_s) if spoken_s else 0
    return samples_of(frames, stream) / rate_hz, average_bps, mode
