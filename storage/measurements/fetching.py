"""Getting the bytes of clips: many at a time, never more of them in memory than is said here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa

from storage.errors import StorageError
from storage.gate import Passage
from storage.model.content import Content
from storage.s3.objects import stream_object

MAX_BYTES = 64 * 2**20  # of one clip: a worker holds it twice while it takes it
_BATCH_BYTES = 128 * 2**20  # two batches are in memory at a time
_BATCH = 200  # clips
_GETTERS = 16


@dataclass(frozen=True, slots=True)
class Clip:
    """One object to measure."""

    key: str
    content: Content


@dataclass(frozen=True, slots=True)
class Fetched:
    """Its bytes, or why there are none."""

    clip: Clip
    data: bytes = field(default=b"", repr=False)
    error: StorageError | None = None


def batches(rows: pa.Table) -> Iterator[list[Clip]]:
    """The clips of `rows` (key, etag, size), so many together as may be in memory at once."""
    batch: list[Clip] = []
    held = 0
    for key, etag, size in zip(*(rows[name].to_pylist() for name in _NAMES), strict=True):
        clip = Clip(key, Content(etag, size))
        if batch and (len(batch) == _BATCH or held + size > _BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(clip)
        held += size
    if batch:
        yield batch


_NAMES = ("key", "etag", "size")


def fetch(where: Passage, clips: Sequence[Clip]) -> list[Fetched]:
    """The bytes of all, in order; each exactly as it was listed, or a Conflict."""
    with ThreadPoolExecutor(_GETTERS) as pool:
        return list(pool.map(lambda clip: _fetch(where, clip), clips))


def _fetch(where: Passage, clip: Clip) -> Fetched:
    try:
        pieces = stream_object(
            where.store, where.bucket.bucket, clip.key, if_match=clip.content.etag
        )
        return Fetched(clip, b"".join(pieces))
    except StorageError as error:
        return Fetched(clip, error=error)
