"""One object: its facts, bytes, tags and versions, and writing it under a precondition."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from storage.errors import Conflict, NotFound, Unavailable, Unsupported
from storage.model.objects import ObjectHead, VersionRow
from storage.s3.client import Store, translating
from storage.s3.failures import status_of

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

VERSIONS_LISTED = 1_000  # ListObjectVersions: max-keys ceiling
_READ, _READ_VERSION = "s3:GetObject", "s3:GetObjectVersion"


@dataclass(frozen=True, slots=True)
class IfAbsent:
    """Write only where nothing is."""


@dataclass(frozen=True, slots=True)
class IfMatch:
    """Write only over the bytes that were read: their `etag`, without quotes."""

    etag: str


Precondition = IfAbsent | IfMatch


def head_object(store: Store, bucket: str, key: str, version_id: str | None = None) -> ObjectHead:
    """The facts of an object (or one version). Raises NotFound, AccessDenied, Unavailable …"""
    which: dict[str, Any] = {"Bucket": bucket, "Key": key}
    if version_id is not None:
        which["VersionId"] = version_id
    client = store.client_for(bucket)
    with translating(_READ if version_id is None else _READ_VERSION, bucket, key):
        try:
            answer = client.head_object(**which, ChecksumMode="ENABLED")
        except ClientError:
            # An answer to HEAD has no body, so no code: whether key or bucket is missing, a token
            # expired (400) or a secret wrong (403) only shows when the same is asked with GET.
            client.get_object(**which, Range="bytes=0-0")["Body"].close()
            raise
    return _head(bucket, key, answer)


def _head(bucket: str, key: str, answer: HeadObjectOutputTypeDef) -> ObjectHead:
    every: Mapping[str, Any] = answer
    checksums = {
        name.removeprefix("Checksum"): str(value)
        for name, value in every.items()
        if name.startswith("Checksum") and name != "ChecksumType"
    }
    return ObjectHead(
        bucket=bucket,
        key=key,
        size=answer["ContentLength"],
        etag=answer.get("ETag", "").strip('"'),
        modified=answer["LastModified"].astimezone(UTC),
        content_type=answer.get("ContentType", ""),
        storage_class=answer.get("StorageClass", "STANDARD"),
        version_id=answer.get("VersionId"),
        cache_control=answer.get("CacheControl", ""),
        content_encoding=answer.get("ContentEncoding", ""),
        content_disposition=answer.get("ContentDisposition", ""),
        encryption=answer.get("ServerSideEncryption", ""),
        metadata=dict(answer.get("Metadata", {})),
        checksums=checksums,
    )


def read_range(
    store: Store, bucket: str, key: str, start: int, length: int, *, if_match: str | None = None
) -> bytes:
    """At most `length` bytes from `start`; fewer, or none, where the object ends before.

    With `if_match` (an ETag) raises Conflict when the object changed since.
    """
    if length <= 0:
        return b""
    asked: dict[str, Any] = {"Range": f"bytes={start}-{start + length - 1}"}
    if if_match is not None:
        asked["IfMatch"] = _quoted(if_match)
    with translating(_READ, bucket, key):
        try:
            answer = store.client_for(bucket).get_object(Bucket=bucket, Key=key, **asked)
        except ClientError as error:
            if status_of(error) == 416:  # nothing from `start` on; also how empty objects answer
                return b""
            raise
        with closing(answer["Body"]) as body:
            # a server that ignores ranges sends all from the first byte
            skipped = 0 if "ContentRange" in answer else start
            return body.read(skipped + length)[skipped:]


def stream_object(
    store: Store,
    bucket: str,
    key: str,
    *,
    if_match: str | None = None,
    chunk_bytes: int = 65_536,
) -> Iterator[bytes]:
    """The object in pieces. Raises Unavailable where it breaks off: what came before is partial."""
    asked: dict[str, Any] = {} if if_match is None else {"IfMatch": _quoted(if_match)}
    with translating(_READ, bucket, key):
        answer = store.client_for(bucket).get_object(Bucket=bucket, Key=key, **asked)
        with closing(answer["Body"]) as body:
            yield from body.iter_chunks(chunk_bytes)


def get_tags(store: Store, bucket: str, key: str) -> dict[str, str]:
    """The object's tags. Raises AccessDenied without s3:GetObjectTagging."""
    with translating("s3:GetObjectTagging", bucket, key):
        answer = store.client_for(bucket).get_object_tagging(Bucket=bucket, Key=key)
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def list_versions(store: Store, bucket: str, key: str, limit: int = 100) -> tuple[VersionRow, ...]:
    """At most `limit` versions and delete markers of exactly this key, newest first.

    Reads no further than the key: others that begin with it sort behind it. SeaweedFS 4.48 keeps
    versions in a folder `key.versions` and pages in that order, losing rows between pages: so a
    page is as large as can be, whatever the limit, and what lies under `key/` is folded.
    """
    rows: list[VersionRow] = []
    marker: dict[str, Any] = {}
    with translating("s3:ListBucketVersions", bucket, key):
        while True:
            answer = store.client_for(bucket).list_object_versions(
                Bucket=bucket, Prefix=key, Delimiter="/", MaxKeys=VERSIONS_LISTED, **marker
            )
            rows += _version_rows(answer, key)
            more = answer.get("IsTruncated") and answer.get("NextKeyMarker") == key
            if not more or len(rows) >= limit:
                break
            marker = {"KeyMarker": key, "VersionIdMarker": answer["NextVersionIdMarker"]}
    # boto3 gives versions and markers apart; the latest is known, the rest is told by its time
    rows.sort(key=lambda row: (row.is_latest, row.modified), reverse=True)
    return tuple(rows[:limit])


