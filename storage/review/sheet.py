"""The clips of a scope as columns, one row a clip: what lies in the bucket, what is said in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storage.errors import InvalidInput
from storage.layout.profile import KeyKind, Layout
from storage.model.courses import Manifest
from storage.review.said import Texts

CLIPS_MAX = 500_000  # in one queue, some 1 KB each; a course has at most 60,000
_AUDIO = r"\.(mp3|m4a|m4b|mp4|aac|wav|flac|ogg|oga|opus|aif|aiff|webm)$"
_NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass
class Sheet:
    """The rows. ETags and sizes change when a clip turns out to be another by now."""

    keys: list[str]
    etags: list[str]
    sizes: list[int]
    modified: NDArray[np.int64]  # milliseconds since 1970, UTC
    texts: Texts | None
    text_rows: NDArray[np.int64]  # of `texts`, for each clip; in the course's order
    missing: tuple[str, ...] = ()  # ids that the course refers to and the bucket lacks

    def __len__(self) -> int:
        return len(self.keys)

    def short(self, row: int) -> str:
        """ "single word", "single character" or ""."""
        return self.texts.short[int(self.text_rows[row])] if self.texts else ""


def course_sheet(objects: pa.Table, kind: KeyKind, texts: Texts) -> Sheet:
    """The clips of a course that are among `objects`, in the course's order. A key in the wrong
    case is found too, unless the right one is there.
    """
    before, after = _around_id(kind)
    wanted = pc.binary_join_element_wise(before, texts.ids, after, "")
    wanted = pc.utf8_upper(wanted)
    # keys sort upper case first, and the first one found is taken
    at = pc.index_in(wanted, value_set=pc.utf8_upper(objects.column("key").combine_chunks()))
    found = pc.is_valid(at).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(found)
    missing = texts.ids.filter(pa.array(~found)).to_pylist()
    return _sheet(objects.take(at.drop_null()), texts, rows, tuple(missing))


def prefix_sheet(objects: pa.Table, kind: KeyKind | None, manifests: Sequence[Manifest]) -> Sheet:
    """Everything among `objects` that is audio by its name; keys of `kind` are of clips of which
    one of the courses may know what is said.
    """
    keys = objects.column("key")
    audio = objects.filter(pc.match_substring_regex(keys, _AUDIO, ignore_case=True))
    return _sheet(audio, *_said(audio, kind, manifests), ())


def selection_sheet(
    objects: pa.Table, keys: Sequence[str], kind: KeyKind | None, manifests: Sequence[Manifest]
) -> Sheet:
    """The objects with these keys, in their order; those that are gone are missing."""
    wanted = pa.array(keys, pa.string())
    at = pc.index_in(wanted, value_set=objects.column("key").combine_chunks())
    gone = wanted.filter(pc.is_null(at)).to_pylist()
    chosen = objects.take(at.drop_null())
    return _sheet(chosen, *_said(chosen, kind, manifests), tuple(gone))


def clip_kind(layout: Layout, role: str) -> KeyKind:
    """The kind of the bucket's keys that are made of a clip's id. Raises InvalidInput."""
    for kind in layout.kinds:
        if role in kind.roles and kind.template.fields == ("id",):
            return kind
    raise InvalidInput(
        f"{layout.bucket(role).title} of {layout.title!r} has no clips of courses.",
        "Listen to a folder there instead.",
    )


def _said(
    objects: pa.Table, kind: KeyKind | None, manifests: Sequence[Manifest]
) -> tuple[Texts | None, NDArray[np.int64]]:
    """What the courses say of these objects, and where in it."""
    found = None
    if kind is not None and manifests:
        before, after = _around_id(kind)
        keys = objects.column("key").combine_chunks()
        named = pc.and_(pc.starts_with(keys, before), pc.ends_with(keys, after))
        ids = pc.utf8_slice_codeunits(keys, len(before), -len(after) or None)
        found = Texts.among(manifests, pc.if_else(named, pc.utf8_upper(ids), None))
    return found or (None, np.zeros(objects.num_rows, np.int64))


def _around_id(kind: KeyKind) -> tuple[str, str]:
    before, _, after = kind.template.render({"id": _NOBODY}).partition(_NOBODY)
    return before, after


def _sheet(
    objects: pa.Table, texts: Texts | None, text_rows: NDArray[np.int64], missing: tuple[str, ...]
) -> Sheet:
    if objects.num_rows > CLIPS_MAX:
        raise InvalidInput(
            f"That are {objects.num_rows:,} clips, more than one queue holds ({CLIPS_MAX:,}).",
            "Choose a course, or a longer prefix.",
        )
    modified = objects.column("modified").cast(pa.int64())
    return Sheet(
        keys=objects.column("key").to_pylist(),
        etags=objects.column("etag").to_pylist(),
        sizes=objects.column("size").to_pylist(),
        modified=modified.to_numpy(),
        texts=texts,
        text_rows=text_rows,
        missing=missing,
    )
