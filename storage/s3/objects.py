"""One object: its facts, bytes, tags and versions, and writing it under a precondition."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from storage.errors import Unsupported
from storage.model.objects import ObjectHead, VersionRow, Written
from storage.s3.client import Store, translating
from storage.s3.conditions import (
    IfAbsent,
    IfMatch,
    Precondition,
    asked,
    changed,
    quoted,
    refuse_unholdable,
    writing,
)
from storage.s3.direct import direct
from storage.s3.facts import Facts
from storage.s3.failures import status_of
from storage.s3.heads import head_object, look_first, look_for, version_of
from storage.s3.settle import settled

__all__ = [
    "IfAbsent",
    "IfMatch",
    "Precondition",
    "get_tags",
    "head_object",
    "list_versions",
    "put_object",
    "read_object",
    "read_range",
    "stream_object",
]

VERSIONS_LISTED = 1_000  # ListObjectVersions: max-keys ceiling
_READ, _READ_VERSION = "s3:GetObject", "s3:GetObjectVersion"


def read_range(
    store: Store, bucket: str, key: str, start: int, length: int, *, if_match: str | None = None
) -> bytes:
    """At most `length` bytes from `start`; fewer, or none, where the object ends before.

    With `if_match` (an ETag) raises Conflict when the object changed since.
    """
    if length <= 0:
        return b""
    which: dict[str, Any] = {"Range": f"bytes={start}-{start + length - 1}"}
    if if_match is not None:
        which["IfMatch"] = quoted(if_match)
    with translating(_READ, bucket, key):
        try:
            answer = store.client_for(bucket).get_object(Bucket=bucket, Key=key, **which)
        except ClientError as error:
            if status_of(error) == 416:  # nothing from `start` on; also how empty objects answer
                return b""
            raise
        with closing(answer["Body"]) as body:
            _compare(answer.get("ETag", ""), if_match, bucket, key)
            # a server that ignores ranges sends all from the first byte
            skipped = 0 if "ContentRange" in answer else start
            found = body.read(skipped + length)
            if len(found) < skipped + length:
                found += body.read()  # nothing, but now the SDK compares with the length announced
            return found[skipped:]


def _compare(answered: str, if_match: str | None, bucket: str, key: str) -> None:
    """SeaweedFS 4.48 checks If-Match and then looks up the newest version: maybe a newer one."""
    if if_match is not None and answered.strip('"') != if_match:
        raise changed(bucket, key)


def stream_object(
    store: Store,
    bucket: str,
    key: str,
    *,
    if_match: str | None = None,
    version_id: str | None = None,
    span: tuple[int, int] | None = None,
    chunk_bytes: int = 65_536,
) -> Iterator[bytes]:
    """The object, or one version, in pieces; of a `span` (first byte, length) only that, which must
    lie inside it. Raises Unavailable where it breaks off: what came before is partial."""
    which: dict[str, Any] = {} if if_match is None else {"IfMatch": quoted(if_match)}
    if version_id is not None:
        which["VersionId"] = version_id
    if span is not None:
        which["Range"] = f"bytes={span[0]}-{sum(span) - 1}"
    with translating(_READ if version_id is None else _READ_VERSION, bucket, key):
        answer = store.client_for(bucket).get_object(Bucket=bucket, Key=key, **which)
        with closing(answer["Body"]) as body:
            _compare(answer.get("ETag", ""), if_match, bucket, key)
            if span is not None and answer["ContentLength"] != span[1]:
                # ignored, or cut: whoever asked has announced other bytes already
                raise Unsupported("This store gives no parts of an object.", "Ask for all of it.")
            yield from body.iter_chunks(chunk_bytes)


def read_object(store: Store, head: ObjectHead) -> Iterator[bytes | memoryview]:
    """The object as `head` tells of it, in pieces that are good until the next one. Raises Conflict
    where it changed since, and as `stream_object`.
    """
    where = (store, head.bucket, head.key)
    quick = direct(store, head.bucket)
    with translating(_READ, head.bucket, head.key):
        pieces = quick.get(head.key, head.etag, head.size) if quick else None
        yield from pieces or stream_object(*where, if_match=head.etag)


def get_tags(store: Store, bucket: str, key: str, version_id: str | None = None) -> dict[str, str]:
    """The tags of an object (or one version). Raises AccessDenied without s3:GetObjectTagging
    (s3:GetObjectVersionTagging)."""
    which: dict[str, Any] = {} if version_id is None else {"VersionId": version_id}
    action = "s3:GetObjectTagging" if version_id is None else "s3:GetObjectVersionTagging"
    with translating(action, bucket, key):
        answer = store.client_for(bucket).get_object_tagging(Bucket=bucket, Key=key, **which)
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
    sha256: str = "",
) -> Written:
    """Writes `body` where the precondition holds. `sha256`: its digest in hex, where it is known;
    it saves reading the bytes twice more.

    Raises Conflict when it does not hold (nothing was written), Unsupported for a key this
    server would store under another name, Unavailable when nothing was written, Unconfirmed when
    it is not known whether it was.
    """
    facts = Facts(content_type, cache_control, metadata=dict(metadata or {}), tags=tags)
    return put_with(store, bucket, key, body, facts, precondition=precondition, sha256=sha256)


def put_with(
    store: Store,
    bucket: str,
    key: str,
    body: bytes,
    facts: Facts,
    *,
    precondition: Precondition,
    sha256: str = "",
) -> Written:
    """Writes `body` with `facts` where the precondition holds. Raises as `put_object`."""
    refuse_unholdable(store, bucket, key)
    can = store.capabilities
    absent = isinstance(precondition, IfAbsent)
    look_first(store, bucket, key, precondition, can.put_if_absent if absent else can.put_if_match)
    quick = direct(store, bucket) if sha256 and can.compares_crc32 else None
    answer = quick.put(key, body, sha256, facts, precondition=precondition) if quick else "refused"
    if isinstance(answer, Written):
        return answer
    md5 = hashlib.md5(body, usedforsecurity=False)

    def write() -> Written:
        with writing("s3:PutObject", bucket, key):
            answer = store.client_for(bucket).put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentMD5=base64.b64encode(md5.digest()).decode(),
                **facts.as_request(),
                **asked(precondition),
            )
        etag, version_id = answer["ETag"].strip('"'), version_of(answer)
        return Written(etag, version_id, len(body))

    def is_ours(head: ObjectHead) -> bool:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        return holds(store, head, len(body), md5.hexdigest(), digest)

    look = partial(look_for, store, bucket, key, precondition, is_ours)
    return settled(write, look, lost=answer == "lost")


def holds(store: Store, head: ObjectHead, size: int, etag: str, sha256: str) -> bool:
    """Whether these are the bytes of `size`, ETag and (base64) SHA-256: read back where the ETag
    is another one, as it is of encrypted objects."""
    if head.size != size or head.etag == etag:
        return head.size == size
    digest = hashlib.sha256()
    for piece in stream_object(store, head.bucket, head.key, if_match=head.etag):
        digest.update(piece)
    return base64.b64encode(digest.digest()).decode() == sha256
