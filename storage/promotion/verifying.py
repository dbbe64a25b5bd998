"""Whether the live bucket holds what a release says: listed, asked, and read."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from storage.errors import NotFound, StorageError, Unavailable
from storage.gate import Passage
from storage.model.releases import Release, Step, Verified
from storage.promotion.gates import is_any
from storage.promotion.reading import WORKERS, Stop, heads, with_facts_now
from storage.promotion.steps import Meant, meant
from storage.s3.client import Store
from storage.s3.fetching import fetch_start
from storage.s3.objects import stream_object
from storage.s3.presign import presign_get

SAMPLE = 20  # objects read through, and fetched as a player does
FINDINGS = 100
_START_BYTES = 1_024
_LINK_S = 60
_CARRIED = (
    ("content_type", "the content type"),
    ("cache_control", "the cache control"),
    ("content_disposition", "the content disposition"),
    ("content_encoding", "the content encoding"),
    ("content_language", "the content language"),
    ("metadata", "the metadata"),
    ("redirect", "the redirect"),
    ("tags", "the number of tags"),
)

Wrong = tuple[str, str]  # key, what is wrong


@dataclass(frozen=True, slots=True)
class Checking:
    """What a verification works with. `steps` are those of the journal by row; `everything` reads
    every object through, not only a sample.
    """

    release: Release
    rows: pa.Table
    steps: Mapping[int, Step]
    source: Store
    target: Passage
    everything: bool
    stop: Stop
    told: Callable[[int, int], None]


def verified(checking: Checking, now: datetime) -> Verified:
    """What was found. Raises StorageError where the store does not answer."""
    todo = checking.release.todo
    source = checking.source, checking.release.header.source_bucket
    steps = list(with_facts_now(*source, list(meant(checking.rows, 0, todo)), checking.stop))
    wrong = dict(_unlike(checking, steps))
    there = [one for one in steps if not one.removes and one.key not in wrong]
    wrong |= dict(_unchanged(checking))
    chosen = there if checking.everything else _sample(checking, there)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="read") as pool:
        found = pool.map(lambda one: _unreadable(checking, one, now), chosen)
        wrong |= {one.key: why for one, why in zip(chosen, found, strict=True) if why}
    return Verified(
        at=now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        objects=todo + checking.rows.filter(is_any(checking.rows, "same")).num_rows,
        read=len(chosen),
        wrong=len(wrong),
        findings=tuple(sorted(wrong.items())[:FINDINGS]),
    )


def _sample(checking: Checking, there: Sequence[Meant]) -> list[Meant]:
    """Some by chance, and all whose ETag does not tell that the bytes are the source's."""
    chosen = random.sample(there, min(SAMPLE, len(there)))  # by chance, not by a secret
    unlike = [one for one in there if _step(checking, one).after_etag != one.etag]
    return list({one.seq: one for one in (*chosen, *unlike)}.values())


def _step(checking: Checking, one: Meant) -> Step:
    return checking.steps.get(one.seq, Step(one.seq, one.key, "failed"))


def _unlike(checking: Checking, steps: Sequence[Meant]) -> Iterator[Wrong]:
    """What the release wrote, or took away, and is not so."""
    bucket = checking.release.header.target_bucket
    found = heads(checking.target.store, bucket, [one.key for one in steps], checking.stop)
    for at, (one, head) in enumerate(zip(steps, found, strict=True), 1):
        checking.told(at, len(steps))
        step = _step(checking, one)
        if step.phase not in ("done", "found"):
            yield one.key, "It was not done."
        elif one.removes:
            if head is not None:
                yield one.key, "It is there again."
        elif head is None:
            yield one.key, "It is not there."
        elif head.etag != step.after_etag or head.answer["ContentLength"] != one.size:
            yield one.key, "It is another by now: ETag or size differ."
        elif one.facts:
            differs = _difference(json.loads(one.facts), head.facts)
            if differs:
                yield one.key, f"{differs[:1].upper()}{differs[1:]} is another."


def _difference(meant_facts: Mapping[str, object], there: Mapping[str, object]) -> str:
    return next((words for name, words in _CARRIED if meant_facts.get(name) != there.get(name)), "")


def _unchanged(checking: Checking) -> Iterator[Wrong]:
    """What was live already and is no longer so."""
    rows = checking.rows.filter(is_any(checking.rows, "same"))
    keys, etags = rows["key"].to_pylist(), rows["prod_etag"].to_pylist()
    bucket = checking.release.header.target_bucket
    found = heads(checking.target.store, bucket, keys, checking.stop)
    for key, etag, head in zip(keys, etags, found, strict=True):
        if head is None:
            yield key, "It was live, and is not there any more."
        elif head.etag != etag:
            yield key, "It was live, and is another by now."


def _unreadable(checking: Checking, one: Meant, now: datetime) -> str:
    """What is wrong with the bytes; "" where they are the source's, and a player gets them. Raises
    Unavailable: a store that is away has shown no difference.
    """
    checking.stop()
    header, target = checking.release.header, checking.target.store
    version = one.source_version or None
    try:
        live = _digest(target, header.target_bucket, one.key, None)
    except Unavailable:
        raise
    except StorageError as error:
        return f"It cannot be read: {error.what}"
    try:
        ours = _digest(checking.source, header.source_bucket, one.source_key, version)
    except NotFound:
        ours = live  # it left the source since: ETag and size are all there is
    if ours != live:
        return "Its bytes are not those of the source."
    url = presign_get(target, header.target_bucket, one.key, expires_s=_LINK_S, now=now).url
    start = fetch_start(url, _START_BYTES)
    if start.status not in (200, 206):
        return f"A player does not get it: the store answers {start.status}."
    return "" if start.data or not one.size else "A player gets nothing of it."


def _digest(store: Store, bucket: str, key: str, version: str | None) -> bytes:
    digest = hashlib.sha256()
    for piece in stream_object(store, bucket, key, version_id=version):
        digest.update(piece)
    return digest.digest()
