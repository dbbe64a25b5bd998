"""Objects on a real server: facts, ranges, versions, conditional writes and links that work."""

from __future__ import annotations

import base64
import hashlib
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from functools import partial
from unittest.mock import patch
from zlib import crc32

import pytest
from odd_keys import HELD_EVERYWHERE

from storage.errors import AccessDenied, Conflict, NotFound, Unsupported
from storage.model.objects import Written
from storage.s3 import direct as direct_module
from storage.s3.bucket import (
    count_unfinished_uploads,
    create_bucket,
    set_cors,
)
from storage.s3.client import Connection, Store, connect
from storage.s3.direct import direct
from storage.s3.facts import Facts
from storage.s3.listing import list_page
from storage.s3.objects import (
    IfAbsent,
    IfMatch,
    Precondition,
    get_tags,
    head_object,
    list_versions,
    put_object,
    read_object,
    read_range,
    stream_object,
)
from storage.s3.presign import origin, presign_get
from storage.settings import Secret

BODY = bytes(range(256)) * 40


def _put(store: Store, bucket: str, key: str, body: bytes = BODY) -> str:
    return put_object(
        store, bucket, key, body, precondition=IfAbsent(), content_type="audio/mpeg"
    ).etag


@pytest.mark.parametrize("key", HELD_EVERYWHERE)
def test_any_key_is_written_read_and_linked(weed_store: Store, bucket: str, key: str) -> None:
    """What is written under a key comes back under that key, also to a browser with a link."""
    etag = _put(weed_store, bucket, key)
    assert etag == hashlib.md5(BODY).hexdigest()
    head = head_object(weed_store, bucket, key)
    assert (head.key, head.size, head.etag, head.content_type) == (
        key,
        len(BODY),
        etag,
        "audio/mpeg",
    )
    assert read_range(weed_store, bucket, key, 250, 10, if_match=etag) == BODY[250:260]
    assert b"".join(stream_object(weed_store, bucket, key, if_match=etag)) == BODY
    link = presign_get(
        weed_store, bucket, key, expires_s=60, now=datetime.now(UTC), download_name=key
    )
    assert link.url.startswith(origin(weed_store, bucket) + "/")
    with urllib.request.urlopen(link.url, timeout=10) as answer:
        assert answer.read() == BODY
        assert answer.headers["content-disposition"].startswith("attachment; filename=")


def test_facts_written_with_an_object_come_back(weed_store: Store, bucket: str) -> None:
    """Metadata, tags, cache control; times are UTC."""
    before = datetime.now(UTC) - timedelta(seconds=2)
    put_object(
        weed_store,
        bucket,
        "k.mp3",
        BODY,
        precondition=IfAbsent(),
        content_type="audio/mpeg",
        metadata={"voice": "Aria", "course": "ita_for_eng"},
        tags={"state": "new & checked", "by": "é"},
        cache_control="public, max-age=3600",
    )
    head = head_object(weed_store, bucket, "k.mp3")
    assert head.metadata == {"voice": "Aria", "course": "ita_for_eng"}
    assert head.cache_control == "public, max-age=3600"
    assert head.modified.utcoffset() == timedelta(0)
    assert before <= head.modified <= datetime.now(UTC) + timedelta(seconds=1)
    assert get_tags(weed_store, bucket, "k.mp3") == {"state": "new & checked", "by": "é"}


def test_a_checksum_the_store_keeps_is_shown(weed_store: Store, bucket: str) -> None:
    """An object uploaded with SHA-256 shows it; its type is no checksum."""
    weed_store.client.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="SHA256")
    checksums = head_object(weed_store, bucket, "k").checksums
    assert set(checksums) == {"SHA256"}


def test_ranges_end_where_the_object_ends(weed_store: Store, bucket: str) -> None:
    """Fewer bytes at the end, none behind it or in an empty object, never an error."""
    _put(weed_store, bucket, "k", b"0123456789")
    _put(weed_store, bucket, "empty", b"")
    assert read_range(weed_store, bucket, "k", 8, 100) == b"89"
    assert read_range(weed_store, bucket, "k", 10, 5) == b""
    assert read_range(weed_store, bucket, "k", 3, 0) == b""
    assert read_range(weed_store, bucket, "empty", 0, 100) == b""
    assert list(stream_object(weed_store, bucket, "empty")) in ([], [b""])


