"""Loudness and true peak as ITU-R BS.1770-5 and EBU R 128 define them. Pure over arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from storage.audio.pcm import Pcm, Samples
from storage.model.audio import Loudness

_BLOCK_S = 0.4  # BS.1770: a gating block; shorter sounds have no integrated loudness
_TAPS = (
    16  # on each side, for each phase of the interpolation: within 0.1 dB up to 0.45 of the rate
)
_KAISER = 6.0
_FINE_HZ, _LEAST_FACTOR = 176_400, 4  # true peak is looked for at this rate and factor at least
_STRETCH = 512  # frames looked into at once for the true peak
_PIECE = 1 << 18  # frames interpolated at once: memory stays bounded


def measure_loudness(pcm: Pcm) -> Loudness:
    """Both figures of `pcm`; None in both for digital silence."""
    lufs, estimated = integrated_loudness(pcm)
    return Loudness(lufs, estimated, true_peak(pcm))


def integrated_loudness(pcm: Pcm) -> tuple[float | None, bool]:
    """Integrated loudness in LUFS, and whether it is an estimate: of a sound under 0.4 s,
    repeated to 0.8 s. None where all of it is below the standard's gate of -70 LUFS.
    """
    from loudness import integrated_loudness as integrated  # noqa: PLC0415  pages need it late

    samples = pcm.samples
    if not len(samples):
        return None, False
    estimated = len(samples) < math.ceil(_BLOCK_S * pcm.sample_rate_hz)
    if estimated:
        wanted = math.ceil(2 * _BLOCK_S * pcm.sample_rate_hz)
        samples = np.tile(samples, (-(-wanted // len(samples)), 1))[:wanted]
    # a mono column has a channel axis of its own, which the library takes as well
    lufs = float(integrated(np.ascontiguousarray(samples), pcm.sample_rate_hz))
    return (lufs if math.isfinite(lufs) else None), estimated


def true_peak(pcm: Pcm) -> float | None:
    """True peak in dBTP of the loudest channel; None for digital silence."""
    phases = np.stack(_phases(_factor(pcm)))
    peak = max((_highest(channel, phases) for channel in pcm.samples.T), default=0.0)
    return 20 * math.log10(peak) if peak > 0 else None


def _highest(channel: Samples, phases: Samples) -> float:
    """The highest value of one channel, between the samples too.

    No value between samples is higher than the highest sample around it times the sum of the
    filter's taps. So stretches are looked into from the loudest on, until those that are left
    cannot hold anything higher: of speech a small part.
    """
    stretches = -(-len(channel) // _STRETCH)
    padded = np.zeros(stretches * _STRETCH + 2 * _TAPS, np.float32)
    padded[_TAPS : _TAPS + len(channel)] = channel
    loud = np.abs(padded)
    tops = loud[_TAPS:-_TAPS].reshape(stretches, _STRETCH).max(axis=1)
    around = np.maximum(tops, np.maximum(np.append(tops[1:], 0), np.append(0, tops[:-1])))
    highest = float(tops.max(initial=0.0))
    reach = float(np.abs(phases).sum(axis=1).max())
    filters = np.ascontiguousarray(phases[:, ::-1].T)
    for number in np.argsort(-around):
        if around[number] * reach <= highest:
            break
        start = number * _STRETCH
        piece = padded[start : start + _STRETCH + 2 * _TAPS]
        between = sliding_window_view(piece, 2 * _TAPS) @ filters
        highest = max(highest, float(np.abs(between).max()))
    return highest


def peak_envelope(pcm: Pcm) -> Samples:
    """For each frame the highest true peak of any channel between it and the next one, [frames]."""
    pieces = list(_envelopes(pcm))
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _envelopes(pcm: Pcm) -> Iterator[Samples]:
    """`peak_envelope` piece by piece."""
    phases = _phases(_factor(pcm))
    frames = len(pcm.samples)
    for start in range(0, frames, _PIECE):
        first, last = start - _TAPS, min(frames, start + _PIECE) + _TAPS
        around = (max(0, -first), max(0, last - frames))  # what lies outside the sound is silence
        piece = np.pad(pcm.samples[max(0, first) : last], (around, (0, 0)))
        highest = np.abs(piece[_TAPS:-_TAPS]).max(axis=1)
        for channel in piece.T:
            row = np.ascontiguousarray(channel)
            for phase in phases:
                between = np.convolve(row, phase, "valid")[1:]
                np.maximum(highest, np.abs(between), out=highest)
        yield highest


def _factor(pcm: Pcm) -> int:
    return max(_LEAST_FACTOR, math.ceil(_FINE_HZ / pcm.sample_rate_hz))


@lru_cache(maxsize=16)
def _phases(factor: int) -> tuple[Samples, ...]:
    """The filters that give the values at 1/factor, 2/factor … of the way to the next sample.

    A windowed sinc: it passes the samples themselves unchanged, so phase 0 is left out.
    """
    steps = np.arange(-_TAPS, _TAPS) + 1.0
    found = []
    for number in range(1, factor):
        at = steps - number / factor  # distance of each sample from the point between
        window = np.i0(_KAISER * np.sqrt(np.clip(1 - (at / _TAPS) ** 2, 0, 1))) / np.i0(_KAISER)
        taps = np.sinc(at) * window
        found.append((taps / taps.sum()).astype(np.float32)[::-1])
    return tuple(found)
