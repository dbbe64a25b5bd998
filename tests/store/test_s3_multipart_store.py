"""Uploads in parts on a real server: whole or not at all, resumed, conditional, nothing left."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable

import pytest
from fresh import keep_versions, put

from storage.errors import Cancelled, Conflict, InvalidInput
from storage.s3.client import Store
from storage.s3.multipart import PART_BYTES, part_bytes, resume_upload, upload_stream
from storage.s3.objects import (
    IfAbsent,
    IfMatch,
    Precondition,
    get_tags,
    head_object,
    stream_object,
)
from storage.s3.uploads import (
    abort_uploads,
    begin_upload,
    list_parts,
    list_uploads,
    send_part,
    unfinished_uploads,
)

SIZE = 2 * PART_BYTES + 12_345
BODY = bytes(range(256)) * (SIZE // 256) + bytes(SIZE % 256)


def _upload(store: Store, bucket: str, precondition: Precondition, body: bytes = BODY) -> str:
    return upload_stream(
        store,
        bucket,
        "k",
        io.BytesIO(body),
        len(body),
        precondition=precondition,
        content_type="audio/wav",
    ).etag


def _holds(store: Store, bucket: str, body: bytes) -> bool:
    return b"".join(stream_object(store, bucket, "k")) == body


def test_a_large_file_arrives_whole_with_all_its_facts(weed_store: Store, bucket: str) -> None:
    """In three parts; what is returned is what lies there, version and SHA-256 included."""
    keep_versions(weed_store, bucket)
    told: list[int] = []
    written = upload_stream(
        weed_store,
        bucket,
        "k",
        io.BytesIO(BODY),
        SIZE,
        precondition=IfAbsent(),
        content_type="audio/wav",
        metadata={"voice": "Aria"},
        tags={"state": "new"},
        cache_control="no-cache",
        on_progress=told.append,
    )
    head = head_object(weed_store, bucket, "k")
    assert (head.etag, head.version_id, head.size) == (written.etag, written.version_id, SIZE)
    assert written.version_id is not None
    assert written.etag.endswith("-3")
    assert written.checksums["SHA256"] == base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    assert (head.content_type, head.cache_control) == ("audio/wav", "no-cache")
    assert head.metadata == {"voice": "Aria"}
    assert get_tags(weed_store, bucket, "k") == {"state": "new"}
    assert _holds(weed_store, bucket, BODY)
    assert told == sorted(told)
    assert told[-1] == SIZE
    assert unfinished_uploads(weed_store, bucket, "k") == ()


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1])
def test_every_size_arrives(weed_store: Store, bucket: str, size: int) -> None:
    """Empty, in one piece up to 8 MiB, in two parts from there."""
    etag = _upload(weed_store, bucket, IfAbsent(), BODY[:size])
    assert etag.endswith("-2") == (size > PART_BYTES)
    assert _holds(weed_store, bucket, BODY[:size])


@pytest.mark.parametrize("size", [10, SIZE])
def test_a_condition_holds_for_small_and_large(weed_store: Store, bucket: str, size: int) -> None:
    """IfAbsent over something and IfMatch over something else are conflicts that change nothing;
    IfMatch over what was read goes through."""
    body = BODY[:size]
    first = put(weed_store, bucket, "k", b"there")
    with pytest.raises(Conflict):
        _upload(weed_store, bucket, IfAbsent(), body)
    with pytest.raises(Conflict):
        _upload(weed_store, bucket, IfMatch("0" * 32), body)
    assert _holds(weed_store, bucket, b"there")
    _upload(weed_store, bucket, IfMatch(first), body)
    assert _holds(weed_store, bucket, body)
    assert list(list_uploads(weed_store, bucket)) == []


class Meddling(io.BytesIO):
    """A file; while its last bytes are read, somebody else does something."""

    def __init__(self, body: bytes, meddle: Callable[[], object]) -> None:
        super().__init__(body)
        self._meddle = meddle

    def read(self, size: int | None = -1, /) -> bytes:
        body = super().read(size)
        if self.tell() == len(self.getvalue()) and body:
            self._meddle()
        return body


def test_a_writer_during_the_upload_wins(weed_store: Store, bucket: str) -> None:
    """The condition is S3's own, at the end: what came in between is kept, and no part is left."""
    for precondition in (IfAbsent(), IfMatch(hashlib.md5(b"other").hexdigest())):
        source = Meddling(BODY, lambda: put(weed_store, bucket, "k", b"another"))
        with pytest.raises(Conflict):
            upload_stream(
                weed_store,
                bucket,
                "k",
                source,
                SIZE,
                precondition=precondition,
                content_type="audio/wav",
            )
        assert _holds(weed_store, bucket, b"another")
        assert list(list_uploads(weed_store, bucket)) == []
        put(weed_store, bucket, "k", b"other")


@pytest.mark.parametrize(
    ("said", "why"), [(SIZE + 1, "early"), (SIZE - 1, "longer"), (11, "early"), (9, "longer")]
)
def test_a_source_of_another_length_stores_nothing(
    weed_store: Store, bucket: str, said: int, why: str
) -> None:
    """Cut off on its way, or still growing: no object, no part."""
    body = BODY if said > 20 else BODY[:10]
    with pytest.raises(InvalidInput, match=why):
        upload_stream(
            weed_store,
            bucket,
            "k",
            io.BytesIO(body),
            said,
            precondition=IfAbsent(),
            content_type="audio/wav",
        )
    assert weed_store.client.list_objects_v2(Bucket=bucket).get("KeyCount") == 0
    assert list(list_uploads(weed_store, bucket)) == []


