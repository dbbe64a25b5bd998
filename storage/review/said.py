"""What courses say of their clips, as columns, each id once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storage.measurements.pace import characters
from storage.model.courses import CLIP_SCHEMA, Manifest
from storage.review.texts import language_tag, shortness

_KNOWN_SIDE = ["source", "presentation"]  # spoken in the language that learners know
_NO_SLICE = -1
_UNSAID = {"id": "", "phrase": "", "role": "", "cadence": "", "slice": _NO_SLICE, "duration_s": 0.0}


@dataclass(frozen=True)
class Texts:
    """The columns, of one length. `langs` are BCP 47 tags."""

    ids: pa.Array
    phrases: list[str]
    roles: list[str]
    cadences: list[str]
    langs: list[str]
    slices: NDArray[np.int32]
    uses: NDArray[np.int64]  # phrases that refer to the clip
    duration_s: NDArray[np.float64]  # 0: not known
    short: list[str]
    letters: NDArray[np.int64]

    @classmethod
    def of(cls, manifest: Manifest) -> Texts:
        """All of a course. Of several references to a clip the first one counts."""
        return cls._of(_clips(manifest))

    @classmethod
    def among(
        cls, manifests: Sequence[Manifest], ids: pa.Array
    ) -> tuple[Texts, NDArray[np.int64]] | None:
        """What any of these courses says of clips with these ids, and the row for each; one row is
        of those that no course knows. None where no course knows any. Slices are not told: each
        course counts its own.
        """
        found = [
            clips.filter(pc.is_in(clips["id"], value_set=ids)) for clips in map(_clips, manifests)
        ]
        if not any(table.num_rows for table in found):
            return None
        unsaid = pa.Table.from_pylist([_UNSAID], CLIP_SCHEMA).append_column("lang", pa.array([""]))
        clips = pa.concat_tables([*found, unsaid])
        none = pa.array(np.full(clips.num_rows, _NO_SLICE, np.int32))
        texts = cls._of(clips.set_column(clips.schema.get_field_index("slice"), "slice", none))
        rows = pc.index_in(ids, value_set=texts.ids).fill_null(pc.index(texts.ids, ""))
        return texts, rows.to_numpy(zero_copy_only=False).astype(np.int64)

    @classmethod
    def _of(cls, clips: pa.Table) -> Texts:
        ids = clips.column("id").combine_chunks().dictionary_encode()  # in order of appearance
        codes = ids.indices.to_numpy()
        first = np.empty(len(ids.dictionary), np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        table = clips.take(pa.array(first))
        phrases = _texts(table, "phrase")
        shorts = {phrase: (shortness(phrase), characters(phrase)) for phrase in set(phrases)}
        return cls(
            ids=table.column("id").combine_chunks(),
            phrases=phrases,
            roles=_texts(table, "role"),
            cadences=_texts(table, "cadence"),
            langs=_texts(table, "lang"),
            slices=_numbers(table, "slice", _NO_SLICE).astype(np.int32),
            uses=np.bincount(codes, minlength=len(first)),
            duration_s=_numbers(table, "duration_s", 0.0).astype(np.float64),
            short=[shorts[phrase][0] for phrase in phrases],
            letters=np.array([shorts[phrase][1] for phrase in phrases], np.int64),
        )


def _clips(manifest: Manifest) -> pa.Table:
    known = pc.is_in(manifest.clips["role"], value_set=pa.array(_KNOWN_SIDE))
    langs = pc.if_else(known, language_tag(manifest.known), language_tag(manifest.target))
    return manifest.clips.append_column("lang", langs)


def _texts(table: pa.Table, name: str) -> list[str]:
    found: list[str] = pc.fill_null(table.column(name).cast(pa.string()), "").to_pylist()
    return found


def _numbers(table: pa.Table, name: str, without: float) -> NDArray[Any]:
    filled = pc.fill_null(table.column(name), pa.scalar(without, table.schema.field(name).type))
    numbers: NDArray[Any] = filled.to_numpy()
    return numbers
