"""Multipart uploads that were begun and not completed: their parts are billed until they end."""

from __future__ import annotations

from storage.s3.client import Store, translating


def start_upload(
    store: Store, bucket: str, key: str, first_part: bytes, *, content_type: str
) -> str:
    """Begins a multipart upload and sends its first part; returns the upload's id.

    No object appears: somebody has to complete or abort it. Raises StorageError.
    """
    client = store.client_for(bucket)
    with translating("s3:PutObject", bucket, key):
        started = client.create_multipart_upload(Bucket=bucket, Key=key, ContentType=content_type)
        client.upload_part(
            Bucket=bucket, Key=key, UploadId=started["UploadId"], PartNumber=1, Body=first_part
        )
        return started["UploadId"]


def unfinished_uploads(store: Store, bucket: str, key: str) -> tuple[str, ...]:
    """Ids of the unfinished uploads of exactly this key (the first 1,000). Raises StorageError."""
    with translating("s3:ListBucketMultipartUploads", bucket, key):
        answer = store.client_for(bucket).list_multipart_uploads(Bucket=bucket, Prefix=key)
    return tuple(upload["UploadId"] for upload in answer.get("Uploads", []) if upload["Key"] == key)
