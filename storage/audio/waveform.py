"""The shape of a sound for drawing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from storage.audio.pcm import Pcm, Samples

BUCKETS = 800  # a wide player has about as many pixels


def peaks(pcm: Pcm, buckets: int = BUCKETS) -> NDArray[np.int8]:
    """Lowest and highest value of all channels in each of `buckets` stretches, int8
    [buckets, 2], 127 = full scale. Fewer rows where there are fewer frames; none for no sound.
    """
    frames = len(pcm.samples)
    if not frames:
        return np.zeros((0, 2), np.int8)
    starts = np.linspace(0, frames, min(buckets, frames), endpoint=False).astype(np.intp)
    low = np.minimum.reduceat(pcm.samples.min(axis=1), starts)
    high = np.maximum.reduceat(pcm.samples.max(axis=1), starts)
    scaled: Samples = np.clip(np.stack([low, high], axis=1) * 127, -127, 127)
    return np.rint(scaled).astype(np.int8)