class Breaking(io.RawIOBase):
    """A file on a disk that fails in the middle."""

    def __init__(self) -> None:
        self._left = PART_BYTES + 5

    def read(self, size: int = -1, /) -> bytes:
        if not self._left:
            raise OSError(5, "Input/output error")
        given = min(size, self._left)
        self._left -= given
        return bytes(given)


@pytest.mark.parametrize("raised", [Cancelled("Stopped."), KeyboardInterrupt()])
def test_a_stop_midway_leaves_nothing(
    weed_store: Store, bucket: str, raised: BaseException
) -> None:
    """Whatever is raised, after a part has arrived: no object and no unfinished upload."""
    done: list[int] = []

    def stop() -> None:
        if done:
            raise raised

    with pytest.raises(type(raised)):
        upload_stream(
            weed_store,
            bucket,
            "k",
            io.BytesIO(BODY * 3),
            SIZE * 3,
            precondition=IfAbsent(),
            content_type="audio/wav",
            on_progress=done.append,
            stop=stop,
        )
    assert weed_store.client.list_objects_v2(Bucket=bucket).get("KeyCount") == 0
    assert list(list_uploads(weed_store, bucket)) == []


def test_a_disk_that_fails_is_told_and_leaves_nothing(weed_store: Store, bucket: str) -> None:
    """An error of the file system is a StorageError with its reason."""
    with pytest.raises(InvalidInput, match="Input/output error"):
        upload_stream(
            weed_store,
            bucket,
            "k",
            Breaking(),
            SIZE,
            precondition=IfAbsent(),
            content_type="audio/wav",
        )
    assert list(list_uploads(weed_store, bucket)) == []


def _resume(store: Store, bucket: str, upload_id: str, body: bytes = BODY) -> str:
    return resume_upload(
        store,
        bucket,
        "k",
        io.BytesIO(body),
        len(body),
        upload_id=upload_id,
        precondition=IfAbsent(),
    ).etag


def _noting_parts(store: Store) -> tuple[list[int], Callable[[], None]]:
    sent: list[int] = []

    def note(params: dict[str, int], **_: object) -> None:
        sent.append(params["PartNumber"])

    events = store.client.meta.events
    events.register("provide-client-params.s3.UploadPart", note)
    return sent, lambda: events.unregister("provide-client-params.s3.UploadPart", note)


def test_an_upload_goes_on_where_it_was(weed_store: Store, bucket: str) -> None:
    """Parts that are there as they should be are not sent again; one with other bytes is."""
    upload_id = begin_upload(
        weed_store, bucket, "k", content_type="audio/wav", metadata={"voice": "Aria"}
    )
    good, bad = BODY[:PART_BYTES], b"x" * PART_BYTES
    for number, body in ((1, good), (2, bad)):
        md5 = hashlib.md5(body).digest()
        send_part(weed_store, bucket, "k", upload_id, number=number, body=body, md5=md5)
    sent, forget = _noting_parts(weed_store)
    try:
        _resume(weed_store, bucket, upload_id)
    finally:
        forget()
    assert sorted(sent) == [2, 3]
    assert _holds(weed_store, bucket, BODY)
    assert head_object(weed_store, bucket, "k").metadata == {"voice": "Aria"}
    assert list(list_uploads(weed_store, bucket)) == []


def test_a_resumed_upload_stays_when_it_fails_again(weed_store: Store, bucket: str) -> None:
    """What arrived before the break is kept for the next time; aborting removes it."""
    upload_id = begin_upload(weed_store, bucket, "k", content_type="audio/wav")
    with pytest.raises(InvalidInput):
        resume_upload(
            weed_store,
            bucket,
            "k",
            io.BytesIO(BODY[: PART_BYTES + 7]),
            SIZE,
            upload_id=upload_id,
            precondition=IfAbsent(),
        )
    assert [part.number for part in list_parts(weed_store, bucket, "k", upload_id)] == [1]
    assert [row.upload_id for row in list_uploads(weed_store, bucket)] == [upload_id]
    assert abort_uploads(weed_store, bucket, "k") == 1
    assert list(list_uploads(weed_store, bucket)) == []


def test_a_resume_of_what_was_completed_unheard_is_done(weed_store: Store, bucket: str) -> None:
    """Where the upload ended because it is complete, that is found; where not, it is a conflict."""
    upload_id = begin_upload(weed_store, bucket, "k", content_type="audio/wav")
    etag = _resume(weed_store, bucket, upload_id)
    assert _resume(weed_store, bucket, upload_id) == etag
    with pytest.raises(Conflict):
        _resume(weed_store, bucket, upload_id, BODY[::-1])
    ended = begin_upload(weed_store, bucket, "k", content_type="audio/wav")
    abort_uploads(weed_store, bucket, "k")
    weed_store.client.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(Conflict, match="ended"):
        _resume(weed_store, bucket, ended)


def test_only_the_uploads_of_that_key_are_aborted(weed_store: Store, bucket: str) -> None:
    """`k2` and `k/x` begin with `k` too, and stay."""
    for key in ("k", "k", "k2", "k/x"):
        begin_upload(weed_store, bucket, key, content_type="audio/wav")
    assert len(unfinished_uploads(weed_store, bucket, "k")) == 2
    assert abort_uploads(weed_store, bucket, "k") == 2
    assert {row.key for row in list_uploads(weed_store, bucket)} == {"k2", "k/x"}


def test_parts_grow_so_that_ten_thousand_suffice() -> None:
    """S3's limits at every size up to 5 TiB, in whole MiB."""
    assert part_bytes(PART_BYTES * 10_000) == PART_BYTES
    assert part_bytes(PART_BYTES * 10_000 + 1) == PART_BYTES + 1_048_576
    for size in (1, 200 * 2**20, 5 * 2**40):
        assert -(-size // part_bytes(size)) <= 10_000
        assert part_bytes(size) % 2**20 == 0
