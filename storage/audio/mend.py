"""Mending a recording in one press, with how it was before and after."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from storage.audio.limiter import Source
from storage.audio.pcm import Pcm, Samples
from storage.audio.shape import sound_of
from storage.audio.transcode import CLOSE_LU, MAX_DBTP, SPARE_DB, TARGET_LUFS, level_not_reached
from storage.model.audio import Sound

LEAD_S, TRAIL_S = 0.1, 0.3  # left in place: a sound that starts at once seems cut off
_FADE_S = 0.005  # or the cut clicks


@dataclass(frozen=True, slots=True)
class Mended:
    """The sound after mending, and its figures before and after."""

    pcm: Pcm = field(repr=False)
    before: Sound
    after: Sound


def mend_level(pcm: Pcm, *, target_lufs: float = TARGET_LUFS, max_dbtp: float = MAX_DBTP) -> Mended:
    """`pcm` at `target_lufs`, peaks limited to `max_dbtp`.

    Raises InvalidInput for silence, VerifyFailed when the level cannot be reached.
    """
    levelled = Source.of(pcm).at_level(target_lufs, max_dbtp - SPARE_DB).pcm
    mended = Mended(levelled, sound_of(pcm), sound_of(levelled))
    lufs = mended.after.loudness.integrated_lufs
    if lufs is None or abs(lufs - target_lufs) > CLOSE_LU:
        raise level_not_reached()
    return mended


def mend_silence(pcm: Pcm, *, lead_s: float = LEAD_S, trail_s: float = TRAIL_S) -> Mended:
    """`pcm` with at most `lead_s` of silence at the start and `trail_s` at the end; nothing is
    added where there is less. All silence stays as it is: there is no sound to keep.
    """
    before = sound_of(pcm)
    if before.loudness.integrated_lufs is None:
        return Mended(pcm, before, before)
    rate_hz = pcm.sample_rate_hz
    start = max(0, round((before.lead_silence_s - lead_s) * rate_hz))
    end = len(pcm.samples) - max(0, round((before.trail_silence_s - trail_s) * rate_hz))
    kept = pcm.samples[start:end].copy()
    ramp: Samples = np.linspace(0, 1, max(1, round(_FADE_S * rate_hz)), dtype=np.float32)[:, None]
    if start:
        kept[: len(ramp)] *= ramp[: len(kept)]
    if end < len(pcm.samples):
        kept[-len(ramp) :] *= ramp[::-1][-len(kept) :]
    mended = Pcm(kept, rate_hz)
    return Mended(mended, before, sound_of(mended))
