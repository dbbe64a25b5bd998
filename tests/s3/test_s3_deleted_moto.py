"""Deleted objects over several pages of versions, on the stand-in, which pages as AWS does."""

from __future__ import annotations

import pytest

from storage.errors import NotFound
from storage.s3 import deleted
from storage.s3.client import Store
from storage.s3.deleted import list_deleted

KEYS = [f"many/{number}" for number in range(6)]


@pytest.fixture
def emptied(moto_store: Store, moto_bucket: str) -> str:
    """A bucket with six objects of two versions each, all deleted: 18 rows."""
    client = moto_store.client
    client.put_bucket_versioning(Bucket=moto_bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in KEYS:
        for body in (b"1", b"22"):
            client.put_object(Bucket=moto_bucket, Key=key, Body=body)
        client.delete_object(Bucket=moto_bucket, Key=key)
    return moto_bucket


def test_every_page_is_read(
    moto_store: Store, emptied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of a key that lie on two pages are one object, with its newest version."""
    monkeypatch.setattr(deleted, "VERSIONS_LISTED", 4)
    page = list_deleted(moto_store, emptied, "many/")
    assert page.complete
    assert sorted(row.key for row in page.rows) == KEYS
    assert {row.size for row in page.rows} == {2}


def test_stopping_early_is_said(
    moto_store: Store, emptied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found is complete in itself, and the page says that there may be more."""
    monkeypatch.setattr(deleted, "VERSIONS_LISTED", 4)
    page = list_deleted(moto_store, emptied, "many/", requests=2)
    assert not page.complete
    assert 0 < page.looked_at < 18
    assert {row.key for row in page.rows} < set(KEYS)
    assert {row.size for row in page.rows} == {2}


def test_no_bucket_is_an_error(moto_store: Store) -> None:
    """Never an empty list."""
    with pytest.raises(NotFound):
        list_deleted(moto_store, "nowhere-at-all", "")
