"""What HEAD says of an object, and whether that is what a write expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from storage.errors import NotFound
from storage.model.objects import ObjectHead, Written
from storage.s3.client import Store, translating
from storage.s3.conditions import IfAbsent, IfMatch, Precondition, changed, deleted

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef


def head_object(store: Store, bucket: str, key: str, version_id: str | None = None) -> ObjectHead:
    """The facts of an object (or one version). Raises NotFound, AccessDenied, Unavailable …"""
    return head_of(bucket, key, head_answer(store, bucket, key, version_id))


def head_answer(
    store: Store, bucket: str, key: str, version_id: str | None = None
) -> HeadObjectOutputTypeDef:
    """The whole answer to HeadObject. Raises as `head_object`."""
    which: dict[str, Any] = {"Bucket": bucket, "Key": key}
    if version_id is not None:
        which["VersionId"] = version_id
    client = store.client_for(bucket)
    with translating("s3:GetObject" if version_id is None else "s3:GetObjectVersion", bucket, key):
        try:
            return client.head_object(**which, ChecksumMode="ENABLED")
        except ClientError:
            # An answer to HEAD has no body, so no code: whether key or bucket is missing, a token
            # expired (400) or a secret wrong (403) only shows when the same is asked with GET.
            client.get_object(**which, Range="bytes=0-0")["Body"].close()
            raise


def head_of(bucket: str, key: str, answer: HeadObjectOutputTypeDef) -> ObjectHead:
    """An answer to HeadObject as the facts the library works with."""
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
        checksums=_checksums(answer),
    )


def _checksums(answer: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix("Checksum"): str(value)
        for name, value in answer.items()
        if name.startswith("Checksum") and name != "ChecksumType"
    }


def version_of(answer: Mapping[str, Any]) -> str | None:
    """The version a write made. "null" is no version that lasts: the next write replaces it."""
    version_id: str | None = answer.get("VersionId")
    return None if version_id == "null" else version_id


def look_first(store: Store, bucket: str, key: str, precondition: Precondition, kept: bool) -> None:
    """Compares right before writing where the server is not known to keep the condition itself.

    Some take the header and ignore it (Ceph rgw 16: If-Match). A writer in between is not seen.
    """
    if not kept:
        look_for(store, bucket, key, precondition, lambda _head: False)


def look_for(
    store: Store,
    bucket: str,
    key: str,
    precondition: Precondition,
    is_ours: Callable[[ObjectHead], bool],
) -> Written | None:
    """What we wrote, where it is there; None while all is as the precondition says.

    Raises Conflict where it is neither, and what `head_object` raises.
    """
    try:
        head = head_object(store, bucket, key)
    except NotFound as error:
        if isinstance(precondition, IfAbsent):
            return None
        raise deleted(bucket, key) from error
    if is_ours(head):
        return Written(head.etag, head.version_id, head.size, head.checksums)
    if isinstance(precondition, IfMatch) and head.etag == precondition.etag:
        return None
    raise changed(bucket, key)