def test_a_changed_object_is_a_conflict(weed_store: Store, bucket: str) -> None:
    """Neither a read nor a write goes past a change made since."""
    first = _put(weed_store, bucket, "k")
    weed_store.client.put_object(Bucket=bucket, Key="k", Body=b"other")
    for call in (
        lambda: read_range(weed_store, bucket, "k", 0, 10, if_match=first),
        lambda: list(stream_object(weed_store, bucket, "k", if_match=first)),
        lambda: put_object(
            weed_store,
            bucket,
            "k",
            b"mine",
            precondition=IfMatch(first),
            content_type="text/plain",
        ),
        lambda: _put(weed_store, bucket, "k"),
    ):
        with pytest.raises(Conflict, match="changed"):
            call()
    assert read_range(weed_store, bucket, "k", 0, 10) == b"other"


@pytest.mark.parametrize("key", HELD_EVERYWHERE)
@pytest.mark.parametrize("size", [0, 1, 262_144, 600_000])
def test_an_object_is_read_as_its_head_tells(
    weed_store: Store, bucket: str, key: str, size: int
) -> None:
    """Past the SDK, in pieces that are copied before the next one comes."""
    body = (BODY * 60)[:size]
    _put(weed_store, bucket, key, body)
    head = head_object(weed_store, bucket, key)
    quick = direct(weed_store, bucket)
    assert quick is not None
    pieces = quick.get(key, head.etag, size)
    assert pieces is not None, "a plain answer needs no SDK"
    assert b"".join(map(bytes, pieces)) == body
    assert b"".join(map(bytes, read_object(weed_store, head))) == body


def test_an_object_that_changed_is_not_read(weed_store: Store, bucket: str) -> None:
    """Nor is one that is gone; whoever stops in the middle can go on with others."""
    _put(weed_store, bucket, "k", BODY * 60)
    head = head_object(weed_store, bucket, "k")
    half = read_object(weed_store, head)
    assert len(next(half)) < head.size
    del half
    weed_store.client.put_object(Bucket=bucket, Key="k", Body=b"another")
    with pytest.raises(Conflict):
        list(read_object(weed_store, head))
    weed_store.client.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(NotFound):
        list(read_object(weed_store, head))


def test_a_write_over_a_deleted_object_is_a_conflict(weed_store: Store, bucket: str) -> None:
    """If-Match where nothing is any more writes nothing."""
    etag = _put(weed_store, bucket, "k")
    weed_store.client.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(Conflict):
        put_object(
            weed_store, bucket, "k", b"x", precondition=IfMatch(etag), content_type="text/plain"
        )
    with pytest.raises(NotFound):
        head_object(weed_store, bucket, "k")


def test_a_matching_write_replaces(weed_store: Store, bucket: str) -> None:
    """IfMatch on the bytes that were read goes through."""
    etag = _put(weed_store, bucket, "k")
    put_object(
        weed_store, bucket, "k", b"new", precondition=IfMatch(etag), content_type="text/plain"
    )
    assert read_range(weed_store, bucket, "k", 0, 10) == b"new"


@pytest.mark.parametrize("key", ["//x", "/lead", "d//e", "dir/", "a/../b", "k" * 1024])
def test_a_key_the_server_would_move_is_refused_before_it_is_sent(
    weed_store: Store, bucket: str, key: str
) -> None:
    """Nothing is written, so no other object can be hit."""
    with pytest.raises(Unsupported):
        _put(weed_store, bucket, key)
    assert list_page(weed_store, bucket, delimiter="").objects.num_rows == 0


def test_versions_are_of_the_exact_key_and_newest_first(weed_store: Store, bucket: str) -> None:
    """Other keys that begin alike are not mixed in; a delete marker is a row."""
    client = weed_store.client
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    written = [
        client.put_object(Bucket=bucket, Key="k.mp3", Body=body)["VersionId"]
        for body in (b"one", b"three")
    ]
    for other in ("k.mp3.bak", "k.mp3/x", "k"):
        client.put_object(Bucket=bucket, Key=other, Body=b"other")
    rows = list_versions(weed_store, bucket, "k.mp3")
    assert [(row.version_id, row.size, row.is_latest) for row in rows] == [
        (written[1], 5, True),
        (written[0], 3, False),
    ]
    client.delete_object(Bucket=bucket, Key="k.mp3")
    rows = list_versions(weed_store, bucket, "k.mp3")
    assert [row.is_delete_marker for row in rows] == [True, False, False]
    assert len(list_versions(weed_store, bucket, "k.mp3", limit=1)) == 1
    assert head_object(weed_store, bucket, "k.mp3", written[0]).size == 3
    with pytest.raises(NotFound):
        head_object(weed_store, bucket, "k.mp3")


