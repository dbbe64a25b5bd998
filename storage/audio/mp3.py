"""PCM to MP3 with LAME."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from storage.audio.libav import encode_with_lame
from storage.audio.pcm import Pcm, Samples
from storage.errors import InvalidInput

RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""The sampling rates that MP3 has."""


def encode_mp3(
    pcm: NDArray[np.int16] | bytes, *, sample_rate_hz: int, channels: int, bitrate_kbps: int
) -> bytes:
    """Constant-bitrate MP3 of `pcm`: int16 [frames, channels] or its little-endian bytes.

    The same input gives the same bytes. Raises InvalidInput when empty or not whole frames.
    """
    data = pcm if isinstance(pcm, bytes) else np.ascontiguousarray(pcm, dtype="<i2").tobytes()
    if not data or len(data) % (2 * channels):
        raise InvalidInput(
            f"{len(data)} bytes are no whole frames of {channels} channel(s) of 16 bits.",
            "Give at least one frame, interleaved.",
        )
    samples: Samples = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32_768)
    return encode_with_lame(samples.reshape(-1, channels), sample_rate_hz, bitrate_kbps)


def encode_pcm(pcm: Pcm) -> bytes:
    """Constant-bitrate MP3 of `pcm`, mono or stereo at one of RATES_HZ, at a bitrate where speech
    is not told from the original.
    """
    return encode_with_lame(pcm.samples, pcm.sample_rate_hz, bitrate_for(pcm))


def bitrate_for(pcm: Pcm) -> int:
    """Kilobits a second: what MPEG allows at this rate, more for stereo and for more treble."""
    if pcm.sample_rate_hz <= 12_000:
        mono = 32
    elif pcm.sample_rate_hz <= 24_000:
        mono = 64
    else:
        mono = 96
    return mono if pcm.channels == 1 else {32: 56, 64: 112, 96: 192}[mono]
