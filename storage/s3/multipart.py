"""Uploading a file or stream of known size: in one piece up to 8 MiB, in parts above."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from storage.errors import InvalidInput, NotFound, StorageError
from storage.model.objects import ObjectHead, Written
from storage.s3.client import Store
from storage.s3.conditions import Precondition, ended, refuse_unholdable
from storage.s3.facts import Facts
from storage.s3.heads import look_first, look_for
from storage.s3.objects import holds, put_with
from storage.s3.parts import (
    PARTS,
    Sleep,
    Step,
    Watch,
    begun,
    complete,
    complete_or_abort,
    etag_of,
    run_steps,
)
from storage.s3.uploads import Part, list_parts, send_part

MIB = 1_048_576
PART_BYTES = 8 * MIB  # S3 takes 5 MiB at least, except for the last part


class Source(Protocol):
    """What is uploaded: read once, from where it stands to its end."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Pieces:
    """Pieces of bytes as a source."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        piece = self._rest or next(self._pieces, b"")
        self._rest = piece[size:]
        return piece[:size]


def unheard(_done: int) -> None:
    """Nobody follows."""


def never() -> None:
    """Nobody stops it."""


def upload_stream(
    store: Store,
    bucket: str,
    key: str,
    source: Source,
    size: int,
    *,
    precondition: Precondition,
    content_type: str,
    metadata: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    cache_control: str = "",
    on_progress: Callable[[int], None] = unheard,
    stop: Callable[[], None] = never,
    sleep: Sleep = time.sleep,
) -> Written:
    """Stores the `size` bytes that `source` has, where the precondition holds.

    Whatever is raised, also by `stop` or Ctrl-C: nothing half-written stays, no object and no
    part. Raises InvalidInput where the source has fewer or more bytes, Conflict, Unavailable
    (nothing was written), Unconfirmed. Needs s3:PutObject, s3:AbortMultipartUpload, and
    s3:PutObjectTagging for tags.
    """
    facts = Facts(content_type, cache_control, metadata=dict(metadata or {}), tags=tags)
    watch = Watch(on_progress, stop, sleep)
    return upload_with(
        store, bucket, key, source, size, facts=facts, precondition=precondition, watch=watch
    )


def upload_with(
    store: Store,
    bucket: str,
    key: str,
    source: Source,
    size: int,
    *,
    facts: Facts,
    precondition: Precondition,
    watch: Watch,
) -> Written:
    """As `upload_stream`, with all facts an object may have."""
    refuse_unholdable(store, bucket, key)
    if size <= PART_BYTES:
        watch.stop()
        body = _exactly(source, size)
        _refuse_more(source, size)
        written = put_with(store, bucket, key, body, facts, precondition=precondition)
        watch.on_progress(size)
        return written
    # before gigabytes travel for nothing; S3 itself compares when they are complete
    look_first(store, bucket, key, precondition, kept=False)
    with begun(store, bucket, key, facts, watch.sleep) as upload_id:
        reading = _Reading(store, bucket, key, source, size)
        parts = run_steps(reading.steps(upload_id, {}), watch)
        written = complete_or_abort(
            store,
            bucket,
            key,
            upload_id,
            parts,
            precondition=precondition,
            is_ours=reading.is_ours,
            sleep=watch.sleep,
        )
    return replace(written, checksums={**written.checksums, "SHA256": reading.sha256()})


def resume_upload(
    store: Store,
    bucket: str,
    key: str,
    source: Source,
    size: int,
    *,
    upload_id: str,
    precondition: Precondition,
    on_progress: Callable[[int], None] = unheard,
    stop: Callable[[], None] = never,
    sleep: Sleep = time.sleep,
) -> Written:
    """Goes on with an upload that `begin_upload` began, from the start of `source`, and completes
    it. Parts that the store holds with our bytes' MD5 are read here, and not sent again.

    Whatever is raised, the upload stays as far as it came: resume it again, or abort it. Raises
    as `upload_stream`, and Conflict where the upload has ended and the object is not this one.
    Needs s3:PutObject and s3:ListMultipartUploadParts.
    """
    reading = _Reading(store, bucket, key, source, size)
    watch = Watch(on_progress, stop, sleep)
    try:
        held = {part.number: part for part in list_parts(store, bucket, key, upload_id)}
    except NotFound as error:
        written = reading.completed_before(precondition)
        if written is None:
            raise ended(bucket, key) from error
        return written
    parts = run_steps(reading.steps(upload_id, held), watch)
    written = complete(
        store, bucket, key, upload_id, parts, precondition=precondition, is_ours=reading.is_ours
    )
    return replace(written, checksums={**written.checksums, "SHA256": reading.sha256()})


def part_bytes(size: int) -> int:
    """The size of the parts of an object of `size` bytes, so that S3's 10,000 suffice: the same
    whenever it is asked, or nothing could be resumed."""
    whole = -(-size // PARTS)
    return max(PART_BYTES, -(-whole // MIB) * MIB)


class _Reading:
    """A source on its way to S3, part by part, and what its bytes are."""

    def __init__(self, store: Store, bucket: str, key: str, source: Source, size: int) -> None:
        self._place = (store, bucket, key)
        self._source = source
        self._size = size
        self._whole = hashlib.sha256()
        self._parts: list[Part] = []  # as they should be: with the MD5 of our bytes

    def steps(self, upload_id: str, held: Mapping[int, Part]) -> Iterator[Step]:
        """One step a part; those the store holds as they are do nothing. Raises InvalidInput where
        the source is shorter or longer than it should be."""
        send = partial(send_part, *self._place, upload_id)
        for part, body, md5 in self._read():
            if held.get(part.number) == part:
                yield partial(_as_it_is, part)
            else:
                yield partial(send, number=part.number, body=body, md5=md5)

    def _read(self) -> Iterator[tuple[Part, bytes, bytes]]:
        length = part_bytes(self._size)
        for number, start in enumerate(range(0, self._size, length), 1):
            body = _exactly(self._source, min(length, self._size - start))
            self._whole.update(body)
            md5 = hashlib.md5(body, usedforsecurity=False)
            part = Part(number, md5.hexdigest(), len(body))
            self._parts.append(part)
            yield part, body, md5.digest()
        _refuse_more(self._source, self._size)

    def sha256(self) -> str:
        """Of all that was read, in base64."""
        return base64.b64encode(self._whole.digest()).decode()

    def is_ours(self, head: ObjectHead) -> bool:
        """Whether these bytes are in the object; to be asked when all were read."""
        return holds(self._place[0], head, self._size, etag_of(self._parts), self.sha256())

    def completed_before(self, precondition: Precondition) -> Written | None:
        """The object, where the upload ended because it was completed and only nobody heard."""
        for _ in self._read():
            pass
        store, bucket, key = self._place
        return look_for(store, bucket, key, precondition, self.is_ours)


def _as_it_is(part: Part) -> Part:
    return part


def _exactly(source: Source, size: int) -> bytes:
    """The next `size` bytes. Raises InvalidInput where there are fewer."""
    if size < 0:
        raise InvalidInput("A file cannot have fewer than 0 bytes.")
    pieces: list[bytes] = []
    missing = size
    while missing:
        piece = _read(source, missing)
        if not piece:
            raise InvalidInput(
                f"The file ended {missing} bytes early, so nothing was stored.",
                "It was cut off on its way, or is still being written. Send it again.",
            )
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _refuse_more(source: Source, size: int) -> None:
    if _read(source, 1):
        raise InvalidInput(
            f"The file is longer than the {size} bytes it was said to have; nothing was stored.",
            "It is still being written, or was exchanged. Send it again.",
        )


def _read(source: Source, size: int) -> bytes:
    try:
        return source.read(size)
    except StorageError:  # the source is another store
        raise
    except OSError as error:
        raise InvalidInput(
            f"The file could not be read to its end ({error.strerror or error}); nothing was "
            "stored.",
            "Check the disk or the connection it lies on.",
        ) from error
