"""In which order clips are heard. Pure, over columns: 60,000 clips take milliseconds."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.model.review import RISKS, Order, Risk

WARNING = 2  # of the severities: from here on a clip counts as one with a fault
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]
_DEFECT, _SECOND, _SHORT, _CHANGED, _REST = range(len(RISKS))


@dataclass(frozen=True)
class Traits:
    """What does not change with verdicts, one value a clip, in the course's order."""

    severity: NDArray[np.int8]  # of the worst finding: 0 none, 1 information, 2 warning, 3 error
    off: NDArray[np.float64]  # how far the loudness is off, in LU
    short: Flags  # a single word or character
    letters: NDArray[np.int64]
    modified: NDArray[np.int64]

    @property
    def defect(self) -> Flags:
        """Which have a finding that is more than information."""
        flags: Flags = self.severity >= WARNING
        return flags

    def ranked(self) -> Rows:
        """Rows with defects, the worst first, then short texts, the shortest first, then the rest
        in the course's order.
        """
        rows = np.arange(len(self.severity))
        defect, letters = self.defect, self.letters
        group = np.where(defect, 0, np.where(self.short, 1, 2))
        worst = np.where(defect, -self.severity.astype(np.float64), 0)
        off = np.where(defect, -self.off, 0)
        length = np.where(group < 2, letters, 0)
        ranked: Rows = np.lexsort((rows, length, off, worst, group))
        return ranked


def risks(traits: Traits, *, second: Flags, void: Flags) -> NDArray[np.int8]:
    """The index in RISKS of each clip: its first reason to be heard early."""
    found = np.full(len(traits.severity), _REST, np.int8)
    found[void] = _CHANGED
    found[traits.short] = _SHORT
    found[second] = _SECOND
    found[traits.defect] = _DEFECT
    return found


def risk_of(index: int) -> Risk:
    """The name of one of `risks`."""
    return RISKS[index]


def ordered(
    order: Order, traits: Traits, ranked: Rows, *, risk: NDArray[np.int8], void: Flags, seed: str
) -> Rows:
    """All rows in the order chosen. `seed` makes a mixed order the same one each time."""
    if order == "course":
        return np.arange(len(risk))
    if order == "newest":
        return np.argsort(-traits.modified, kind="stable")
    if order == "random":
        return np.random.default_rng(zlib.crc32(seed.encode())).permutation(len(risk))
    if order == "shortest":
        # without a text there is nothing to be short
        length = np.where(traits.letters > 0, traits.letters, np.iinfo(np.int64).max)
        return np.argsort(length, kind="stable")
    by_risk = ranked[np.argsort(risk[ranked], kind="stable")]
    if order == "changed":
        return by_risk[np.argsort(~void[by_risk], kind="stable")]
    return by_risk
