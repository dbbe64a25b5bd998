"""What was deleted and is still kept, on the real store."""

from __future__ import annotations

import pytest

from storage.s3.client import Store
from storage.s3.deleted import list_deleted


@pytest.fixture
def versioned(weed_store: Store, bucket: str) -> str:
    """A bucket that keeps old versions."""
    weed_store.client.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    return bucket


def put(store: Store, bucket: str, key: str, body: bytes) -> str:
    """Stores it; its version."""
    return store.client.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]


def test_deleted_objects_are_found_with_what_to_restore(weed_store: Store, versioned: str) -> None:
    """Anywhere below the prefix, with the newest version that has bytes, and nothing that is
    there."""
    put(weed_store, versioned, "a/x.txt", b"old")
    newest = put(weed_store, versioned, "a/x.txt", b"newer")
    deep = put(weed_store, versioned, "a/b/y.txt", b"deep")
    put(weed_store, versioned, "a/kept.txt", b"kept")
    put(weed_store, versioned, "c.txt", b"elsewhere")
    for key in ("a/x.txt", "a/b/y.txt", "c.txt"):
        weed_store.client.delete_object(Bucket=versioned, Key=key)
    page = list_deleted(weed_store, versioned, "a/")
    assert page.complete
    assert {(row.key, row.version_id, row.size) for row in page.rows} == {
        ("a/x.txt", newest, 5),
        ("a/b/y.txt", deep, 4),
    }
    assert all(row.deleted_at >= row.modified for row in page.rows)
    assert {row.key for row in list_deleted(weed_store, versioned, "").rows} == {
        "a/x.txt",
        "a/b/y.txt",
        "c.txt",
    }


def test_what_came_back_is_not_deleted(weed_store: Store, versioned: str) -> None:
    """An object stored again over its delete marker is not listed; nor is a marker over nothing."""
    put(weed_store, versioned, "back.txt", b"1")
    weed_store.client.delete_object(Bucket=versioned, Key="back.txt")
    put(weed_store, versioned, "back.txt", b"2")
    weed_store.client.delete_object(Bucket=versioned, Key="never.txt")
    assert list_deleted(weed_store, versioned, "").rows == ()


def test_a_bucket_without_versions_has_none(weed_store: Store, bucket: str) -> None:
    """There it is gone for good, which is no error."""
    weed_store.client.put_object(Bucket=bucket, Key="x.txt", Body=b"1")
    weed_store.client.delete_object(Bucket=bucket, Key="x.txt")
    assert list_deleted(weed_store, bucket, "").rows == ()
