"""What is wrong with clips, by what their project holds them to: one in words, or all as columns.

Pure: facts are measured once, and judged whenever they are shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storage.audio.analyse import findings_on
from storage.audio.words import FULL_HZ, OFFSET, is_coarse, is_fine
from storage.model.audio import AudioFinding, AudioLimits
from storage.model.measuring import ClipFacts

Mask = NDArray[np.bool_]

SEVERITIES: Mapping[str, int] = {"": 0, "info": 1, "warning": 2, "error": 3}


def findings_of(clip: ClipFacts, limits: AudioLimits, name: str = "") -> tuple[AudioFinding, ...]:
    """Everything there is to say of a clip called `name`, in words."""
    if clip.facts is None or clip.sound is None:
        return clip.damage
    return findings_on(clip.facts, clip.sound, clip.damage, limits, name)


def judged(table: pa.Table, limits: AudioLimits) -> pa.Table:
    """`table` (of `Measurements.table`) with `codes`, the codes of `findings_of` without those of
    the name, and `severity`, that of the worst one (0 none, 1 info, 2 warning, 3 error; null where
    nothing is known). 60,000 rows take a few hundredths of a second.
    """
    found: dict[str, tuple[int, Mask]] = {
        **_damage(table),
        **_sound(table, limits),
        **_format(table),
    }
    rows = table.num_rows
    known = table["known"].to_numpy()
    severity = np.zeros(rows, np.int8)
    for grade, mask in found.values():
        np.maximum(severity, np.where(mask, grade, 0).astype(np.int8), out=severity)
    codes = _codes({code: mask for code, (_, mask) in found.items()}, rows)
    return table.append_column("codes", codes).append_column(
        "severity", pa.array(severity, pa.int8(), mask=~known)
    )


def _codes(found: Mapping[str, Mask], rows: int) -> pa.ListArray:
    if not found:
        return pa.array([[] for _ in range(rows)], pa.list_(pa.string()))
    names = pa.array(list(found), pa.string())
    masks = np.stack(list(found.values()), axis=1)
    _, which = np.nonzero(masks)
    ends = np.concatenate([[0], np.cumsum(masks.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), names.take(pa.array(which)))


def _damage(table: pa.Table) -> dict[str, tuple[int, Mask]]:
    """Few clips have any: only those are looked into."""
    texts = table["damage"]
    hurt = pc.fill_null(pc.not_equal(texts, "[]"), False).to_numpy()
    found: dict[str, tuple[int, Mask]] = {}
    for row in np.flatnonzero(hurt):
        for one in json.loads(texts[int(row)].as_py()):
            grade = SEVERITIES[one["severity"]]
            worst, mask = found.setdefault(one["code"], (grade, np.zeros(len(hurt), np.bool_)))
            mask[row] = True
            found[one["code"]] = max(worst, grade), mask
    return found


def _sound(table: pa.Table, limits: AudioLimits) -> dict[str, tuple[int, Mask]]:
    measured = _equals(table, "state", "measured")
    lufs, peak = _figures(table, "loudness_lufs"), _figures(table, "true_peak_dbtp")
    heard = measured & ~np.isnan(lufs)
    estimated = pc.fill_null(table["loudness_estimated"], False).to_numpy()
    with np.errstate(invalid="ignore"):  # NaN is neither more nor less
        return {
            "silent": (3, measured & np.isnan(lufs)),
            "level": (2, heard & (np.abs(lufs - limits.target_lufs) > limits.tolerance_lu)),
            "peak": (2, heard & (peak > limits.max_dbtp)),
            "estimated": (1, heard & estimated),
            "clipped": (2, heard & (_figures(table, "clipped_runs") > 0)),
            "offset": (2, heard & (_figures(table, "dc_offset") > OFFSET)),
            "lead-silence": (2, heard & (_figures(table, "lead_silence_s") > limits.lead_s)),
            "trail-silence": (2, heard & (_figures(table, "trail_silence_s") > limits.trail_s)),
            "inner-silence": (2, heard & (_figures(table, "inner_silence_s") > limits.inner_s)),
        }


def _format(table: pa.Table) -> dict[str, tuple[int, Mask]]:
    measured = _equals(table, "state", "measured")
    codecs = [codec for codec in pc.unique(table["codec"]).to_pylist() if codec]
    coarse = pa.array([codec for codec in codecs if is_coarse(codec)], pa.string())
    fine = pa.array([codec for codec in codecs if is_fine(codec)], pa.string())
    with np.errstate(invalid="ignore"):
        return {
            "telephone": (2, measured & (_figures(table, "sample_rate_hz") < FULL_HZ)),
            "channels": (2, measured & (_figures(table, "channels") > 2)),
            "coarse": (2, measured & pc.is_in(table["codec"], coarse).to_numpy()),
            "depth": (1, measured & pc.is_in(table["codec"], fine).to_numpy()),
        }


def _equals(table: pa.Table, name: str, value: str) -> Mask:
    found: Mask = pc.fill_null(pc.equal(table[name], value), False).to_numpy()
    return found


def _figures(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A column of numbers, NaN for null."""
    found: NDArray[np.float64] = table[name].to_numpy().astype(np.float64)
    return found
