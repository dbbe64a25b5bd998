"""MP3 encoding: the same PCM gives the same, whole MP3."""

from __future__ import annotations

import numpy as np
import pytest

from storage.audio.frames import frame_at
from storage.audio.mp3 import encode_mp3
from storage.audio.sniff import sniff
from storage.errors import InvalidInput


def _tone(frames: int, rate_hz: int, channels: int = 1) -> np.ndarray:
    wave = (np.sin(np.arange(frames) * (2 * np.pi * 440 / rate_hz)) * 8000).astype("i2")
    return np.repeat(wave[:, None], channels, axis=1)


@pytest.mark.parametrize(
    ("rate_hz", "channels", "kbps", "samples_a_frame"),
    [(24_000, 1, 48, 576), (44_100, 1, 64, 1152), (44_100, 2, 128, 1152), (8000, 1, 16, 576)],
)
def test_encodes_the_whole_sound(
    rate_hz: int, channels: int, kbps: int, samples_a_frame: int
) -> None:
    """The MP3 has frames of the rate asked for, to its last byte, and lasts as long as the PCM."""
    body = encode_mp3(
        _tone(2 * rate_hz, rate_hz, channels),
        sample_rate_hz=rate_hz,
        channels=channels,
        bitrate_kbps=kbps,
    )
    assert sniff(body[:4096], len(body)).label == "MP3"
    at = count = 0
    while at < len(body):
        frame = frame_at(body, at)
        assert frame is not None
        assert frame.sample_rate_hz == rate_hz
        at, count = at + frame.length, count + 1
    assert at == len(body)
    assert 2.0 <= count * samples_a_frame / rate_hz <= 2.25  # encoder delay and padding


def test_same_input_gives_same_bytes() -> None:
    """Arrays and raw bytes encode alike, time and again: sample content is reproducible."""
    pcm = _tone(24_000, 24_000)
    first = encode_mp3(pcm, sample_rate_hz=24_000, channels=1, bitrate_kbps=48)
    again = encode_mp3(pcm.tobytes(), sample_rate_hz=24_000, channels=1, bitrate_kbps=48)
    assert first == again


@pytest.mark.parametrize("pcm", [b"", b"\0", b"\0\0\0\0\0\0"])
def test_refuses_what_is_no_sound(pcm: bytes) -> None:
    """Nothing, half a sample or half a stereo frame is refused in plain words."""
    with pytest.raises(InvalidInput):
        encode_mp3(pcm, sample_rate_hz=24_000, channels=2, bitrate_kbps=48)
