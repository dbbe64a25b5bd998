"""Sounds for tests, made of sines and noise, and the files they come in: whole ones and odd ones."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import av
import numpy as np

from storage.audio.libav import resampled
from storage.audio.pcm import Pcm, Samples

RATE_HZ = 44_100
OPUS_HZ = 48_000


def tone(
    seconds: float = 2.0, rate_hz: int = RATE_HZ, *, level: float = 0.25, hz: int = 440
) -> Pcm:
    """A sine in mono; `level` 1.0 is full scale."""
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    return Pcm((level * np.sin(2 * np.pi * hz * at)).astype(np.float32)[:, None], rate_hz)


def speech(
    seconds: float = 3.0, rate_hz: int = RATE_HZ, *, level: float = 0.25, seed: int = 1
) -> Pcm:
    """Something like speech in mono: harmonics in syllables, with breath between; peak `level`."""
    random = np.random.default_rng(seed)
    at = np.arange(round(seconds * rate_hz)) / rate_hz
    voices = [
        np.sin(2 * np.pi * hz * at + random.random() * 6) / number
        for number, hz in enumerate((130, 260, 520, 910, 1_700, 2_600, 3_500), 1)
        if hz < rate_hz / 2
    ]
    syllables = np.clip(np.sin(2 * np.pi * 2.7 * at + 0.5) ** 2, 0.02, 1)
    sound = np.sum(voices, axis=0) * syllables + 0.01 * random.standard_normal(len(at))
    return Pcm((sound * (level / np.abs(sound).max())).astype(np.float32)[:, None], rate_hz)


def silence(seconds: float, rate_hz: int = RATE_HZ, channels: int = 1) -> Pcm:
    """Digital silence."""
    return Pcm(np.zeros((round(seconds * rate_hz), channels), np.float32), rate_hz)


def joined(*parts: Pcm) -> Pcm:
    """One after the other."""
    return Pcm(np.concatenate([part.samples for part in parts]), parts[0].sample_rate_hz)


def spread(pcm: Pcm, *levels: float) -> Pcm:
    """A mono sound in as many channels as there are `levels`."""
    return Pcm(pcm.samples * np.array(levels, np.float32), pcm.sample_rate_hz)


def wav(
    pcm: Pcm,
    kind: str = "s16",
    *,
    riff: bytes = b"RIFF",
    declared: int | None = None,
    riff_length: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
    extensible: bool = False,
) -> bytes:
    """A WAV by hand. `kind`: u8, s16, s24, s32, f32, f64. `declared` and `riff_length` replace the
    true lengths; `before` and `after` are chunks around the data chunk.
    """
    body = _packed(pcm.samples, kind)
    bits, form = int(kind[1:]), 3 if kind[0] == "f" else 1
    frame = pcm.channels * bits // 8
    speed = pcm.sample_rate_hz * frame
    fmt = struct.pack(
        "<HHIIHH",
        0xFFFE if extensible else form,
        pcm.channels,
        pcm.sample_rate_hz,
        speed,
        frame,
        bits,
    )
    if extensible:
        guid_rest = bytes.fromhex("000000001000800000aa00389b71")
        fmt += struct.pack("<HHIH", 22, bits, 0, form) + guid_rest
    length = len(body) if declared is None else declared
    data = b"data" + struct.pack("<I", length) + body + bytes(len(body) % 2)
    rest = b"WAVE" + before + b"fmt " + struct.pack("<I", len(fmt)) + fmt + data + after
    total = len(rest) if riff_length is None else riff_length
    return riff + struct.pack("<I", total) + rest


def _packed(samples: Samples, kind: str) -> bytes:
    bits = int(kind[1:])
    if kind[0] == "f":
        return samples.astype(f"<f{bits // 8}").tobytes()
    full = 2.0 ** (bits - 1)
    whole = np.clip(np.rint(samples.astype(np.float64) * full), -full, full - 1)
    if kind == "u8":
        return (whole + 128).astype(np.uint8).tobytes()
    if kind == "s24":
        return whole.astype("<i4")[..., None].view(np.uint8)[..., :3].tobytes()
    return whole.astype(f"<i{bits // 8}").tobytes()


_FORMS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "mp3": ("mp3", "libmp3lame", "fltp", {}),
    "mp3 without table": ("mp3", "libmp3lame", "fltp", {"write_xing": "0"}),
    "m4a": ("ipod", "aac", "fltp", {}),
    "aac": ("adts", "aac", "fltp", {}),
    "flac": ("flac", "flac", "s16", {}),
    "opus": ("ogg", "libopus", "s16", {}),
    "webm": ("webm", "libopus", "s16", {}),
    "aiff": ("aiff", "pcm_s16be", "s16", {}),
    "µ-law": ("wav", "pcm_mulaw", "s16", {}),
    "a-law": ("wav", "pcm_alaw", "s16", {}),
    "adpcm": ("wav", "adpcm_ms", "s16", {}),
}
FORMS = tuple(_FORMS)


def packed(
    pcm: Pcm,
    form: str,
    *,
    kbps: int = 64,
    vbr: bool = False,
    index_first: bool = False,
    **tags: str,
) -> bytes:
    """`pcm` (mono or stereo) as a file of `form` (one of FORMS), with `tags`."""
    container, codec, kind, options = _FORMS[form]
    if index_first:  # of m4a
        options = {"moov_size": "20000"}
    if codec == "libopus" and pcm.sample_rate_hz != OPUS_HZ:
        pcm = resampled(pcm, OPUS_HZ)
    layout = "mono" if pcm.channels == 1 else "stereo"
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=options) as file:
        file.metadata.update(tags)
        stream: Any = file.add_stream(codec, rate=pcm.sample_rate_hz, layout=layout)
        stream.bit_rate = kbps * 1000
        if vbr:
            stream.codec_context.qscale = True
            stream.codec_context.global_quality = 5 * 118  # FF_QP2LAMBDA
        for frame in _frames(pcm, kind, layout, stream):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def film() -> bytes:
    """An MP4 with a picture and no sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream: Any = file.add_stream("mpeg4", rate=1)
        stream.width = stream.height = 16
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), "rgb24")
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def _frames(pcm: Pcm, kind: str, layout: str, stream: Any) -> list[av.AudioFrame]:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm.samples.T), "fltp", layout)
    frame.sample_rate = pcm.sample_rate_hz
    resampler = av.AudioResampler(kind, layout, pcm.sample_rate_hz, frame_size=1024)
    return [*resampler.resample(frame), *resampler.resample(None)]


def _with_bangs() -> Pcm:
    pcm = speech(6.0, level=0.02)
    for at in range(1, 6):
        pcm.samples[at * RATE_HZ : at * RATE_HZ + 2, 0] = (0.9, -0.9)
    return pcm


def _overdriven() -> Pcm:
    return Pcm(np.clip(speech(4.0, level=3.0).samples, -1, 1), RATE_HZ)


TO_PUBLISH: dict[str, Callable[[], Pcm]] = {
    "quiet": lambda: speech(4.0, level=0.03),
    "loud": _overdriven,
    "high crest": _with_bangs,
    "very short": lambda: speech(0.3),
    "stereo": lambda: spread(speech(4.0, OPUS_HZ), 1.0, 0.3),
    "8 kHz": lambda: speech(4.0, 8_000),
    "22.05 kHz": lambda: speech(4.0, 22_050),
    "44.1 kHz": lambda: speech(4.0, 44_100),
    "48 kHz": lambda: speech(4.0, 48_000),
    "96 kHz": lambda: speech(2.0, 96_000),
    "surround": lambda: spread(speech(2.0), 1.0, 0.9, 0.8, 0.5, 0.3, 0.2),
}
"""Recordings of every sort that a welcome may be made of; none is at its level."""
