"""Copies on a real server: conditional on both sides, with all that belongs to an object."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fresh import keep_versions, put

from storage.errors import Cancelled, Conflict, NotFound, Unsupported, VerifyFailed
from storage.s3.client import Store
from storage.s3.copy import copy_object
from storage.s3.facts import Facts, facts_of
from storage.s3.multipart import MIB, PART_BYTES, upload_stream
from storage.s3.objects import (
    IfAbsent,
    IfMatch,
    Precondition,
    get_tags,
    head_object,
    list_versions,
    read_range,
    stream_object,
)
from storage.s3.uploads import list_uploads

BODY = b"the welcome " * 1000
LARGE = bytes(range(256)) * (11 * MIB // 256) + b"the end"
EVERYTHING: dict[str, Any] = {
    "ContentType": "audio/mpeg",
    "CacheControl": "public, max-age=60",
    "ContentDisposition": 'attachment; filename="x.mp3"',
    "ContentEncoding": "identity",
    "ContentLanguage": "it",
    "Expires": datetime(2037, 10, 21, 7, 28, tzinfo=UTC),
    "Metadata": {"voice": "Aria", "course": "ita_for_eng"},
    "Tagging": "state=new&by=ann",
    "StorageClass": "STANDARD_IA",
    "ServerSideEncryption": "AES256",
}


def _facts(store: Store, bucket: str, key: str) -> Facts:
    answer = store.client.head_object(Bucket=bucket, Key=key)
    return replace(facts_of(answer), tags=get_tags(store, bucket, key))


def _body(store: Store, bucket: str, key: str) -> bytes:
    return b"".join(stream_object(store, bucket, key))


def _copy(
    store: Store,
    bucket: str,
    etag: str,
    precondition: Precondition,
    *,
    key: str = "copy",
    version: str | None = None,
    **more: Any,
) -> str:
    return copy_object(
        store,
        (bucket, "k", version),
        (bucket, key),
        if_source=etag,
        precondition=precondition,
        **more,
    ).etag


@pytest.mark.parametrize("parts", [False, True])
def test_everything_goes_with_a_copy(weed_store: Store, bucket: str, parts: bool) -> None:
    """Headers, metadata, tags, class and encryption, whether copied at once or in parts."""
    etag = put(weed_store, bucket, "k", LARGE, **EVERYTHING)
    told: list[int] = []
    limits = {"multipart_above": MIB, "part_bytes": 5 * MIB} if parts else {}
    copied = _copy(weed_store, bucket, etag, IfAbsent(), on_progress=told.append, **limits)
    assert copied.endswith("-3") == parts
    assert _facts(weed_store, bucket, "copy") == _facts(weed_store, bucket, "k")
    assert _facts(weed_store, bucket, "copy").storage_class == "STANDARD_IA"
    assert _facts(weed_store, bucket, "copy").encryption == "AES256"
    assert _body(weed_store, bucket, "copy") == LARGE
    assert told[-1] == len(LARGE)
    assert list(list_uploads(weed_store, bucket)) == []


@pytest.mark.parametrize("parts", [False, True])
def test_a_copy_of_something_uploaded_in_parts(weed_store: Store, bucket: str, parts: bool) -> None:
    """Its ETag is no MD5 of the bytes; the copy is compared all the same."""
    upload_stream(
        weed_store,
        bucket,
        "k",
        io.BytesIO(LARGE),
        len(LARGE),
        precondition=IfAbsent(),
        content_type="audio/wav",
    )
    etag = head_object(weed_store, bucket, "k").etag
    assert "-" in etag
    limits = {"multipart_above": MIB, "part_bytes": 5 * MIB} if parts else {}
    _copy(weed_store, bucket, etag, IfAbsent(), **limits)
    assert _body(weed_store, bucket, "copy") == LARGE


@pytest.mark.parametrize("parts", [False, True])
def test_conditions_on_both_sides(weed_store: Store, bucket: str, parts: bool) -> None:
    """A source that changed, a target that is there or is another: conflicts that change nothing."""
    etag = put(weed_store, bucket, "k", LARGE)
    other = put(weed_store, bucket, "copy", b"there")
    limits = {"multipart_above": MIB, "part_bytes": 5 * MIB} if parts else {}
    for source, precondition in (
        ("0" * 32, IfMatch(other)),
        (etag, IfAbsent()),
        (etag, IfMatch("0" * 32)),
    ):
        with pytest.raises(Conflict):
            _copy(weed_store, bucket, source, precondition, **limits)
    with pytest.raises(Conflict):
        _copy(weed_store, bucket, etag, IfMatch(other), key="nothing-here", **limits)
    assert _body(weed_store, bucket, "copy") == b"there"
    _copy(weed_store, bucket, etag, IfMatch(other), **limits)
    assert _body(weed_store, bucket, "copy") == LARGE
    assert list(list_uploads(weed_store, bucket)) == []


@pytest.fixture
def meddling(weed_store: Store) -> Iterator[Callable[[str, Callable[[], object]], None]]:
    """`meddling(operation, act)`: acts once, right before that operation is sent."""
    events = weed_store.client.meta.events
    registered: list[tuple[str, Any]] = []

    def register(operation: str, act: Callable[[], object]) -> None:
        acted: list[bool] = []

        def handler(**_: object) -> None:
            if not acted:
                acted.append(True)
                act()

        registered.append((f"before-send.s3.{operation}", handler))
        events.register(*registered[-1])

    yield register
    for name, handler in registered:
        events.unregister(name, handler)


@pytest.mark.parametrize("target", [False, True])
@pytest.mark.parametrize("operation", ["CopyObject", "UploadPartCopy"])
def test_a_change_in_the_last_moment_is_refused_by_the_store(
    weed_store: Store,
    bucket: str,
    meddling: Callable[[str, Callable[[], object]], None],
    operation: str,
    target: bool,
) -> None:
    """After we looked and before it is copied: the store itself compares, source and target."""
    etag = put(weed_store, bucket, "k", LARGE)
    key = "copy" if target else "k"
    meddling(operation, lambda: put(weed_store, bucket, key, b"newer"))
    limits = {"multipart_above": MIB, "part_bytes": 5 * MIB}
    with pytest.raises(Conflict):
        _copy(
            weed_store,
            bucket,
            etag,
            IfAbsent(),
            **(limits if operation == "UploadPartCopy" else {}),
        )
    assert _body(weed_store, bucket, key) == b"newer"
    if not target:
        with pytest.raises(NotFound):
            head_object(weed_store, bucket, "copy")
    assert list(list_uploads(weed_store, bucket)) == []


@pytest.mark.parametrize("parts", [False, True])
def test_an_edit_replaces_what_is_given_and_keeps_the_rest(
    weed_store: Store, bucket: str, parts: bool
) -> None:
    """A copy onto itself: bytes, tags, class and the other headers stay."""
    etag = put(weed_store, bucket, "k", LARGE, **EVERYTHING)
    before = _facts(weed_store, bucket, "k")
    _copy(
        weed_store,
        bucket,
        etag,
        IfMatch(etag),
        key="k",
        content_type="audio/wav",
        metadata={"voice": "Bob"},
        tags={},
        **({"multipart_above": MIB, "part_bytes": 5 * MIB} if parts else {}),
    )
    meant = replace(before, content_type="audio/wav", metadata={"voice": "Bob"}, tags={})
    assert _facts(weed_store, bucket, "k") == meant
    assert _body(weed_store, bucket, "k") == LARGE


def test_a_copy_with_other_facts(weed_store: Store, bucket: str) -> None:
    """What is given is on the copy only; the source is as it was."""
    etag = put(weed_store, bucket, "k", BODY, **EVERYTHING)
    before = _facts(weed_store, bucket, "k")
    _copy(
        weed_store,
        bucket,
        etag,
        IfAbsent(),
        cache_control="no-store",
        storage_class="STANDARD",
        tags={"state": "live"},
    )
    meant = replace(
        before, cache_control="no-store", storage_class="STANDARD", tags={"state": "live"}
    )
    assert _facts(weed_store, bucket, "copy") == meant
    assert _facts(weed_store, bucket, "k") == before


def test_the_second_of_two_editors_is_told(weed_store: Store, bucket: str) -> None:
    """An edit does not change the ETag: the head that was seen does, and both edits are safe."""
    etag = put(weed_store, bucket, "k", BODY)
    seen = head_object(weed_store, bucket, "k")
    edit = {"key": "k", "expected": seen}
    _copy(weed_store, bucket, etag, IfMatch(etag), metadata={"by": "one"}, **edit)
    with pytest.raises(Conflict):
        _copy(weed_store, bucket, etag, IfMatch(etag), metadata={"by": "two"}, **edit)
    assert head_object(weed_store, bucket, "k").metadata == {"by": "one"}


def test_an_old_version_is_restored_over_the_newer(weed_store: Store, bucket: str) -> None:
    """As a new version; the one it replaces is kept, and must be the one that was seen."""
    keep_versions(weed_store, bucket)
    old = put(weed_store, bucket, "k", BODY, **EVERYTHING)
    before = _facts(weed_store, bucket, "k")
    version = list_versions(weed_store, bucket, "k")[0].version_id
    new = put(weed_store, bucket, "k", b"newer")
    with pytest.raises(Conflict):
        _copy(weed_store, bucket, old, IfMatch(old), key="k", version=version)
    _copy(weed_store, bucket, old, IfMatch(new), key="k", version=version)
    assert [row.etag for row in list_versions(weed_store, bucket, "k")] == [old, new, old]
    assert _facts(weed_store, bucket, "k") == before


def test_a_deleted_object_is_restored_from_its_version(weed_store: Store, bucket: str) -> None:
    """Behind a delete marker nothing is: IfAbsent holds, and fails once somebody wrote there."""
    keep_versions(weed_store, bucket)
    old = put(weed_store, bucket, "k", BODY)
    version = list_versions(weed_store, bucket, "k")[0].version_id
    weed_store.client.delete_object(Bucket=bucket, Key="k")
    _copy(weed_store, bucket, old, IfAbsent(), key="k", version=version)
    assert _body(weed_store, bucket, "k") == BODY
    with pytest.raises(Conflict):
        _copy(weed_store, bucket, old, IfAbsent(), key="k", version=version)


def test_a_version_is_restored_in_parts(weed_store: Store, bucket: str) -> None:
    """Above the limit of one copy, too: each part is of that version."""
    keep_versions(weed_store, bucket)
    old = put(weed_store, bucket, "k", LARGE, Tagging="state=old")
    version = list_versions(weed_store, bucket, "k")[0].version_id
    new = put(weed_store, bucket, "k", b"newer")
    limits = {"multipart_above": MIB, "part_bytes": 5 * MIB}
    _copy(weed_store, bucket, old, IfMatch(new), key="k", version=version, **limits)
    assert _body(weed_store, bucket, "k") == LARGE
    assert get_tags(weed_store, bucket, "k") == {"state": "old"}


def test_a_stop_in_a_copy_of_parts_leaves_nothing(weed_store: Store, bucket: str) -> None:
    """Between two parts: no target, no unfinished upload."""
    etag = put(weed_store, bucket, "k", LARGE)
    done: list[int] = []

    def stop() -> None:
        if done:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        _copy(
            weed_store,
            bucket,
            etag,
            IfAbsent(),
            multipart_above=MIB,
            part_bytes=MIB,
            on_progress=done.append,
            stop=stop,
        )
    with pytest.raises(NotFound):
        head_object(weed_store, bucket, "copy")
    assert list(list_uploads(weed_store, bucket)) == []


@pytest.mark.parametrize("size", [10, PART_BYTES + 10])
def test_between_two_stores_the_bytes_come_through_here(
    weed_store: Store, bucket: str, moto_store: Store, moto_bucket: str, size: int
) -> None:
    """Headers, metadata, tags and class go along; the condition is the other store's to keep."""
    facts = {name: EVERYTHING[name] for name in EVERYTHING if name != "ServerSideEncryption"}
    etag = put(weed_store, bucket, "k", LARGE[:size], **facts)

    def copy(precondition: Precondition) -> None:
        copy_object(
            weed_store,
            (bucket, "k", None),
            (moto_bucket, "//copy"),
            if_source=etag,
            precondition=precondition,
            to=moto_store,
        )

    copy(IfAbsent())
    assert _body(moto_store, moto_bucket, "//copy") == LARGE[:size]
    assert _facts(moto_store, moto_bucket, "//copy") == _facts(weed_store, bucket, "k")
    with pytest.raises(Conflict):
        copy(IfAbsent())


