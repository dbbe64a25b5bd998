"""Deletes: of the bytes that were seen, one by one or by the thousand, and undoing one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from storage.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    NotFound,
    StorageError,
    Unavailable,
    Unsupported,
)
from storage.model.objects import Deleted
from storage.s3.client import Store, translating
from storage.s3.codes import translate
from storage.s3.conditions import changed, deleted, quoted, refuse_unholdable, writing
from storage.s3.failures import in_doubt, lost_a_try
from storage.s3.heads import head_object
from storage.s3.objects import list_versions
from storage.s3.settle import settled, unconfirmed

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

BATCH_KEYS = 1_000  # DeleteObjects: keys a request
_ALL_VERSIONS = 1_000_000  # nobody has as many of one key
LOOKS = 16  # HEADs at once, where the server does not compare for us; of 32 connections
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Outcome = tuple[str, StorageError | None]


def delete_object(store: Store, bucket: str, key: str, *, if_match: str) -> Deleted:
    """Deletes the object whose ETag was read as `if_match`.

    Raises Conflict where there is another one, or none any more; Unconfirmed where that is not
    known. Needs s3:DeleteObject and, as does each condition on a delete, s3:GetObject.
    """
    refuse_unholdable(store, bucket, key)
    if not store.capabilities.delete_if_match and not _still_there(store, bucket, key, if_match):
        raise deleted(bucket, key)

    def write() -> Deleted:
        with writing("s3:DeleteObject", bucket, key):
            answer = store.client_for(bucket).delete_object(
                Bucket=bucket, Key=key, IfMatch=quoted(if_match)
            )
        return Deleted(answer.get("VersionId"), bool(answer.get("DeleteMarker", False)))

    def look() -> Deleted | None:
        return None if _still_there(store, bucket, key, if_match) else _marker(store, bucket, key)

    return settled(write, look)


def delete_batch(store: Store, bucket: str, rows: Sequence[tuple[str, str]]) -> list[Outcome]:
    """Deletes up to 1,000 objects given by key and ETag; for each its key and why it was not.

    A Conflict is an object that changed, NotFound one that was gone already, Unconfirmed one that
    is still there while the store's answer was lost. Raises InvalidInput for more rows; no failure
    of the store is raised, but told of each row. Needs s3:DeleteObject and s3:GetObject.
    """
    if len(rows) > BATCH_KEYS:
        raise InvalidInput(f"At most {BATCH_KEYS} objects can be deleted at once.")
    outcomes: dict[str, StorageError | None] = {}
    batch: list[tuple[str, str]] = []
    for key, etag in rows:
        reason = store.capabilities.unholdable(key)
        if reason is not None or _NOT_IN_XML.search(key):  # the request names its keys in XML
            outcomes[key] = _one(store, bucket, key, etag)
        else:
            batch.append((key, etag))
    if not store.capabilities.delete_batch_if_match:
        looked = _each(store, bucket, batch, lost=None)
        batch = [row for row in batch if looked[row[0]] is None]
        outcomes |= looked
    if batch:
        outcomes |= _send(store, bucket, batch)
    return [(key, outcomes[key]) for key, _ in rows]


def delete_version(store: Store, bucket: str, key: str, version_id: str) -> None:
    """Removes one version or delete marker for good; one that is gone already counts as removed.

    A version never changes, so its id is the whole precondition. Raises Unconfirmed where the
    answer was lost and the version is still listed. Needs s3:DeleteObjectVersion.
    """
    refuse_unholdable(store, bucket, key)

    def write() -> bool:
        with translating("s3:DeleteObjectVersion", bucket, key):
            store.client_for(bucket).delete_object(Bucket=bucket, Key=key, VersionId=version_id)
        return True

    def look() -> bool | None:
        there = list_versions(store, bucket, key, limit=_ALL_VERSIONS)
        return None if any(row.version_id == version_id for row in there) else True

    settled(write, look)


def undo_delete(store: Store, bucket: str, key: str, marker_id: str) -> None:
    """Removes the delete marker that hides `key`, so that what was deleted is there again.

    Raises Conflict where the newest version is not that marker: somebody wrote since, or it was
    undone already. S3 has no condition for this; it is compared right before. Needs
    s3:ListBucketVersions and s3:DeleteObjectVersion.
    """
    newest = list_versions(store, bucket, key, limit=1)
    if not newest or not newest[0].is_delete_marker or newest[0].version_id != marker_id:
        raise Conflict(
            "The delete cannot be undone: something was written there since, or it was undone.",
            "Reload and look at the versions; an old one can be restored from there.",
            bucket=bucket,
            key=key,
        )
    delete_version(store, bucket, key, marker_id)


def _still_there(store: Store, bucket: str, key: str, etag: str) -> bool:
    """Whether the object is there as it was read. Raises Conflict where another one is."""
    try:
        head = head_object(store, bucket, key)
    except NotFound:
        return False
    if head.etag != etag:
        raise changed(bucket, key)
    return True


def _marker(store: Store, bucket: str, key: str) -> Deleted:
    """What hides a key that is no longer there, as far as we may look and the store knows."""
    try:
        newest = list_versions(store, bucket, key, limit=1)
    except (AccessDenied, Unsupported):
        newest = ()
    if newest and newest[0].is_delete_marker:
        return Deleted(newest[0].version_id, is_marker=True)
    return Deleted(None, is_marker=False)


def _one(store: Store, bucket: str, key: str, etag: str) -> StorageError | None:
    try:
        delete_object(store, bucket, key, if_match=etag)
    except StorageError as error:
        return error
    return None


def _send(
    store: Store, bucket: str, rows: Sequence[tuple[str, str]]
) -> dict[str, StorageError | None]:
    compares = store.capabilities.delete_batch_if_match
    objects: list[ObjectIdentifierTypeDef] = [
        {"Key": key, "ETag": quoted(etag)} if compares else {"Key": key} for key, etag in rows
    ]
    try:
        with translating("s3:DeleteObject", bucket):
            answer = store.client_for(bucket).delete_objects(
                Bucket=bucket, Delete={"Objects": objects}
            )
    except StorageError as error:
        if isinstance(error, Unavailable) and in_doubt(error):
            return _each(store, bucket, rows, lost=error)
        return {key: error for key, _ in rows}
    refused = {row.get("Key", ""): row for row in answer.get("Errors", [])}
    again = lost_a_try(answer)
    return {key: _told(bucket, key, refused.get(key), again) for key, _ in rows}


def _told(
    bucket: str, key: str, refusal: Mapping[str, Any] | None, again: bool
) -> StorageError | None:
    """`again`: a try before this one may have deleted the object, and only its answer was lost."""
    if refusal is None:
        return None
    code, message = refusal.get("Code", ""), refusal.get("Message", "")
    error = translate(code, message, action="s3:DeleteObject", bucket=bucket, key=key)
    if again and isinstance(error, NotFound):
        return None
    return unconfirmed(error) if again and isinstance(error, Conflict) else error


def _each(
    store: Store, bucket: str, rows: Sequence[tuple[str, str]], *, lost: StorageError | None
) -> dict[str, StorageError | None]:
    """Before a delete (`lost` is None): why a row must not be deleted. After one whose answer was
    lost: why a row is not, or not surely, deleted.
    """

    def look(row: tuple[str, str]) -> StorageError | None:
        key, etag = row
        try:
            there = _still_there(store, bucket, key, etag)
        except Conflict as error:
            return error
        except StorageError as error:
            return error if lost is None else unconfirmed(error)
        if lost is None:
            return None if there else translate("NoSuchKey", "", action="", bucket=bucket, key=key)
        return unconfirmed(lost) if there else None

    with ThreadPoolExecutor(LOOKS, thread_name_prefix="look") as pool:
        return dict(zip((key for key, _ in rows), pool.map(look, rows), strict=True))
