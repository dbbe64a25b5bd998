"""Decoded sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pcm:
    """Samples [frames, channels], full scale ±1.0 (a lossy file can go beyond).

    `faults`: places that could not be decoded. `cut`: there is more than the limit let in.
    """

    samples: Samples
    sample_rate_hz: int
    faults: int = 0
    cut: bool = False

    @property
    def channels(self) -> int:
        """How many channels; mono is 1."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Seconds."""
        return len(self.samples) / self.sample_rate_hz