def test_a_copy_that_differs_is_not_called_done(weed_store: Store, bucket: str) -> None:
    """Somebody exchanges the copy before it is looked at: told, and the source is untouched."""
    etag = put(weed_store, bucket, "k", BODY)
    events = weed_store.client.meta.events

    def after_copy(**_: object) -> None:
        put(weed_store, bucket, "copy", BODY, Metadata={"by": "another"})

    events.register("after-call.s3.CopyObject", after_copy)
    try:
        with pytest.raises(VerifyFailed, match="metadata"):
            _copy(weed_store, bucket, etag, IfAbsent())
    finally:
        events.unregister("after-call.s3.CopyObject", after_copy)
    assert _body(weed_store, bucket, "k") == BODY


def test_a_copy_that_was_exchanged_at_once_is_told(weed_store: Store, bucket: str) -> None:
    """Other bytes, or none, where the copy was just written: a conflict that says so."""
    etag = put(weed_store, bucket, "k", BODY)
    events = weed_store.client.meta.events
    for act in (
        lambda: put(weed_store, bucket, "copy", b"another"),
        lambda: weed_store.client.delete_object(Bucket=bucket, Key="copy"),
    ):

        def after_copy(act: Callable[[], object] = act, **_: object) -> None:
            act()

        weed_store.client.delete_object(Bucket=bucket, Key="copy")
        events.register("after-call.s3.CopyObject", after_copy)
        try:
            with pytest.raises(Conflict, match="at once"):
                _copy(weed_store, bucket, etag, IfAbsent())
        finally:
            events.unregister("after-call.s3.CopyObject", after_copy)


def test_names_that_mean_another_are_refused_on_both_sides(weed_store: Store, bucket: str) -> None:
    """`/k` is `k` to this server: neither read nor written under that name."""
    etag = put(weed_store, bucket, "k", BODY)
    with pytest.raises(Unsupported):
        _copy(weed_store, bucket, etag, IfAbsent(), key="/copy")
    with pytest.raises(Unsupported):
        copy_object(
            weed_store,
            (bucket, "/k", None),
            (bucket, "copy"),
            if_source=etag,
            precondition=IfAbsent(),
        )


def test_any_name_is_copied(weed_store: Store, bucket: str) -> None:
    """Spaces, percent signs, plus, question marks, umlauts: in the copy-source header, too."""
    for source in ("a b+c.mp3", "100%25?x=1&y.mp3", "ü/é \u202e.mp3"):
        etag = put(weed_store, bucket, source, source.encode())
        copy_object(
            weed_store,
            (bucket, source, None),
            (bucket, f"to/{source}"),
            if_source=etag,
            precondition=IfAbsent(),
        )
        assert read_range(weed_store, bucket, f"to/{source}", 0, 99) == source.encode()
        assert etag == hashlib.md5(source.encode()).hexdigest()
