"""Measured beside the FFmpeg command line, whose ebur128 shares nothing with ours."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.audio.analyse import measure
from storage.audio.pcm import Pcm
from storage.audio.transcode import to_mp3, to_wav
from tests import sounds

Heard = tuple[float, float, float]  # LUFS, dBTP, seconds


@pytest.fixture
def ffmpeg(needs: Callable[[bool, str], None], tmp_path: Path) -> Callable[..., Heard]:
    """`ffmpeg(data, times=1)`: loudness, true peak and seconds of `data`, repeated so often."""
    needs(shutil.which("ffmpeg") is not None, "the ffmpeg command")

    def hear(data: bytes, times: int = 1) -> Heard:
        file = tmp_path / "heard"
        file.write_bytes(data)
        command = ["ffmpeg", "-hide_banner", "-nostats", "-stream_loop", str(times - 1)]
        command += ["-i", str(file), "-af", "ashowinfo,ebur128=peak=true", "-f", "null", "-"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        frames = re.findall(r"rate:(\d+) nb_samples:(\d+)", done.stderr)
        (lufs,) = re.findall(r"\n +I: +(-?[\d.]+|-inf) LUFS", done.stderr)
        (peak,) = re.findall(r"Peak: +(-?[\d.]+|-inf) dBFS", done.stderr)
        seconds = sum(int(count) / int(rate) for rate, count in frames)
        return float(lufs), float(peak), seconds

    return hear


@pytest.mark.parametrize("kind", sounds.TO_PUBLISH)
def test_published_mp3s_are_at_their_level(kind: str, ffmpeg: Callable[..., Heard]) -> None:
    """-16 ±0.5 LUFS and at most -1.5 dBTP by FFmpeg, as long as the recording."""
    pcm = sounds.TO_PUBLISH[kind]()
    times = 10 if pcm.duration_s < 1 else 1  # the standard needs 0.4 s, FFmpeg's meter 3
    lufs, peak, seconds = ffmpeg(to_mp3(pcm).data, times)
    assert lufs == pytest.approx(-16.0, abs=0.5)
    assert peak <= -1.5
    assert seconds == pytest.approx(times * pcm.duration_s, abs=0.005 * times)


def _agree(data: bytes, heard: Heard, *, seconds_within: float = 0.005) -> None:
    lufs, peak, seconds = heard
    ours = measure(data)
    assert ours.loudness.integrated_lufs == pytest.approx(lufs, abs=0.1 + 0.05)  # it prints tenths
    assert ours.loudness.true_peak_dbtp == pytest.approx(peak, abs=0.15 + 0.05)
    assert ours.duration_s == pytest.approx(seconds, abs=seconds_within)


@pytest.mark.parametrize("form", sounds.FORMS)
def test_every_form_measures_alike(form: str, ffmpeg: Callable[..., Heard]) -> None:
    """Loudness within 0.1 LU, true peak within 0.15 dB, length within 5 ms."""
    data = sounds.packed(sounds.speech(4.0), form, kbps=96)
    _agree(data, ffmpeg(data))


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 32_000, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_rate_measures_alike(
    rate_hz: int, channels: int, ffmpeg: Callable[..., Heard]
) -> None:
    """Loudness within 0.1 LU, true peak within 0.15 dB, at every sampling rate."""
    for level in (0.05, 0.9):
        pcm = sounds.spread(sounds.speech(4.0, rate_hz, level=level), *[1.0, 0.5][:channels])
        data = sounds.wav(pcm)
        _agree(data, ffmpeg(data))


@pytest.mark.parametrize("kind", ["u8", "s24", "s32", "f32", "f64"])
def test_every_depth_measures_alike(kind: str, ffmpeg: Callable[..., Heard]) -> None:
    """WAVs are read by our own few lines: FFmpeg reads the same from them."""
    data = sounds.wav(sounds.spread(sounds.speech(), 1.0, 0.7), kind, extensible=True)
    _agree(data, ffmpeg(data))


def test_what_ffmpeg_packs_is_read(ffmpeg: Callable[..., Heard], tmp_path: Path) -> None:
    """Ogg Vorbis, FLAC in Ogg, ALAC and IMA ADPCM: whole, and missed when their end is."""
    source = tmp_path / "source.wav"
    source.write_bytes(sounds.wav(sounds.speech()))
    for codec, ending in (
        ("libvorbis", "ogg"),
        ("flac", "oga"),
        ("alac", "m4a"),
        ("adpcm_ima_wav", "wav"),
    ):
        file = tmp_path / f"made.{ending}"
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), "-c:a", codec, str(file)]
        subprocess.run(command, check=True, timeout=60)
        data = file.read_bytes()
        _agree(data, ffmpeg(data))
        found = {finding.code for finding in measure(data, file.name).findings}
        assert not found & {"truncated", "damaged", "wrong-name", "unfinished"}
        if ending != "m4a":
            cut = measure(data[: len(data) * 2 // 3])
            assert {finding.code for finding in cut.findings} & {"truncated", "damaged"}


def test_our_wavs_are_read_by_ffmpeg(ffmpeg: Callable[..., Heard]) -> None:
    """As loud and as long as we say."""
    pcm: Pcm = sounds.spread(sounds.speech(), 1.0, 0.5)
    made = to_wav(sounds.packed(pcm, "m4a"))
    _agree(made, ffmpeg(made))
