"""Everything but plain WAV, through FFmpeg's libraries (PyAV). The only importer of `av`.

The demuxer is always named, by what the bytes are: left to guess, FFmpeg takes HTML for speech of
a telephone, and playlists for leave to open other files.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from storage.audio.limits import frames_allowed, refuse_format
from storage.audio.pcm import Pcm, Samples
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_EXPORT_AGAIN = "Export the recording again, as WAV or MP3."


@dataclass(frozen=True, slots=True)
class Said:
    """What a container says of its first audio stream; 0 where it does not."""

    codec: str
    sample_rate_hz: int
    channels: int
    bitrate_bps: int
    duration_s: float


@dataclass(slots=True)
class SparseFile(io.RawIOBase):
    """A file of which only the beginning and the end are at hand; zeros stand between them."""

    head: bytes
    tail: bytes
    size: int
    at: int = field(default=0, init=False)

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As files do."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(0, base + offset)
        return self.at

    def read(self, count: int = -1) -> bytes:
        """At most `count` bytes, all if negative."""
        end = self.size if count < 0 else min(self.size, self.at + count)
        start, self.at = self.at, max(self.at, end)
        tail_start = self.size - len(self.tail)
        if end <= len(self.head):
            return self.head[start:end]
        if start >= tail_start:
            return self.tail[start - tail_start : max(0, end - tail_start)]
        found = bytearray(max(0, end - start))
        known = self.head[start:end]
        found[: len(known)] = known
        if end > tail_start:
            found[tail_start - start :] = self.tail[: end - tail_start]
        return bytes(found)


@contextmanager
def _opened(file: Any, demuxer: str) -> Iterator[tuple[InputContainer, AudioStream]]:
    """The container and its first audio stream. Raises InvalidInput for what FFmpeg refuses."""
    import av  # noqa: PLC0415  a quarter of a second that pages need not pay

    try:
        with av.open(file, format=demuxer, metadata_errors="replace") as container:
            streams = container.streams.audio
            if not streams:
                raise InvalidInput("There is no sound in this file.", "Choose a recording.")
            if streams[0].codec_context is None:
                raise InvalidInput("The sound is in a form that cannot be read.", _EXPORT_AGAIN)
            yield container, streams[0]
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        if isinstance(error, InvalidInput):
            raise
        what = "The file is broken: it cannot be opened. Perhaps a part of it is missing."
        raise InvalidInput(what, _EXPORT_AGAIN) from error


def ask(file: Any, demuxer: str) -> Said:
    """What the container in `file` says of its sound. Raises InvalidInput where it is broken."""
    with _opened(file, demuxer) as (container, stream):
        context = stream.codec_context
        seconds = (container.duration or 0) / 1_000_000  # AV_TIME_BASE
        if stream.duration and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        rate_bps = stream.bit_rate or container.bit_rate or 0
        return Said(context.name, context.sample_rate, context.channels, rate_bps, max(0, seconds))


def decode_with(data: bytes, demuxer: str, max_seconds: float) -> Pcm:
    """All sound of `data`, up to `max_seconds`; places that cannot be decoded are left out and
    counted. Raises InvalidInput where there is none.
    """
    with _opened(io.BytesIO(data), demuxer) as (container, stream):
        heap = _Heap(max_seconds)
        for packet in container.demux(stream):
            if heap.add_packet(packet):
                break
        return heap.pcm()


class _Heap:
    """Decoded frames until there are enough of them."""

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds
        self._parts: list[Samples] = []
        self._room = 0
        self._form: tuple[int, int] | None = None  # sample rate, channels: of the first frame
        self._faults = 0
        self._cut = False

    def add_packet(self, packet: Any) -> bool:
        """Decodes one packet; True once there is no room for more."""
        from av.error import FFmpegError  # noqa: PLC0415

        try:
            frames = packet.decode()
        except (FFmpegError, EOFError):
            self._faults += 1
            return False
        return any(frame.samples and self._add_frame(frame) for frame in frames)

    def _add_frame(self, frame: Any) -> bool:
        form = (frame.sample_rate, len(frame.layout.channels))
        if self._form is None:
            refuse_format(*form)
            self._form = form
            self._room = frames_allowed(*form, self._max_seconds)
        if form != self._form:  # a stream that changes its format half-way: a damaged header
            self._faults += 1
            return False
        samples = _as_float(frame)
        self._cut = len(samples) > self._room
        self._parts.append(samples[: self._room])
        self._room -= len(self._parts[-1])
        return self._cut

    def pcm(self) -> Pcm:
        if self._form is None:
            what = "There is no sound in this file, or it is too damaged to be read."
            raise InvalidInput(what, _EXPORT_AGAIN)
        rate_hz, channels = self._form
        samples = np.empty((sum(map(len, self._parts)), channels), np.float32)
        at = 0
        for number, part in enumerate(self._parts):
            samples[at : at + len(part)] = part
            at += len(part)
            self._parts[number] = part[:0].copy()  # or both would be in memory at once
        np.nan_to_num(samples, copy=False, posinf=0.0, neginf=0.0)
        return Pcm(samples, rate_hz, self._faults, self._cut)


def _as_float(frame: Any) -> Samples:
    """One decoded frame as float32 [frames, channels], full scale ±1.0."""
    values: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, len(frame.layout.channels))
    else:
        values = values.T
    if values.dtype.kind == "f":
        return np.ascontiguousarray(values, dtype=np.float32)
    full = np.float32(2.0 ** (8 * values.dtype.itemsize - 1))
    scaled: Samples = values.astype(np.float32) / full
    return scaled - np.float32(1) if values.dtype == np.uint8 else scaled


def digest_packets(data: bytes, demuxer: str) -> str:
    """SHA-256 of the codec's set-up and of every packet of sound: the same whatever the tags."""
    digest = hashlib.sha256()
    with _opened(io.BytesIO(data), demuxer) as (container, stream):
        digest.update(stream.codec_context.name.encode() + b"\0")
        digest.update(stream.codec_context.extradata or b"")
        for packet in container.demux(stream):
            digest.update(bytes(packet))
    return digest.hexdigest()


