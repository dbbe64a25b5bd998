"""The samples of a plain WAV, and a WAV of samples."""

from __future__ import annotations

import io
import wave

import numpy as np

from storage.audio.pcm import Samples
from storage.audio.wav import FLOAT, WavHeader


def read_samples(data: bytes, header: WavHeader, max_frames: int) -> Samples:
    """At most `max_frames` frames of a plain WAV as float32 [frames, channels]."""
    frames = min((header.end - header.start) // header.frame_bytes, max_frames)
    body = memoryview(data)[header.start : header.start + frames * header.frame_bytes]
    shape = (frames, header.channels)
    if header.form == FLOAT:
        with np.errstate(over="ignore"):  # becomes infinite, and is taken out
            values: Samples = np.frombuffer(body, f"<f{header.bits // 8}").astype(np.float32)
        np.nan_to_num(values, copy=False, posinf=0.0, neginf=0.0)  # NaN would spoil every sum
        return values.reshape(shape)
    if header.bits == 8:
        bytewise: Samples = np.frombuffer(body, np.uint8).astype(np.float32)
        bytewise /= 128
        bytewise -= 1
        return bytewise.reshape(shape)
    if header.bits == 24:
        wide = np.zeros((frames * header.channels, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        whole = wide.view("<i4")[:, 0]
    else:
        whole = np.frombuffer(body, f"<i{header.bits // 8}")
    scaled: Samples = whole.astype(np.float32)
    scaled /= 2.0 ** (8 * whole.itemsize - 1)  # in place: the same again would be much memory
    return scaled.reshape(shape)


def write_wav(samples: Samples, sample_rate_hz: int) -> bytes:
    """A 16-bit WAV of float32 [frames, channels]; what is beyond full scale is cut off."""
    whole = np.rint(np.clip(samples, -1.0, 32_767 / 32_768) * 32_768).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(whole.tobytes())
    return out.getvalue()
