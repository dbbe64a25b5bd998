"""One object at a time, as HTTP asks for it: searched, streamed, stored and removed."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from changes_rig import CLIP, LONGER_MP3, ME, MIB, MP3, OTHER_CLIP, Rig

from storage.errors import Conflict, InvalidInput, NotFound, RuleViolation
from storage.objects import searching
from storage.objects.service import Objects
from storage.s3.objects import IfAbsent, IfMatch

AT = (ME, "ssi", "stage")


@pytest.fixture
def objects(rig: Rig) -> Objects:
    return Objects(rig.gate, lambda: datetime.now(UTC))


def test_a_search_finds_every_object_page_by_page(
    rig: Rig, objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any case, in any part of the key; going on with `next` misses none and repeats none."""
    wanted = sorted(f"a/{number:02}-Welcome.txt" for number in range(7))
    for key in (*wanted, "b/other.txt", "c/WELCOME/x.txt"):
        rig.put("stage", key, b"x")
    for limit in (1, 2, 3, 100):
        keys: list[str] = []
        after: str | None = ""
        while after is not None:
            found = objects.search(*AT, "welcome", after=after, limit=limit)
            assert len(found.kinds) == found.objects.num_rows <= limit
            keys += found.objects["key"].to_pylist()
            after = found.next
        assert keys == [*wanted, "c/WELCOME/x.txt"]
    assert objects.search(*AT, "welcome", prefix="a/").objects.num_rows == 7
    assert objects.search(*AT, "w.lcome").objects.num_rows == 0  # no pattern
    monkeypatch.setattr(searching, "PAGES_MAX", 0)
    stopped = objects.search(*AT, "welcome", after="b/")
    assert (stopped.complete, stopped.next) == (False, "b/")


@pytest.mark.parametrize(("query", "limit"), [("", 1), (" ", 1), ("a", 0), ("a", 1_001)])
def test_a_search_for_nothing_is_refused(objects: Objects, query: str, limit: int) -> None:
    """Instead of naming every object, or none."""
    with pytest.raises(InvalidInput):
        objects.search(*AT, query, limit=limit)


def test_a_stream_has_exactly_the_bytes_that_were_asked_for(rig: Rig, objects: Objects) -> None:
    """All of them, or a span, from the version with that ETag; each whole one is in the log."""
    body = bytes(range(256)) * 4_096
    etag = rig.put("stage", "x.bin", body)
    assert objects.head(*AT, "x.bin").etag == etag
    assert b"".join(objects.stream(*AT, "x.bin", etag=etag)) == body
    for span in ((0, 1), (300_000, 500_000), (len(body) - 1, 1)):
        pieces = objects.stream(*AT, "x.bin", etag=etag, span=span)
        assert b"".join(pieces) == body[span[0] : sum(span)]
    b"".join(objects.stream(*AT, "x.bin", etag=etag))
    assert rig.results("x.bin") == [("stream", "allowed")] * 3  # of the spans the first only
    rig.put("stage", "x.bin", b"another")
    with pytest.raises(Conflict):
        next(objects.stream(*AT, "x.bin", etag=etag))
    with pytest.raises(NotFound):
        objects.head(*AT, "y.bin")


def test_a_file_is_stored_and_replaced_under_its_condition(rig: Rig) -> None:
    """As a job; a replacement keeps what was said of the object, and the second one is told."""
    at = (*AT, CLIP)
    first = rig.changes.store(*at, io.BytesIO(MP3), precondition=IfAbsent(), note="why")
    assert (first.item.key, first.item.kind, first.item.content_type) == (
        CLIP,
        "clip",
        "audio/mpeg",
    )
    assert rig.jobs.get(ME, first.job_id).state == "done"
    with pytest.raises(Conflict, match="by You"):
        rig.changes.store(*at, io.BytesIO(LONGER_MP3), precondition=IfAbsent())
    tagged = rig.put("stage", CLIP, MP3, Tagging="a=b", Metadata={"take": "3"})
    second = rig.changes.store(*at, io.BytesIO(LONGER_MP3), precondition=IfMatch(tagged))
    assert rig.head("stage", CLIP)["Metadata"] == {"take": "3"}
    assert rig.body("stage", CLIP, second.version_id) == LONGER_MP3
    with pytest.raises(Conflict):
        rig.changes.store(*at, io.BytesIO(MP3), precondition=IfMatch(tagged))
    with pytest.raises(Conflict, match="no longer there"):
        rig.changes.store(*AT, OTHER_CLIP, io.BytesIO(MP3), precondition=IfMatch(tagged))
    assert [result for _, result in rig.results(CLIP)] == [
        *("allowed", "done", "refused", "allowed", "done", "refused")
    ]


def test_a_large_file_is_stored_in_parts(rig: Rig) -> None:
    """Twenty MiB arrive whole, and no part stays behind."""
    body = bytes(range(256)) * (20 * MIB // 256)
    rig.changes.store(
        ME, "ssi", "canonical", "drafts/x.bin", io.BytesIO(body), precondition=IfAbsent()
    )
    assert rig.body("canonical", "drafts/x.bin") == body
    assert not rig.uploads("canonical")


@pytest.mark.parametrize(
    ("role", "name", "body", "error"),
    [
        ("canonical", CLIP, MP3, RuleViolation),
        ("stage", CLIP, b"<html>", InvalidInput),
        ("stage", "../x.mp3", MP3, InvalidInput),
        ("stage", "/x.mp3", MP3, InvalidInput),
        ("stage", "a\\b.mp3", MP3, InvalidInput),
        ("stage", "a\0b.mp3", MP3, InvalidInput),
        ("stage", "a//b.mp3", MP3, InvalidInput),
        ("stage", "", MP3, InvalidInput),
    ],
)
def test_a_file_that_the_checks_refuse_is_not_stored(
    rig: Rig, role: str, name: str, body: bytes, error: type[Exception]
) -> None:
    """Nothing is written, no job is begun, and the attempt is in the log."""
    with pytest.raises(error):
        rig.changes.store(ME, "ssi", role, name, io.BytesIO(body), precondition=IfAbsent())
    assert rig.keys(role) == []
    assert rig.jobs.list(ME) == ()
    assert [event.result for event in rig.told()] == ["refused"]


def test_an_object_is_removed_only_as_it_was_seen(rig: Rig) -> None:
    """By its ETag, or as it is now; a marker is left where the bucket keeps versions."""
    etag = rig.put("stage", CLIP, MP3)
    with pytest.raises(Conflict):
        rig.changes.remove(*AT, CLIP, etag="0" * 32)
    gone = rig.changes.remove(*AT, CLIP, etag=etag, note="why")
    assert (gone.etag, gone.size, bool(gone.marker_id)) == (etag, len(MP3), True)
    assert rig.keys("stage") == []
    with pytest.raises(NotFound):
        rig.changes.remove(*AT, CLIP, etag=None)
    rig.put("canonical", "x.txt", b"x")
    assert rig.changes.remove(ME, "ssi", "canonical", "x.txt", etag=None).marker_id is None
    assert [result for _, result in rig.results(CLIP)] == ["refused", "allowed", "done"]
