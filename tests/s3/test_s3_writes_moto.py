"""Writes where the server ignores conditions: they are looked at right before."""

from __future__ import annotations

import io

import pytest
from fresh import put
from odd_keys import ONLY_FLAT_STORES

from storage.errors import Conflict, NotFound
from storage.s3.capabilities import recognise
from storage.s3.client import Store
from storage.s3.copy import copy_object
from storage.s3.delete import delete_batch, delete_object
from storage.s3.multipart import MIB, PART_BYTES, upload_stream
from storage.s3.objects import IfAbsent, IfMatch, head_object, read_range
from storage.s3.tags import set_tags
from storage.s3.uploads import list_uploads

LARGE = bytes(PART_BYTES + 10)


@pytest.fixture
def unknown_store(moto_store: Store) -> Store:
    """moto as a server of which nothing is known."""
    moto_store._capabilities = recognise({})
    return moto_store


def test_upload_conditions_are_looked_at(unknown_store: Store, moto_bucket: str) -> None:
    """In parts and in one piece: refused before a byte is sent."""
    etag = put(unknown_store, moto_bucket, "k", b"there")
    for body in (b"x", LARGE):
        for precondition in (IfAbsent(), IfMatch("0" * 32)):
            with pytest.raises(Conflict):
                upload_stream(
                    unknown_store,
                    moto_bucket,
                    "k",
                    io.BytesIO(body),
                    len(body),
                    precondition=precondition,
                    content_type="audio/wav",
                )
    assert head_object(unknown_store, moto_bucket, "k").etag == etag
    assert list(list_uploads(unknown_store, moto_bucket)) == []


@pytest.mark.parametrize("above", [MIB, 100 * MIB])
def test_copy_conditions_are_looked_at(unknown_store: Store, moto_bucket: str, above: int) -> None:
    """Source and target, at once and in parts."""
    etag = put(unknown_store, moto_bucket, "k", LARGE)
    other = put(unknown_store, moto_bucket, "copy", b"there")

    def copy(source: str, precondition: IfAbsent | IfMatch) -> None:
        copy_object(
            unknown_store,
            (moto_bucket, "k", None),
            (moto_bucket, "copy"),
            if_source=source,
            precondition=precondition,
            multipart_above=above,
            part_bytes=5 * MIB,
        )

    for source, precondition in (
        ("0" * 32, IfMatch(other)),
        (etag, IfAbsent()),
        (etag, IfMatch("0" * 32)),
    ):
        with pytest.raises(Conflict):
            copy(source, precondition)
    assert head_object(unknown_store, moto_bucket, "copy").etag == other
    copy(etag, IfMatch(other))
    assert head_object(unknown_store, moto_bucket, "copy").size == len(LARGE)


def test_deletes_are_looked_at(unknown_store: Store, moto_bucket: str) -> None:
    """One by one and in a batch, what changed stays."""
    seen = put(unknown_store, moto_bucket, "k", b"seen")
    put(unknown_store, moto_bucket, "k", b"newer")
    with pytest.raises(Conflict):
        delete_object(unknown_store, moto_bucket, "k", if_match=seen)
    with pytest.raises(Conflict):
        delete_object(unknown_store, moto_bucket, "none", if_match=seen)
    same = put(unknown_store, moto_bucket, "same", b"seen")
    outcomes = delete_batch(
        unknown_store, moto_bucket, [("k", seen), ("same", same), ("none", seen)]
    )
    assert [type(error) for _, error in outcomes] == [Conflict, type(None), NotFound]
    assert read_range(unknown_store, moto_bucket, "k", 0, 9) == b"newer"
    with pytest.raises(NotFound):
        head_object(unknown_store, moto_bucket, "same")


@pytest.mark.parametrize("key", ONLY_FLAT_STORES)
def test_names_of_flat_stores_are_copied_tagged_and_deleted(
    moto_store: Store, moto_bucket: str, key: str
) -> None:
    """Each is itself in every write: a batch names control characters one by one, not in XML."""
    etag = put(moto_store, moto_bucket, key, b"x")
    place = (moto_bucket, key)
    copy_object(
        moto_store, (*place, None), place, if_source=etag, precondition=IfMatch(etag),
        metadata={"voice": "Aria"},
    )  # fmt: skip
    set_tags(moto_store, moto_bucket, key, {"a": "b"}, expected={})
    assert head_object(moto_store, moto_bucket, key).metadata == {"voice": "Aria"}
    assert delete_batch(moto_store, moto_bucket, [(key, etag)]) == [(key, None)]
    with pytest.raises(NotFound):
        head_object(moto_store, moto_bucket, key)
