"""How long clips take for what they say, beside the others of their course. Pure.

A clip's pace is the seconds it sounds (without silence at its ends) a character. It depends on who
speaks and how, so a clip is compared with those of its role and cadence; and short texts take
longer a character than long ones, so with those of about its length. Median and median deviation,
of logarithms: neither a few broken clips nor many short ones shift them.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Figures = NDArray[np.float64]

OUTLIER = 4.0
"""From so many robust deviations on a pace is worth hearing."""
_LEAST = np.log(1.25)  # and it is a quarter off, however alike the others are
_ENOUGH = 20  # clips that make a distribution; with fewer the length is left out of account
_BANDS = (2, 4, 8, 16, 32, 64)  # characters
_SIGMA = 1.4826  # of a normal distribution, in median absolute deviations


def characters(phrase: str) -> int:
    """What is spoken in a phrase: letters, digits and signs; no spaces, punctuation or accents."""
    return sum(map(str.isalnum, phrase))  # the categories L and N of Unicode


def paces(clips: pa.Table) -> pa.Table:
    """`clips` with `seconds_a_character`, `expected_s` (for this text, of this role and cadence,
    ends included) and `off_pace`: robust deviations from the median, negative for too fast; 0
    within a quarter of it. Null where a clip is not measured, says nothing, or has fewer than 20
    like it.

    Needs characters, role, cadence, duration_s, lead_silence_s and trail_silence_s; a clip is a
    row.
    """
    length = _column(clips, "characters")
    seconds = _column(clips, "duration_s")
    silence = _column(clips, "lead_silence_s") + _column(clips, "trail_silence_s")
    sounding = seconds - silence
    with np.errstate(divide="ignore", invalid="ignore"):
        pace = np.where((length > 0) & (sounding > 0), sounding / length, np.nan)
        logged = np.log(pace)
    middle, spread = _compared(logged, _groups(clips), np.digitize(length, _BANDS))
    off = logged - middle
    with np.errstate(divide="ignore", invalid="ignore"):
        deviations = np.where(np.abs(off) < _LEAST, 0.0, off / np.maximum(spread, _LEAST / OUTLIER))
    expected = np.exp(middle) * length + silence
    return (
        clips.append_column("seconds_a_character", _nullable(pace))
        .append_column("expected_s", _nullable(expected))
        .append_column("off_pace", _nullable(deviations))
    )


def off_manifest(measured_s: Figures, manifest_s: Figures) -> Figures:
    """Seconds a clip is longer than its manifest says; NaN where that has a placeholder, or the
    clip is not measured.
    """
    return np.where(manifest_s > 0, measured_s - manifest_s, np.nan)


def _groups(clips: pa.Table) -> NDArray[np.int64]:
    """A number for each pair of role and cadence."""
    pairs = pc.binary_join_element_wise(clips["role"], clips["cadence"], "\0")
    found: NDArray[np.int64] = (
        pc.dictionary_encode(pairs).combine_chunks().indices.to_numpy().astype(np.int64)
    )
    return found


def _compared(
    logged: Figures, groups: NDArray[np.int64], bands: NDArray[np.int64]
) -> tuple[Figures, Figures]:
    """For each clip the median of those like it, and how far these are apart."""
    middle, spread = np.full(len(logged), np.nan), np.full(len(logged), np.nan)
    there = ~np.isnan(logged)
    for group in np.unique(groups):
        of_group = groups == group
        _fill(middle, spread, logged, of_group, of_group & there)
        for band in np.unique(bands[of_group]):
            alike = of_group & (bands == band)
            _fill(middle, spread, logged, alike, alike & there)
    return middle, spread


def _fill(
    middle: Figures,
    spread: Figures,
    logged: Figures,
    rows: NDArray[np.bool_],
    there: NDArray[np.bool_],
) -> None:
    values = logged[there]
    if len(values) < _ENOUGH:
        return
    median = np.median(values)
    middle[rows] = median
    spread[rows] = _SIGMA * np.median(np.abs(values - median))


def _column(clips: pa.Table, name: str) -> Figures:
    found: Figures = clips[name].to_numpy().astype(np.float64)
    return found


def _nullable(values: Figures) -> pa.Array:
    return pa.array(values, pa.float64(), mask=~np.isfinite(values))
