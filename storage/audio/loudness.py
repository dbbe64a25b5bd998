"""Loudness and true peak as ITU-R BS.1770-5 and EBU R 128 define them. Pure over arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from storage.audio.pcm import Pcm, Samples
from storage.model.audio import Loudness

_BLOCK_S = 0.4  # BS.1770: a gating block; shorter sounds have no integrated loudness
_TAPS = (
    16  # on each side, for each phase of the interpolation: within 0.1 dB up to 0.45 of the rate
)
_KAISER = 6.0
_FINE_HZ, _LEAST_FACTOR = 176_400, 4  # true peak is looked for at this rate and factor at least
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
    peak = max((float(envelope.max()) for envelope in _envelopes(pcm) if len(envelope)), default=0)
    return 20 * math.log10(peak) if peak > 0 else None


def peak_envelope(pcm: Pcm) -> Samples:
    """For each frame the highest true peak of any channel between it and the next one, [frames]."""
    pieces = list(_envelopes(pcm))
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def _envelopes(pcm: Pcm) -> Iterator[Samples]:
    """`peak_envelope` piece by piece."""
    phases = _phases(max(_LEAST_FACTOR, math.ceil(_FINE_HZ / pcm.sample_rate_hz)))
    padded = np.pad(pcm.samples, ((_TAPS, _TAPS), (0, 0)))
    for start in range(0, len(pcm.samples), _PIECE):
        piece = padded[start : start + _PIECE + 2 * _TAPS]
        highest = np.abs(piece[_TAPS:-_TAPS]).max(axis=1)
        for channel in piece.T:
            row = np.ascontiguousarray(channel)
            for phase in phases:
                between = np.convolve(row, phase, "valid")[1:]
                np.maximum(highest, np.abs(between), out=highest)
        yield highest


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
