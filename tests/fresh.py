"""Seeding objects for tests of writes, by the SDK itself."""

from __future__ import annotations

from typing import Any

from storage.s3.client import Store


def put(store: Store, bucket: str, key: str, body: bytes, **more: Any) -> str:
    """Writes whatever is there; returns the ETag without quotes."""
    answer = store.client.put_object(Bucket=bucket, Key=key, Body=body, **more)
    return answer["ETag"].strip('"')


def keep_versions(store: Store, bucket: str) -> None:
    """Turns versioning on."""
    store.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
