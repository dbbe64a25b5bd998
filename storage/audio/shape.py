"""Silence, clipping and offset of decoded sound. Pure over arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storage.audio.loudness import measure_loudness
from storage.audio.pcm import Pcm
from storage.model.audio import Sound

SILENCE_DBFS = -50.0  # RMS of a window below this counts as silence
_WINDOW_S = 0.010
_CLIPPED_RUN = 3  # this many samples in a row at full scale: the wave is cut off flat
FULL_SCALE_16_BIT = 32_767 / 32_768


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds of silence at the start, at the end, and in the longest pause between sounds."""

    lead_s: float
    trail_s: float
    inner_s: float


def sound_of(pcm: Pcm, *, lossy: bool = False, full_scale: float = FULL_SCALE_16_BIT) -> Sound:
    """All figures of `pcm`. `lossy` and `full_scale` as in `clipped_runs`."""
    silence = find_silence(pcm)
    offset = np.abs(pcm.samples.mean(axis=0, dtype=np.float64)).max() if len(pcm.samples) else 0.0
    return Sound(
        duration_s=pcm.duration_s,
        loudness=measure_loudness(pcm),
        lead_silence_s=silence.lead_s,
        trail_silence_s=silence.trail_s,
        inner_silence_s=silence.inner_s,
        clipped_runs=clipped_runs(pcm, lossy=lossy, full_scale=full_scale),
        dc_offset=float(offset),
    )


def find_silence(pcm: Pcm) -> Silence:
    """Where no channel is over -50 dBFS RMS in 10 ms. Without any sound all of it is lead."""
    step = max(1, round(_WINDOW_S * pcm.sample_rate_hz))
    frames = len(pcm.samples)
    if not frames:
        return Silence(0.0, 0.0, 0.0)
    starts = np.arange(0, frames, step)
    # one channel at a time: no copy of all samples in double precision
    powers = [
        np.add.reduceat(np.square(channel, dtype=np.float64), starts) for channel in pcm.samples.T
    ]
    mean_power = np.max(powers, axis=0) / np.diff(np.append(starts, frames))
    (loud,) = np.nonzero(mean_power > 10 ** (SILENCE_DBFS / 10))
    if not len(loud):
        return Silence(pcm.duration_s, 0.0, 0.0)
    pauses = np.diff(loud) - 1
    seconds = step / pcm.sample_rate_hz
    end = min(frames, (int(loud[-1]) + 1) * step)
    return Silence(
        float(loud[0] * seconds),
        (frames - end) / pcm.sample_rate_hz,
        float(pauses.max() * seconds) if len(pauses) else 0.0,
    )


def clipped_runs(pcm: Pcm, *, lossy: bool, full_scale: float = FULL_SCALE_16_BIT) -> int:
    """How many times three or more samples in a row stand at `full_scale`, the highest value the
    file's format can hold. A lossy file leaves no such runs: there it is how often the wave goes
    beyond 1.0, where every player cuts it off.
    """
    total = 0
    for channel in pcm.samples.T:
        high = np.abs(channel)
        over = high > 1.0 if lossy else high >= full_scale
        edges = np.flatnonzero(np.diff(over, prepend=False, append=False))
        lengths = edges[1::2] - edges[::2]
        total += int((lengths >= (1 if lossy else _CLIPPED_RUN)).sum())
    return total
