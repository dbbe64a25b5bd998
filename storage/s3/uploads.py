"""Multipart uploads that were begun and not completed: their parts are billed until they end."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from storage.errors import AccessDenied, NotFound, Unavailable, Unsupported
from storage.s3.client import Store, translating
from storage.s3.conditions import refuse_unholdable
from storage.s3.facts import Facts
from storage.s3.failures import retries_of


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the store holds; its ETag without quotes."""

    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload that was begun and not ended; `begun` is UTC."""

    key: str
    upload_id: str
    begun: datetime


def begin_upload(
    store: Store,
    bucket: str,
    key: str,
    *,
    content_type: str,
    metadata: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    cache_control: str = "",
) -> str:
    """Begins a multipart upload; returns its id. No object appears until it is completed.

    Who begins it ends it: by `resume_upload`, as often as it takes, or `abort_upload`. Raises
    StorageError. Needs s3:PutObject, and s3:PutObjectTagging for tags.
    """
    facts = Facts(content_type, cache_control, metadata=dict(metadata or {}), tags=tags)
    return begin_with(store, bucket, key, facts)


def begin_with(store: Store, bucket: str, key: str, facts: Facts) -> str:
    """Begins a multipart upload of an object with `facts`; returns its id.

    Where the answer to a try was lost, an upload may have begun whose id nobody knows: it is
    found (with s3:ListBucketMultipartUploads) and aborted.
    """
    refuse_unholdable(store, bucket, key)
    before = _ids_if_allowed(store, bucket, key)
    try:
        with translating("s3:PutObject", bucket, key):
            answer = store.client_for(bucket).create_multipart_upload(
                Bucket=bucket, Key=key, **facts.as_request()
            )
    except Unavailable:
        _abort_strays(store, bucket, key, before)
        raise
    if retries_of(answer) and before is not None:
        _abort_strays(store, bucket, key, {*before, answer["UploadId"]})
    return answer["UploadId"]


def send_part(
    store: Store, bucket: str, key: str, upload_id: str, *, number: int, body: bytes, md5: bytes
) -> Part:
    """Sends one part with its MD5 digest, which the store compares. Needs s3:PutObject."""
    with translating("s3:PutObject", bucket, key):
        answer = store.client_for(bucket).upload_part(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            Body=body,
            ContentMD5=base64.b64encode(md5).decode(),
        )
    return Part(number, answer["ETag"].strip('"'), len(body))


def list_parts(store: Store, bucket: str, key: str, upload_id: str) -> list[Part]:
    """What the store holds of an upload, by number. Raises NotFound where the upload has ended.

    Needs s3:ListMultipartUploadParts.
    """
    with translating("s3:ListMultipartUploadParts", bucket, key):
        pages = store.client_for(bucket).get_paginator("list_parts")
        return [
            Part(row["PartNumber"], row["ETag"].strip('"'), row["Size"])
            for page in pages.paginate(Bucket=bucket, Key=key, UploadId=upload_id)
            for row in page.get("Parts", [])
        ]


def list_uploads(store: Store, bucket: str, prefix: str = "") -> Iterator[Unfinished]:
    """Every unfinished upload of keys that begin with `prefix`, all pages.

    Needs s3:ListBucketMultipartUploads.
    """
    with translating("s3:ListBucketMultipartUploads", bucket):
        pages = store.client_for(bucket).get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for row in page.get("Uploads", []):
                begun = row["Initiated"].astimezone(UTC)
                yield Unfinished(row["Key"], row["UploadId"], begun)


def abort_upload(store: Store, bucket: str, key: str, upload_id: str) -> None:
    """Ends an upload and removes its parts; one that has ended already is no error.

    No part of it may be on its way: it could be kept. Needs s3:AbortMultipartUpload.
    """
    with translating("s3:AbortMultipartUpload", bucket, key):
        try:
            store.client_for(bucket).abort_multipart_upload(
                Bucket=bucket, Key=key, UploadId=upload_id
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "NoSuchUpload":
                raise


def abort_uploads(store: Store, bucket: str, key: str) -> int:
    """Ends every unfinished upload of exactly this key, whoever began it; returns how many."""
    ids = unfinished_uploads(store, bucket, key)
    for upload_id in ids:
        abort_upload(store, bucket, key, upload_id)
    return len(ids)


def unfinished_uploads(store: Store, bucket: str, key: str) -> tuple[str, ...]:
    """Ids of the unfinished uploads of exactly this key. Raises StorageError."""
    every = list_uploads(store, bucket, key)
    return tuple(upload.upload_id for upload in every if upload.key == key)


def _ids_if_allowed(store: Store, bucket: str, key: str) -> Collection[str] | None:
    try:
        return unfinished_uploads(store, bucket, key)
    except (AccessDenied, Unsupported):
        return None


def _abort_strays(store: Store, bucket: str, key: str, known: Collection[str] | None) -> None:
    """Aborts uploads of the key that began just now and hold no part: ours, of unknown id.

    Somebody else's that began in the same second would end too; it holds nothing yet, and they
    are told when they send their first part.
    """
    if known is None:
        return
    try:
        for upload_id in set(unfinished_uploads(store, bucket, key)) - set(known):
            if not list_parts(store, bucket, key, upload_id):
                abort_upload(store, bucket, key, upload_id)
    except (AccessDenied, NotFound, Unavailable):
        return  # the store's rule for unfinished uploads has to do it
