"""What a bucket says of itself right now: whether it keeps versions, and its store's time."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from storage.s3.client import Store, translating


def versioning_of(store: Store, bucket: str) -> Literal["on", "suspended", "off"]:
    """Whether the bucket keeps old versions. Raises AccessDenied without s3:GetBucketVersioning."""
    with translating("s3:GetBucketVersioning", bucket):
        answer = store.client_for(bucket).get_bucket_versioning(Bucket=bucket)
    status = answer.get("Status", "")
    if status == "Enabled":
        return "on"
    return "suspended" if status == "Suspended" else "off"


def store_time(store: Store, bucket: str) -> datetime:
    """The store's clock, in whole seconds: objects' times are by it, not by ours. Raises
    StorageError; the store's own time is in its answer, and where it is not (a proxy) ours is.
    """
    with translating("s3:ListBucket", bucket):
        answer = store.client_for(bucket).head_bucket(Bucket=bucket)
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    try:
        return parsedate_to_datetime(said).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC).replace(microsecond=0)
