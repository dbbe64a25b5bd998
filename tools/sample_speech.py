"""Speech for the sample content: espeak-ng speaks, ffmpeg levels and packs, LAME encodes.

Both programs are needed to make the samples, never to use them. Planted defects are made here too.
"""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage.audio.mp3 import encode_mp3

Pcm = NDArray[np.int16]  # mono

SPOKEN_HZ = 22_050  # what espeak-ng writes
CLIP_HZ = 24_000
TARGET_LUFS = -16.0


def speak(text: str, voice: str, *, words_a_minute: int = 150, rate_hz: int = CLIP_HZ) -> Pcm:
    """`text` spoken at about -16 LUFS, true peak under -1.5 dBTP, as mono int16 at `rate_hz`."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-z", "--stdout", text]
    out = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    spoken = np.frombuffer(out[44:], dtype="<i2")  # the header's lengths are not filled in
    pad = np.zeros(SPOKEN_HZ // 15, dtype=np.int16)
    spoken = np.concatenate([pad, spoken, pad])
    gain_db = TARGET_LUFS - loudness_lufs(spoken, SPOKEN_HZ)
    for _ in range(4):  # the limiter takes some loudness away: give it back
        levelled = _filtered(spoken, SPOKEN_HZ, rate_hz, gain_db)
        gain_db += TARGET_LUFS - loudness_lufs(levelled, rate_hz)
    return levelled


def loudness_lufs(pcm: Pcm, rate_hz: int) -> float:
    """Integrated loudness by ffmpeg; a clip under 2 s is looped, as the standard needs 0.4 s."""
    looped = np.tile(pcm, max(1, -(-2 * rate_hz // len(pcm))))
    command = [*_reading(rate_hz), "-af", "ebur128", "-f", "null", "-"]
    done = subprocess.run(command, input=looped.tobytes(), check=True, capture_output=True)
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", done.stderr.decode())[-1])


def _reading(rate_hz: int) -> list[str]:
    return ["ffmpeg", "-hide_banner", "-nostats", "-f", "s16le", "-ar", str(rate_hz), "-i", "-"]


def _filtered(pcm: Pcm, from_hz: int, to_hz: int, gain_db: float) -> Pcm:
    filters = f"aresample={to_hz},volume={gain_db:.2f}dB,alimiter=limit=0.74:level=false:attack=3"
    command = [*_reading(from_hz), "-af", filters, "-ar", str(to_hz), "-f", "s16le", "-"]
    done = subprocess.run(command, input=pcm.tobytes(), check=True, capture_output=True)
    return np.frombuffer(done.stdout, dtype="<i2")


def mp3(pcm: Pcm, *, rate_hz: int = CLIP_HZ, bitrate_kbps: int = 48) -> bytes:
    """Mono MP3 of `pcm`."""
    return encode_mp3(pcm, sample_rate_hz=rate_hz, channels=1, bitrate_kbps=bitrate_kbps)


def wav(pcm: Pcm, rate_hz: int) -> bytes:
    """Mono 16-bit WAV of `pcm`."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm.astype("<i2").tobytes())
    return out.getvalue()


def m4a(pcm: Pcm, *, index_first: bool) -> bytes:
    """AAC in MP4; its index (moov) stands at the end, as phones write it, or first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audio.m4a"
        order = ["-movflags", "+faststart"] if index_first else []
        exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"]
        command = [*_reading(CLIP_HZ), "-c:a", "aac", "-b:a", "32k", *exact, *order, str(path)]
        subprocess.run(command, input=pcm.tobytes(), check=True, capture_output=True)
        return path.read_bytes()


# -- planted defects ----------------------------------------------------------------------------


def with_long_silence(pcm: Pcm) -> Pcm:
    """Five seconds of nothing in the middle."""
    return np.insert(pcm, len(pcm) // 2, np.zeros(5 * CLIP_HZ, dtype=np.int16))


def clipped(pcm: Pcm) -> Pcm:
    """18 dB too loud, so cut off flat at full scale."""
    return (pcm.astype(np.int32) * 8).clip(-32_768, 32_767).astype(np.int16)


def too_quiet(pcm: Pcm) -> Pcm:
    """20 dB under the target."""
    return (pcm // 10).astype(np.int16)


def cut_off_start(pcm: Pcm) -> Pcm:
    """Begins in the middle of a word."""
    return pcm[len(pcm) * 2 // 5 :]
