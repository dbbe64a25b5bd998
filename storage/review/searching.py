"""Finding clips by what is said in them, as `Manifests.search` finds phrases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storage.courses.folding import fold, is_solid


class Sayings:
    """Phrases, folded; equal ones once. 60,000 different ones take half a second, a search a few
    milliseconds.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        different = pa.array(phrases, pa.string()).dictionary_encode()
        self._places = different.indices.to_numpy()
        folded = (fold(phrase) for phrase in different.dictionary.to_pylist())
        texts = ["".join(f" {word}" for word in words) for words in folded]
        self._folded = pa.array(texts, pa.string())

    def saying(self, text: str) -> NDArray[np.bool_]:
        """Which of the phrases say all words of `text`, in any order; none for no words. The
        beginning of a word is enough; signs of a script without spaces match anywhere in a row.
        """
        words = fold(text)
        found = np.full(len(self._folded), fill_value=bool(words))
        for word in words:
            there = pc.match_substring(self._folded, word if is_solid(word) else f" {word}")
            found &= there.to_numpy(zero_copy_only=False)
        said: NDArray[np.bool_] = found[self._places]
        return said
