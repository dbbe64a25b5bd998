"""Bringing sound to a loudness without peaks above a ceiling. Pure over arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storage.audio.loudness import integrated_loudness, peak_envelope
from storage.audio.pcm import Pcm, Samples
from storage.errors import InvalidInput

_ATTACK_DB_S = 2_000.0  # how fast the gain falls ahead of a peak
_RELEASE_DB_S = 100.0  # and rises behind it: slower would pump, faster would distort
_CLOSE_LU = 0.05
_MOST_DB = 90.0  # more gain than this only lifts what nobody recorded
_ROUNDS = 8  # the limiter takes some loudness away: given back, so often
_BLOCK = 1 << 18  # frames worked on at once: double precision for all would be much memory


@dataclass(frozen=True, slots=True)
class Levelled:
    """What came out, the gain before the limiter, and whether that one had anything to do."""

    pcm: Pcm
    gain_db: float
    limited: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A sound that is brought to a level, measured once."""

    pcm: Pcm
    lufs: float
    envelope: Samples  # true peaks, for each frame

    @classmethod
    def of(cls, pcm: Pcm) -> Source:
        """Raises InvalidInput where there is nothing to hear."""
        lufs, _ = integrated_loudness(pcm)
        if lufs is None:
            raise InvalidInput(
                "Nothing can be heard in this recording.", "Record it again, closer to the mic."
            )
        between = peak_envelope(pcm)
        between[1:] = np.maximum(between[1:], between[:-1])  # a peak between two frames is both's
        return cls(pcm, lufs, between)

    def at_level(self, target_lufs: float, ceiling_dbtp: float) -> Levelled:
        """At `target_lufs` within 0.05 LU, as far as the ceiling allows: short bursts amid silence
        can stay below it.
        """
        gain_db = target_lufs - self.lufs
        peak_dbtp = 20 * np.log10(float(self.envelope.max()))
        if peak_dbtp + gain_db <= ceiling_dbtp:
            return Levelled(self._with_gain(np.float32(_factor(gain_db))), gain_db, limited=False)
        for _ in range(_ROUNDS):
            pcm = self._limited(gain_db, ceiling_dbtp)
            lufs, _estimated = integrated_loudness(pcm)
            off = target_lufs - lufs if lufs is not None else 0.0
            if abs(off) < _CLOSE_LU or gain_db + off > _MOST_DB:
                break
            gain_db += off
        return Levelled(pcm, gain_db, limited=True)

    def _limited(self, gain_db: float, ceiling_dbtp: float) -> Pcm:
        reduction = np.zeros_like(self.envelope)
        ceiling = np.float32(_factor(ceiling_dbtp - gain_db))
        over = self.envelope > ceiling
        reduction[over] = 20 * np.log10(self.envelope[over] / ceiling)
        rate_hz = self.pcm.sample_rate_hz
        _let_fall(reduction, _RELEASE_DB_S / rate_hz)
        _let_fall(reduction[::-1], _ATTACK_DB_S / rate_hz)
        factors = np.power(np.float32(10), (np.float32(gain_db) - reduction) / np.float32(20))
        return self._with_gain(factors[:, None])

    def _with_gain(self, factor: Samples | np.float32) -> Pcm:
        scaled: Samples = self.pcm.samples * factor
        return Pcm(scaled, self.pcm.sample_rate_hz)


def _factor(db: float) -> float:
    return float(10 ** (db / 20))


def _let_fall(values: Samples, step: float) -> None:
    """In place: no value is lower than the one before it less `step`."""
    last = 0.0
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        slope = step * np.arange(1, len(block) + 1)
        block[:] = np.maximum(np.maximum.accumulate(block + slope), last) - slope
        last = float(block[-1])
