"""PCM to MP3 with LAME (lameenc). Needs `requirements-dev.txt`: only tools encode so far."""

from __future__ import annotations

import lameenc
import numpy as np
from numpy.typing import NDArray

from storage.errors import InvalidInput


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
    encoder = lameenc.Encoder()
    encoder.silence()  # LAME prints its settings otherwise
    encoder.set_in_sample_rate(sample_rate_hz)
    encoder.set_out_sample_rate(sample_rate_hz)
    encoder.set_channels(channels)
    encoder.set_bit_rate(bitrate_kbps)
    encoder.set_quality(2)  # 0 best and slowest, 9 worst; LAME's own advice
    return bytes(encoder.encode(data)) + bytes(encoder.flush())
