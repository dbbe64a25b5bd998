"""Upload links on a real server: it takes exactly what was signed, and refuses everything else."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
import urllib3

from storage.errors import InvalidInput, NotFound, Unsupported
from storage.model.objects import PresignedPost
from storage.s3.client import Store
from storage.s3.objects import head_object, read_range
from storage.s3.presign import presign_post

NOW = datetime.now(UTC)


def _form(store: Store, bucket: str, key: str = "in/a b+ü.mp3", **more: int) -> PresignedPost:
    asked = {"min_bytes": 3, "max_bytes": 10, "expires_s": 60, **more}
    return presign_post(store, bucket, key, content_type="audio/mpeg", now=NOW, **asked)


def _send(form: PresignedPost, body: bytes, **instead: str) -> int:
    fields: Mapping[str, object] = {**form.fields, **instead, "file": ("any name.mp3", body)}
    pool = urllib3.PoolManager()
    boundary = uuid.uuid4().hex
    answer = pool.request(
        "POST", form.url, fields=fields, multipart_boundary=boundary, retries=False
    )
    return answer.status


def _is_there(store: Store, bucket: str, key: str) -> bool:
    try:
        head_object(store, bucket, key)
    except NotFound:
        return False
    return True


def test_what_was_signed_is_stored(weed_store: Store, bucket: str) -> None:
    """Under that key and type, whatever the file is called; the least and the most bytes."""
    form = _form(weed_store, bucket)
    for body in (b"123", b"1234567890"):
        assert _send(form, body) in (200, 201, 204)
        assert read_range(weed_store, bucket, "in/a b+ü.mp3", 0, 99) == body
    assert head_object(weed_store, bucket, "in/a b+ü.mp3").content_type == "audio/mpeg"


@pytest.mark.parametrize("body", [b"12", b"12345678901", b"x" * 300_000])
def test_a_wrong_size_is_refused(weed_store: Store, bucket: str, body: bytes) -> None:
    """One byte less than the least, one more than the most, and much more."""
    assert _send(_form(weed_store, bucket), body) in (400, 403)
    assert not _is_there(weed_store, bucket, "in/a b+ü.mp3")


@pytest.mark.parametrize(
    "instead",
    [
        {"Content-Type": "text/html"},
        {"key": "elsewhere.mp3"},
        {"key": "in/a b+ü.mp3.exe"},
        {"x-amz-meta-more": "unsigned"},
    ],
    ids=str,
)
def test_another_type_or_key_is_refused(
    weed_store: Store, bucket: str, instead: dict[str, str]
) -> None:
    """Nor may anything be added that was not signed."""
    assert _send(_form(weed_store, bucket), b"12345", **instead) in (400, 403)
    assert not _is_there(weed_store, bucket, instead.get("key", "in/a b+ü.mp3"))


def test_what_is_uploaded_never_becomes_public(weed_store: Store, bucket: str) -> None:
    """AWS refuses an unsigned `acl`; this server takes no notice of it."""
    form = _form(weed_store, bucket)
    _send(form, b"12345", acl="public-read")
    anonymous = urllib3.PoolManager().request(
        "GET", f"{form.url}/in/a%20b%2B%C3%BC.mp3", retries=False
    )
    assert anonymous.status == 403


def test_an_edited_policy_is_refused(weed_store: Store, bucket: str) -> None:
    """The signature is over the policy: a larger limit written into it does not help."""
    form = _form(weed_store, bucket)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    policy["conditions"] = [
        ["content-length-range", 0, 10**9] if "content-length-range" in rule else rule
        for rule in policy["conditions"]
    ]
    edited = base64.b64encode(json.dumps(policy).encode()).decode()
    assert _send(form, b"x" * 20, policy=edited) == 403
    assert not _is_there(weed_store, bucket, "in/a b+ü.mp3")


def test_an_ended_link_is_refused(weed_store: Store, bucket: str) -> None:
    """A second after its life nothing is taken."""
    form = _form(weed_store, bucket, expires_s=1)
    time.sleep(2.1)
    assert _send(form, b"12345") in (400, 403)
    assert not _is_there(weed_store, bucket, "in/a b+ü.mp3")


def test_the_form_says_when_it_ends_and_keeps_its_order(weed_store: Store, bucket: str) -> None:
    """Key and type first, then by name; the end as the caller's clock has it; no secret in repr."""
    form = _form(weed_store, bucket)
    assert list(form.fields)[:2] == ["key", "Content-Type"]
    assert list(form.fields)[2:] == sorted(list(form.fields)[2:])
    assert form.expires_at == NOW.replace(microsecond=0) + timedelta(seconds=60)
    assert form.fields["x-amz-signature"] not in repr(form)


def test_what_cannot_be_asked_is_refused_here(weed_store: Store, bucket: str) -> None:
    """A life, a size or a name that S3 would not take, or would take for another."""
    for asked in (
        {"expires_s": 0},
        {"expires_s": 604_801},
        {"min_bytes": -1},
        {"min_bytes": 11},
        {"max_bytes": 6_000_000_000},
    ):
        with pytest.raises(InvalidInput):
            _form(weed_store, bucket, **asked)
    with pytest.raises(InvalidInput, match="filename"):
        _form(weed_store, bucket, key="in/${filename}")
    with pytest.raises(Unsupported):
        _form(weed_store, bucket, key="/in.mp3")
