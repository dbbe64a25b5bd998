"""Finding phrases by what is said in them: an index over the phrases of one manifest. Pure.

A word of the search matches where a word of the phrase begins with it; signs of a script without
spaces match anywhere in a row. All words must be there, in any order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storage.courses.folding import fold, is_solid

Rows = NDArray[np.int32]

_AFTER = "\U0010ffff"  # sorts behind every letter
_NOT_WHOLE, _NOT_FIRST, _NOT_IN_A_ROW = 3_000_000, 2_000_000, 1_000_000  # worse than any length


@dataclass(frozen=True, slots=True)
class PhraseIndex:
    """`phrases`: phrase and its folded form, a row each. `words`, sorted, each with the place in
    `rows` where the numbers of its phrases begin; one more at the end.
    """

    phrases: pa.Table
    words: pa.Table
    rows: pa.Table

    @classmethod
    def of(cls, phrases: Iterable[str]) -> PhraseIndex:
        """Of different phrases. 60,000 take half a second."""
        texts = list(phrases)
        folded: list[str] = []
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(texts):
            words = fold(text)
            folded.append(" ".join(words))
            for part in {part for word in words for part in _parts(word)}:
                found[part].append(number)
        names = sorted(found)
        starts = np.cumsum([0, *(len(found[name]) for name in names)])
        rows = np.fromiter((row for name in names for row in found[name]), np.int32)
        return cls(
            pa.table({"phrase": pa.array(texts, pa.string()), "folded": pa.array(folded)}),
            pa.table({"word": pa.array([*names, _AFTER]), "start": starts}),
            pa.table({"row": rows}),
        )

    def tables(self) -> Mapping[str, pa.Table]:
        """By name, for keeping."""
        return {"phrases": self.phrases, "words": self.words, "rows": self.rows}

    def find(self, words: Sequence[str]) -> tuple[Rows, NDArray[np.int64]]:
        """The numbers of the phrases that hold all `words` (of `fold`), and how good each hit is:
        lower is better. None for no words.
        """
        rows: Rows | None = None
        for word in words:
            for part in _parts(word):
                more = self._with(part, exact=is_solid(word))
                rows = more if rows is None else np.intersect1d(rows, more, assume_unique=True)
        if rows is None or not len(rows):
            return np.zeros(0, np.int32), np.zeros(0, np.int64)
        folded = pc.take(self.phrases["folded"], pa.array(rows)).combine_chunks()
        for word in (word for word in words if is_solid(word) and len(word) > 1):
            there = pc.match_substring(folded, word)
            rows, folded = rows[there.to_numpy(zero_copy_only=False)], folded.filter(there)
        return rows, _badness(folded, " ".join(words))

    def _with(self, part: str, *, exact: bool) -> Rows:
        """Phrases with a word that begins with `part`, or is exactly it."""
        names, starts = self.words["word"], self.words["start"]

        def place(wanted: str) -> int:
            numbers = range(len(names) - 1)
            found = bisect_left(numbers, wanted, key=lambda number: str(names[number]))
            return int(starts[found].as_py())

        first = place(part)
        last = place(part + ("\0" if exact else _AFTER))
        rows: Rows = self.rows["row"].slice(first, last - first).to_numpy()
        return np.unique(rows)


def _parts(word: str) -> Sequence[str]:
    return tuple(word) if is_solid(word) else (word,)


def _badness(folded: pa.Array, wanted: str) -> NDArray[np.int64]:
    """The phrase itself first, then those that begin with it, then those that hold it in a row;
    among equals the shorter.
    """
    length: NDArray[np.int64] = pc.utf8_length(folded).to_numpy(zero_copy_only=False)
    length = length.astype(np.int64)
    for worse, missed in (
        (_NOT_WHOLE, pc.not_equal(folded, wanted)),
        (_NOT_FIRST, pc.invert(pc.starts_with(folded, wanted))),
        (_NOT_IN_A_ROW, pc.invert(pc.match_substring(folded, wanted))),
    ):
        length[missed.to_numpy(zero_copy_only=False)] += worse
    return length