def _version_rows(answer: Mapping[str, Any], key: str) -> Iterator[VersionRow]:
    for row in (*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())):
        if row["Key"] == key:
            yield VersionRow(
                version_id=row["VersionId"],
                size=row.get("Size", 0),
                etag=row.get("ETag", "").strip('"'),
                modified=row["LastModified"].astimezone(UTC),
                is_latest=row["IsLatest"],
                is_delete_marker="Size" not in row,
            )


def put_object(
    store: Store,
    bucket: str,
    key: str,
    body: bytes,
    *,
    precondition: Precondition,
    content_type: str,
    metadata: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    cache_control: str = "",
) -> str:
    """Writes `body` where the precondition holds; returns the new ETag, without quotes.

    Raises Conflict when it does not hold (nothing was written), Unsupported for a key this
    server would store under another name, Unavailable (with a word on it) when it is not known
    whether the bytes arrived.
    """
    _refuse_unholdable(store, bucket, key)
    asked: dict[str, Any] = {
        "Bucket": bucket,
        "Key": key,
        "Body": body,
        "ContentType": content_type,
        "ContentMD5": base64.b64encode(_md5(body)).decode(),
        "Metadata": dict(metadata or {}),
        **_condition(precondition),
    }
    if tags:
        asked["Tagging"] = urlencode(tags)
    if cache_control:
        asked["CacheControl"] = cache_control
    _look_first(store, bucket, key, precondition)
    try:
        with translating("s3:PutObject", bucket, key):
            return _put(store, bucket, key, asked)
    except Unavailable as error:
        error.remedy = f"It may have been written all the same: reload and look. {error.remedy}"
        raise


def _refuse_unholdable(store: Store, bucket: str, key: str) -> None:
    reason = store.capabilities.unholdable(key)
    if reason is not None:
        raise Unsupported(
            f"This store cannot hold that name: {reason}",
            "Choose another name, or another store.",
            bucket=bucket,
            key=key,
        )


def _put(store: Store, bucket: str, key: str, asked: Mapping[str, Any]) -> str:
    try:
        answer = store.client_for(bucket).put_object(**asked)
        return answer["ETag"].strip('"')
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code == "NoSuchKey":  # how S3 answers If-Match where nothing is
            raise _deleted(bucket, key) from error
        # the first try may have been written and only its answer lost
        retried = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
        if status_of(error) == 412 and retried and _is_there(store, bucket, key, asked["Body"]):
            return _md5(asked["Body"]).hex()
        raise


def _look_first(store: Store, bucket: str, key: str, precondition: Precondition) -> None:
    """Compares right before writing where the server is not known to keep the condition itself.

    Some take the header and ignore it (Ceph rgw 16: If-Match). A writer in between is not seen.
    """
    can = store.capabilities
    absent = isinstance(precondition, IfAbsent)
    if can.put_if_absent if absent else can.put_if_match:
        return
    try:
        etag = head_object(store, bucket, key).etag
    except NotFound as error:
        if absent:
            return
        raise _deleted(bucket, key) from error
    if isinstance(precondition, IfAbsent) or etag != precondition.etag:
        raise Conflict(
            "The object changed after it was read, so nothing was written.",
            "Reload, look at the newer version, and try again.",
            bucket=bucket,
            key=key,
        )


def _deleted(bucket: str, key: str) -> Conflict:
    return Conflict(
        "The object was deleted after it was read, so nothing was written.",
        "Reload the list.",
        bucket=bucket,
        key=key,
    )


def _condition(precondition: Precondition) -> dict[str, str]:
    if isinstance(precondition, IfAbsent):
        return {"IfNoneMatch": "*"}
    return {"IfMatch": _quoted(precondition.etag)}


def _is_there(store: Store, bucket: str, key: str, body: bytes) -> bool:
    """Whether the object holds exactly our bytes; read back where its ETag is no MD5 (KMS)."""
    head = head_object(store, bucket, key)
    if head.size != len(body) or head.etag == _md5(body).hex():
        return head.size == len(body)
    return b"".join(stream_object(store, bucket, key, if_match=head.etag)) == body


def _md5(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).digest()


def _quoted(etag: str) -> str:
    return f'"{etag}"'
