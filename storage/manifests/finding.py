"""The best hits of a search over several manifests. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.manifests.shelf import Kept
from storage.model.courses import PhraseHit, Said


def best_hits(
    kept: Mapping[str, Kept], words: Sequence[str], limit: int, unread: Iterable[str] = ()
) -> Said:
    """At most `limit` phrases that hold all `words`, from the manifests by course; `unread` are
    those that could not be searched.
    """
    total = 0
    found: list[tuple[int, str, int]] = []
    for course, one in kept.items():
        rows, badness = one.index.find(words)
        total += len(rows)
        best = np.argsort(badness, kind="stable")[:limit]
        found += [(int(badness[at]), course, int(rows[at])) for at in best]
    hits = [_hit(course, kept[course], row) for _, course, row in sorted(found)[:limit]]
    return Said(tuple(hits), total, tuple(unread))


def _hit(course: str, one: Kept, row: int) -> PhraseHit:
    phrase: str = one.index.phrases["phrase"][row].as_py()
    clips = one.manifest.clips
    ids: pa.ChunkedArray = clips["id"].filter(pc.equal(clips["phrase"], phrase))
    return PhraseHit(course, phrase, tuple(dict.fromkeys(ids.to_pylist())))