def test_missing_things_are_told_apart(weed_store: Store, bucket: str) -> None:
    """A missing key is the object's, a missing bucket the bucket's, though HEAD says 404 to both."""
    with pytest.raises(NotFound, match="object"):
        head_object(weed_store, bucket, "none")
    with pytest.raises(NotFound, match="no bucket"):
        head_object(weed_store, "no-such-bucket", "none")


def test_a_link_ends_and_cannot_be_changed(weed_store: Store, bucket: str) -> None:
    """The real server refuses an expired link and one with another key in it."""
    _put(weed_store, bucket, "k")
    _put(weed_store, bucket, "other")
    link = presign_get(weed_store, bucket, "k", expires_s=60, now=datetime.now(UTC))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.url.replace("/k?", "/other?"), timeout=10)


def test_wrong_credentials_are_told_apart(weed_store: Store, bucket: str) -> None:
    """A wrong secret, an unknown key: listing and HEAD say which, and never that nothing is there."""
    real = weed_store.connection
    for key, secret, said in (
        (real.access_key_id, "wrong", "do not match"),
        ("AKNOBODY", str(real.secret_access_key), "access key"),
    ):
        store = connect(Connection(real.endpoint_url, real.region, key, Secret(secret)))
        with pytest.raises(AccessDenied, match=said):
            list_page(store, bucket)
        with pytest.raises(AccessDenied, match=said):
            head_object(store, bucket, "k")
        store.close()


def test_buckets_are_made_and_listed(weed_store: Store) -> None:
    """A new bucket has the versioning asked for, takes CORS, and holds no unfinished upload."""
    create_bucket(weed_store, "made-here", versioning=True)
    try:
        kept = weed_store.client.get_bucket_versioning(Bucket="made-here")
        assert kept.get("Status") == "Enabled"
        set_cors(weed_store, "made-here", ["http://127.0.0.1:8501"])
        assert count_unfinished_uploads(weed_store, "made-here") == (0, False)
        upload = weed_store.client.create_multipart_upload(Bucket="made-here", Key="big")
        assert count_unfinished_uploads(weed_store, "made-here") == (1, False)
        weed_store.client.abort_multipart_upload(
            Bucket="made-here", Key="big", UploadId=upload["UploadId"]
        )
        with pytest.raises(Conflict, match="exists"):
            create_bucket(weed_store, "made-here", versioning=False)
    finally:
        weed_store.client.delete_bucket(Bucket="made-here")


@pytest.mark.parametrize("metadata", [{"who": "ann"}, {"who": "ann  of  two"}])
@pytest.mark.parametrize("key", HELD_EVERYWHERE)
def test_written_by_its_digest(
    weed_store: Store, bucket: str, key: str, metadata: dict[str, str]
) -> None:
    """Past the SDK where that goes, all that it was given is there, under the same conditions."""
    sha256 = hashlib.sha256(BODY).hexdigest()

    def write(precondition: Precondition) -> Written:
        return put_object(
            weed_store, bucket, key, BODY,
            precondition=precondition, content_type="audio/mpeg", cache_control="no-cache",
            metadata=metadata, tags={"team": "a & b"}, sha256=sha256,
        )  # fmt: skip

    written = write(IfAbsent())
    head = head_object(weed_store, bucket, key)
    assert (written.etag, written.size) == (head.etag, head.size) == (_md5(BODY), len(BODY))
    assert (head.content_type, head.cache_control) == ("audio/mpeg", "no-cache")
    assert (head.metadata, get_tags(weed_store, bucket, key)) == (metadata, {"team": "a & b"})
    with pytest.raises(Conflict):
        write(IfAbsent())
    with pytest.raises(Conflict):
        write(IfMatch("0" * 32))
    assert write(IfMatch(written.etag)).etag == written.etag


def test_the_store_compares_what_it_got(weed_store: Store, bucket: str) -> None:
    """Bytes that changed on the way are refused, and nothing is stored."""
    assert weed_store.capabilities.compares_crc32
    quick, sha256 = direct(weed_store, bucket), hashlib.sha256(BODY).hexdigest()
    assert quick is not None
    put = partial(quick.put, facts=Facts("audio/mpeg"), precondition=IfAbsent())
    with patch.object(direct_module, "crc32", lambda body: crc32(body) ^ 1):
        assert put("k", BODY, sha256) == "refused"
    with pytest.raises(NotFound):
        head_object(weed_store, bucket, "k")
    assert isinstance(put("k", BODY, sha256), Written)
    kept = head_object(weed_store, bucket, "k").checksums["CRC32"]
    assert kept == base64.b64encode(crc32(BODY).to_bytes(4)).decode()


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
