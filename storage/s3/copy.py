"""Copying an object with all that belongs to it, and editing what belongs to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from storage.model.objects import ObjectHead, Written
from storage.s3.client import Store
from storage.s3.conditions import Precondition, changed, refuse_unholdable
from storage.s3.copying import Copy
from storage.s3.heads import head_answer, head_of
from storage.s3.multipart import MIB, never, unheard
from storage.s3.parts import Sleep, Watch
from storage.s3.verify import Seen

ONE_COPY_BYTES = 5_000_000_000  # CopyObject: 5 GB at most
COPY_PART_BYTES = 256 * MIB  # nothing of it comes through here


def copy_object(
    store: Store,
    source: tuple[str, str, str | None],
    target: tuple[str, str],
    *,
    if_source: str,
    precondition: Precondition,
    to: Store | None = None,
    expected: ObjectHead | None = None,
    content_type: str | None = None,
    metadata: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    cache_control: str | None = None,
    storage_class: str | None = None,
    multipart_above: int = ONE_COPY_BYTES,
    part_bytes: int = COPY_PART_BYTES,
    on_progress: Callable[[int], None] = unheard,
    stop: Callable[[], None] = never,
    sleep: Sleep = time.sleep,
) -> Written:
    """Copies `source` (bucket, key, version or None) with the ETag `if_source` to `target` (bucket,
    key) where the precondition holds, and compares the two afterwards.

    Content type, cache control, disposition, encoding, language, expiry, redirect, metadata, tags,
    class and encryption go with it, except those given here; access lists and locks do not. Onto
    itself it is an edit: its ETag stays the same then, so give the `expected` head that was edited;
    S3 has no condition for that, it is compared right before. Between stores (`to`) the bytes come
    through here, and encryption is the other store's affair.

    Raises Conflict (the source or target changed; nothing was written), VerifyFailed (the copy is
    not like its source, which is untouched), Unconfirmed, and as `upload_stream`. Needs of the
    source s3:GetObject and s3:GetObjectTagging (…Version… for a version), of the target
    s3:PutObject, s3:PutObjectTagging and s3:GetObject; above 5 GB s3:AbortMultipartUpload.
    """
    other = to or store
    refuse_unholdable(other, *target)
    given = {
        "content_type": content_type,
        "metadata": metadata,
        "cache_control": cache_control,
        "storage_class": storage_class,
        "tags": tags,
    }
    copy = Copy(
        _seen(store, source, if_source, expected),
        other,
        *target,
        given={name: value for name, value in given.items() if value is not None},
        precondition=precondition,
        watch=Watch(on_progress, stop, sleep),
    )
    stop()
    return copy.made(multipart_above, part_bytes)


def _seen(
    store: Store, source: tuple[str, str, str | None], etag: str, expected: ObjectHead | None
) -> Seen:
    """The source as it is now. Raises Conflict where that is not as it was read."""
    bucket, key, _ = source
    refuse_unholdable(store, bucket, key)
    seen = Seen(store, *source, answer=head_answer(store, *source))
    edited = expected is not None and head_of(bucket, key, seen.answer) != expected
    if edited or seen.etag != etag:
        raise changed(bucket, key)
    return seen
