"""Buckets themselves: making one, versioning, CORS, and what unfinished uploads they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storage.s3.client import Store, translating

UPLOADS_LISTED = 1_000  # ListMultipartUploads: max-uploads ceiling


def create_bucket(store: Store, bucket: str, *, versioning: bool) -> None:
    """Makes `bucket` in the store's region. Raises Conflict when the name is taken."""
    region = store.client.meta.region_name
    options: dict[str, Any] = {}
    # us-east-1 is the one region that must not be named; servers of one's own may know no names
    if region != "us-east-1" and not store.connection.endpoint_url:
        options["CreateBucketConfiguration"] = {"LocationConstraint": region}
    with translating("s3:CreateBucket", bucket):
        store.client.create_bucket(Bucket=bucket, **options)
    if versioning:
        keep_versions(store, bucket)


def keep_versions(store: Store, bucket: str) -> None:
    """Turns versioning on: from now on an overwrite or a delete keeps what was there."""
    with translating("s3:PutBucketVersioning", bucket):
        store.client_for(bucket).put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )


def set_cors(store: Store, bucket: str, origins: Sequence[str]) -> None:
    """Lets pages of `origins` read the bucket's objects, ranges included. Replaces its CORS."""
    rule: Any = {
        "AllowedOrigins": list(origins),
        "AllowedMethods": ["GET", "HEAD"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"],
        "MaxAgeSeconds": 3600,
    }
    with translating("s3:PutBucketCORS", bucket):
        store.client_for(bucket).put_bucket_cors(
            Bucket=bucket, CORSConfiguration={"CORSRules": [rule]}
        )


def count_unfinished_uploads(store: Store, bucket: str) -> tuple[int, bool]:
    """How many multipart uploads were begun and not ended, and whether there are more: one page."""
    with translating("s3:ListBucketMultipartUploads", bucket):
        answer = store.client_for(bucket).list_multipart_uploads(
            Bucket=bucket, MaxUploads=UPLOADS_LISTED
        )
    return len(answer.get("Uploads", [])), bool(answer.get("IsTruncated", False))