def resampled(pcm: Pcm, sample_rate_hz: int) -> Pcm:
    """`pcm` at another sampling rate."""
    import av  # noqa: PLC0415

    layout = "mono" if pcm.channels == 1 else "stereo"
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=sample_rate_hz)
    source = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm.samples.T), "fltp", layout)
    source.sample_rate = pcm.sample_rate_hz
    frames = (*resampler.resample(source), *resampler.resample(None))  # None: what it holds back
    samples = np.concatenate([frame.to_ndarray().T for frame in frames]).astype(np.float32)
    wanted = round(len(pcm.samples) * sample_rate_hz / pcm.sample_rate_hz)
    return Pcm(samples[:wanted], sample_rate_hz)


def encode_with_lame(samples: Samples, sample_rate_hz: int, bitrate_kbps: int) -> bytes:
    """An MP3 of float32 [frames, channels] (mono or stereo): constant bitrate, with LAME's own
    first frame, so that players know its exact length.
    """
    import av  # noqa: PLC0415

    out = io.BytesIO()
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    options = {"id3v2_version": "0", "write_id3v1": "0"}
    with av.open(out, "w", format="mp3", options=options) as container:
        stream = container.add_stream("libmp3lame", rate=sample_rate_hz, layout=layout)
        stream.bit_rate = bitrate_kbps * 1000
        stream.options = {"compression_level": "5"}  # LAME's quality; 2 takes three times as long
        for at in range(0, len(samples), 65_536):
            part = np.ascontiguousarray(samples[at : at + 65_536].T)
            frame = av.AudioFrame.from_ndarray(part, "fltp", layout)
            frame.sample_rate, frame.pts = sample_rate_hz, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
