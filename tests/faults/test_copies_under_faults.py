"""Copies, edits and streams between stores while the store fails, or somebody writes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from judging import FAULTS, QUICK, Write, judge

from storage.errors import Conflict, NotFound
from storage.s3.client import Store
from storage.s3.copy import copy_object
from storage.s3.multipart import MIB
from storage.s3.objects import IfAbsent, IfMatch, head_object, put_object

TO = ".copy"
LARGE = b"large" * (MIB + 20_000)  # a part of 5 MiB, the least that S3 takes, and a small one

pytestmark = pytest.mark.usefixtures("impatient")


def _seed(store: Store, bucket: str, key: str, body: bytes = b"sound" * 100) -> str:
    return put_object(
        store, bucket, key, body, precondition=IfAbsent(), content_type="audio/mpeg",
        metadata={"who": "ann"}, tags={"team": "a"}, cache_control="no-cache",
    ).etag  # fmt: skip


def _seed_both(store: Store, bucket: str, key: str) -> str:
    _seed(store, bucket, key + TO, b"other")
    return _seed(store, bucket, key)


def _copy(store: Store, bucket: str, key: str, etag: str) -> object:
    return copy_object(
        store, (bucket, key, None), (bucket, key + TO), if_source=etag, precondition=IfAbsent()
    )


def _copy_over(store: Store, bucket: str, key: str, etag: str) -> object:
    there = head_object(store, bucket, key + TO).etag
    return copy_object(
        store, (bucket, key, None), (bucket, key + TO), if_source=etag, precondition=IfMatch(there)
    )


def _copy_in_parts(store: Store, bucket: str, key: str, etag: str) -> object:
    return copy_object(
        store, (bucket, key, None), (bucket, key + TO), if_source=etag, precondition=IfAbsent(),
        multipart_above=0, part_bytes=5 * MIB, sleep=lambda _s: None,
    )  # fmt: skip


def _seed_far(store: Store, bucket: str, key: str) -> tuple[str, Store]:
    return _seed(store, bucket, key), store


def _stream_from(store: Store, bucket: str, key: str, given: tuple[str, Store]) -> object:
    etag, far = given  # another store, which happens to hold the same buckets
    return copy_object(
        store, (bucket, key, None), (bucket, key + TO), to=far, if_source=etag,
        precondition=IfAbsent(),
    )  # fmt: skip


def _stream_to(store: Store, bucket: str, key: str, given: tuple[str, Store]) -> object:
    etag, far = given
    return copy_object(
        far, (bucket, key, None), (bucket, key + TO), to=store, if_source=etag,
        precondition=IfAbsent(),
    )  # fmt: skip


def _edit(store: Store, bucket: str, key: str, etag: str) -> object:
    return copy_object(
        store, (bucket, key, None), (bucket, key), if_source=etag, precondition=IfMatch(etag),
        content_type="audio/wav", metadata={"who": "bob"}, tags={"team": "b"},
    )  # fmt: skip


WRITES = (
    Write("copy", _copy, _seed, ("", TO)),
    Write("copy over another", _copy_over, _seed_both, ("", TO)),
    Write("copy in parts", _copy_in_parts, partial(_seed, body=LARGE), ("", TO)),
    Write("copy from another store", _stream_from, _seed_far, ("", TO)),
    Write("copy to another store", _stream_to, _seed_far, ("", TO)),
    Write("edit", _edit, _seed),
)
EACH = pytest.mark.parametrize("write", WRITES, ids=[one.name for one in WRITES])


@EACH
def test_a_sample_of_quick_faults(weed_store: Store, bucket: str, write: Write) -> None:
    """Done with all that belongs to it, cleanly failed or unconfirmed; the source is untouched."""
    ended = judge(write, weed_store, bucket, QUICK, at_most=6)
    assert len(set(ended.values())) > 1, "the faults did nothing"


@pytest.mark.long
@pytest.mark.timeout(900)
@EACH
def test_every_fault_at_every_request_and_many_by_chance(
    weed_store: Store, bucket: str, write: Write
) -> None:
    """Also with stalls and requests that arrive late."""
    judge(write, weed_store, bucket, FAULTS, seeds=range(100, 130))


@contextmanager
def _rewriting(store: Store, bucket: str, key: str) -> Iterator[None]:
    """Somebody who writes other bytes of other lengths under `key`, all the time."""
    ended = threading.Event()

    def write() -> None:
        for number in range(100_000):
            if ended.is_set():
                return
            body = bytes([number % 251]) * (number % 500 + 1)
            store.client.put_object(Bucket=bucket, Key=key, Body=body)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()


@pytest.mark.parametrize("versions", ["Enabled", "Suspended"])
def test_a_copy_is_of_the_bytes_it_was_asked_for(
    weed_store: Store, bucket: str, versions: str
) -> None:
    """While somebody rewrites the source: those bytes, or a Conflict and no copy of others."""
    client = weed_store.client
    client.put_bucket_versioning(
        Bucket=bucket,
        VersioningConfiguration={"Status": versions},  # type: ignore[typeddict-item]
    )
    client.put_object(Bucket=bucket, Key="k", Body=b"first")
    ended = {"copied": 0, "conflict": 0}
    with _rewriting(weed_store, bucket, "k"):
        for number in range(80):
            head = head_object(weed_store, bucket, "k")
            target = f"copy-{number}"
            try:
                copy_object(
                    weed_store, (bucket, "k", None), (bucket, target),
                    if_source=head.etag, precondition=IfAbsent(),
                )  # fmt: skip
            except Conflict:
                ended["conflict"] += 1
                with pytest.raises(NotFound):
                    head_object(weed_store, bucket, target)
            else:
                ended["copied"] += 1
                assert head_object(weed_store, bucket, target).etag == head.etag
    assert all(ended.values()), ended
