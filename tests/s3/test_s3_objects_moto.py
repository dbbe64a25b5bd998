"""Objects whose keys only a flat store holds, and writes whose answer was lost."""

from __future__ import annotations

import hashlib
import urllib.request
from datetime import UTC, datetime

import pytest
from odd_keys import ONLY_FLAT_STORES
from scripted_server import DROP, Answer, Asked, ScriptedServer, s3_error

from storage.errors import Conflict, NotFound, Unconfirmed
from storage.s3.capabilities import Capabilities
from storage.s3.client import Store
from storage.s3.objects import (
    IfAbsent,
    IfMatch,
    head_object,
    list_versions,
    put_object,
    read_range,
    stream_object,
)
from storage.s3.presign import presign_get

BODY = b"the welcome, newly spoken"
MD5 = hashlib.md5(BODY).hexdigest()


@pytest.mark.parametrize("key", ONLY_FLAT_STORES)
def test_any_key_is_written_read_and_linked(moto_store: Store, moto_bucket: str, key: str) -> None:
    """Leading, doubled and closing slashes, `..`, 1,024 bytes, control characters: each is itself."""
    put_object(
        moto_store, moto_bucket, key, BODY, precondition=IfAbsent(), content_type="audio/mpeg"
    )
    assert head_object(moto_store, moto_bucket, key).etag == MD5
    assert read_range(moto_store, moto_bucket, key, 4, 7) == b"welcome"
    assert b"".join(stream_object(moto_store, moto_bucket, key)) == BODY
    if key.isprintable():  # moto repeats the prefix unescaped, which is no XML then
        assert len(list_versions(moto_store, moto_bucket, key)) == 1
    if ".." in key.split("/"):
        return  # urllib would resolve it, as browsers do with any address
    link = presign_get(
        moto_store, moto_bucket, key, expires_s=60, now=datetime.now(UTC), download_name=key
    )
    with urllib.request.urlopen(link.url, timeout=10) as answer:
        assert answer.read() == BODY


def test_missing_things_are_told_apart(moto_store: Store, moto_bucket: str) -> None:
    """HEAD says 404 to both; the person reads which."""
    with pytest.raises(NotFound, match="object"):
        head_object(moto_store, moto_bucket, "none")
    with pytest.raises(NotFound, match="no bucket"):
        head_object(moto_store, "no-such-bucket", "none")


def _knowing(store: Store, *, conditions: bool) -> None:
    store._capabilities = Capabilities("test", True, conditions, conditions)


def _write(store: Store, precondition: IfAbsent | IfMatch) -> str:
    return put_object(
        store, "bucket", "k", BODY, precondition=precondition, content_type="audio/mpeg"
    ).etag


def _head(etag: str, size: int) -> Answer:
    facts = {"etag": f'"{etag}"', "last-modified": "Wed, 01 May 2024 12:00:00 GMT"}
    return Answer(200, BODY[:size].ljust(size), facts)


def _first_write_unanswered(held: Answer) -> object:
    """The first PUT is taken, but its answer is lost; the retry then meets what is there."""
    puts = 0

    def answer(asked: Asked) -> Answer:
        nonlocal puts
        if asked.method != "PUT":
            return held
        puts += 1
        return DROP if puts == 1 else s3_error("PreconditionFailed", "At least one …", 412)

    return answer


@pytest.mark.parametrize("precondition", [IfAbsent(), IfMatch("0" * 32)])
def test_a_write_that_met_itself_is_done(
    scripted: ScriptedServer, scripted_store: Store, precondition: IfAbsent | IfMatch
) -> None:
    """412 to a retry, and our own bytes are there: written, no conflict."""
    _knowing(scripted_store, conditions=True)
    scripted.answer = _first_write_unanswered(_head(MD5, len(BODY)))
    assert _write(scripted_store, precondition) == MD5


def test_a_write_that_met_itself_under_another_etag_is_read_back(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """Where ETags are no MD5 (KMS), the bytes decide."""
    _knowing(scripted_store, conditions=True)
    scripted.answer = _first_write_unanswered(_head("f" * 32, len(BODY)))
    assert _write(scripted_store, IfAbsent()) == "f" * 32


@pytest.mark.parametrize("size", [len(BODY) - 1, len(BODY) + 1])
def test_a_write_that_met_another_is_in_doubt(
    scripted: ScriptedServer, scripted_store: Store, size: int
) -> None:
    """412 to a retry, and other bytes are there: ours may have been there in between."""
    _knowing(scripted_store, conditions=True)
    scripted.answer = _first_write_unanswered(_head("f" * 32, size))
    with pytest.raises(Unconfirmed, match="another object is there now"):
        _write(scripted_store, IfAbsent())


def test_the_same_bytes_by_another_are_a_conflict(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """412 at the first try was never ours, whatever is there."""
    _knowing(scripted_store, conditions=True)
    refused = s3_error("PreconditionFailed", "At least one …", 412)
    scripted.answer = lambda asked: refused if asked.method == "PUT" else _head(MD5, len(BODY))
    with pytest.raises(Conflict):
        _write(scripted_store, IfAbsent())


def test_a_write_without_any_answer_says_it_may_be_there(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """Nobody is told "not written" where that is not known."""
    _knowing(scripted_store, conditions=True)
    scripted.answer = lambda _asked: DROP
    with pytest.raises(Unconfirmed, match="not known"):
        _write(scripted_store, IfAbsent())


def test_where_the_server_ignores_conditions_we_look_first(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """A server not known to honour If-Match is asked for the ETag before anything is sent."""
    _knowing(scripted_store, conditions=False)
    scripted.answer = lambda asked: (
        _head(MD5, len(BODY)) if asked.method != "PUT" else Answer(200, b"", {"etag": '"new"'})
    )
    with pytest.raises(Conflict):
        _write(scripted_store, IfMatch("0" * 32))
    with pytest.raises(Conflict):
        _write(scripted_store, IfAbsent())
    assert "PUT" not in {asked.method for asked in scripted.asked}
    assert _write(scripted_store, IfMatch(MD5)) == "new"


def test_a_write_states_its_condition(scripted: ScriptedServer, scripted_store: Store) -> None:
    """Every PUT carries If-None-Match or If-Match, and the MD5 of its body."""
    _knowing(scripted_store, conditions=True)
    scripted.answer = lambda _asked: Answer(200, b"", {"etag": '"new"'})
    _write(scripted_store, IfAbsent())
    _write(scripted_store, IfMatch(MD5))
    first, second = (asked.headers for asked in scripted.asked)
    assert (first["if-none-match"], second["if-match"]) == ("*", f'"{MD5}"')
    assert "content-md5" in first
    assert "soundstage" in first["user-agent"]
