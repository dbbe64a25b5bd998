"""Looking at one object: its facts and its preview, read from the store. No permissions here."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from storage.audio.sniff import HEAD_BYTES, Sniffed, agrees, sniff, verdict
from storage.errors import Conflict, NotFound, StorageError
from storage.gate import Passage
from storage.model.objects import ObjectDetail, ObjectHead
from storage.objects.preview import Preview, make_preview, plan_preview
from storage.s3.objects import get_tags, head_object, list_versions, read_range

VERSIONS_SHOWN = 20

T = TypeVar("T")


def read_detail(where: Passage, key: str) -> ObjectDetail:
    """The object's facts; what else than the object itself cannot be read is named in `notes`."""
    store, bucket = where.store, where.bucket.bucket
    with ThreadPoolExecutor(2) as pool:  # HEAD, then bytes here; tags and versions beside them
        tags = pool.submit(get_tags, store, bucket, key)
        versions = pool.submit(list_versions, store, bucket, key, VERSIONS_SHOWN)
        head = head_object(store, bucket, key)
        notes: list[str] = []
        found = _sniffed(where, head, notes)
        known_tags = _or_note(tags, "tags", notes)
        known_versions = _or_note(versions, "older versions", notes)
    kind = where.layout.classify(where.bucket.role, key)
    return ObjectDetail(
        head=head,
        kind=kind.kind,
        kind_title=kind.title,
        fields=kind.fields,
        detected_type=found.content_type if found else "",
        type_agrees=bool(found and agrees(head.content_type, found)),
        type_verdict=(
            verdict(head.content_type, found, key)
            if found
            else "Not compared with the bytes: they could not be read."
        ),
        tags=known_tags,
        versions=known_versions or (),
        notes=tuple(notes),
    )


def read_preview(where: Passage, key: str, etag: str) -> Preview:
    """What can be shown of the object with `etag`. Raises Conflict when it is another by now."""
    head = head_object(where.store, where.bucket.bucket, key)
    if head.etag != etag:
        raise Conflict(
            "The object changed after this page was made.",
            "Reload to see the newer one.",
            bucket=head.bucket,
            key=key,
        )
    first = _first_bytes(where, head, HEAD_BYTES)
    wanted = plan_preview(first, head.size)
    data = first[: wanted.bytes]
    if wanted.bytes > len(first):
        data = _first_bytes(where, head, wanted.bytes)
    return make_preview(wanted, data, head.size)


def _sniffed(where: Passage, head: ObjectHead, notes: list[str]) -> Sniffed | None:
    try:
        first = _first_bytes(where, head, HEAD_BYTES)
    except (NotFound, Conflict):
        raise
    except StorageError as error:
        notes.append(f"The first bytes could not be read. {error.what} {error.remedy}".strip())
        return None
    return sniff(first, head.size)


def _first_bytes(where: Passage, head: ObjectHead, length: int) -> bytes:
    """Up to `length` bytes of exactly the object that `head` describes."""
    if head.size == 0:
        return b""  # a range of nothing is an error to S3
    return read_range(
        where.store,
        head.bucket,
        head.key,
        0,
        min(length, head.size),
        if_match=head.etag,
    )


def _or_note(asked: Future[T], name: str, notes: list[str]) -> T | None:
    try:
        return asked.result()
    except NotFound:
        raise
    except StorageError as error:
        notes.append(f"The {name} could not be read. {error.what} {error.remedy}".strip())
        return None
