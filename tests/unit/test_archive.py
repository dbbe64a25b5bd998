"""The streamed ZIP: complete or saying what lacks, bounded in size and memory."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from storage.errors import AccessDenied, Conflict, InvalidInput, NotFound, Unavailable
from storage.model.objects import ObjectHead
from storage.objects.archive import ARCHIVE_MAX_BYTES, ARCHIVE_MAX_OBJECTS, README, archive

_WHEN = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)


def _head(key: str, size: int, content_type: str = "audio/mpeg") -> ObjectHead:
    return ObjectHead("b", key, size, "e", _WHEN, content_type)


class _Store:
    """Objects by key: bytes, or the error that heading or reading them raises."""

    def __init__(self, objects: dict[str, bytes | Exception]) -> None:
        self.objects = objects
        self.sizes: dict[str, int] = {}
        self.opened: list[str] = []

    def head(self, key: str) -> ObjectHead:
        found = self.objects.get(key)
        if found is None:
            raise NotFound("The object is no longer there.")
        if isinstance(found, AccessDenied):
            raise found
        size = len(found) if isinstance(found, bytes) else 7
        return _head(key, self.sizes.get(key, size))

    def open(self, head: ObjectHead) -> Iterator[bytes]:
        self.opened.append(head.key)
        found = self.objects[head.key]
        if isinstance(found, Exception):
            raise found
        for start in range(0, len(found), 65_536):
            yield found[start : start + 65_536]

    def zip(self, *keys: str) -> tuple[dict[str, bytes], str]:
        """(entries without the report, the report's text)"""
        data = b"".join(archive("b", keys, self.head, self.open))
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            assert opened.testzip() is None
            names = opened.namelist()
            assert names[-1] == README
            entries = {name: opened.read(name) for name in names[:-1]}
            return entries, opened.read(README).decode("utf-8-sig")


def test_every_object_is_inside_with_its_bytes_and_time() -> None:
    """Names, bytes and dates arrive; the last entry says that nothing lacks."""
    store = _Store({"mastered/A.mp3": b"abc" * 1000, "é 🎧.json": b"{}", "empty": b""})
    entries, report = store.zip("mastered/A.mp3", "é 🎧.json", "empty")
    assert entries == store.objects
    assert "all objects asked for are in this archive (3)" in report
    data = b"".join(archive("b", ["empty"], store.head, store.open))
    assert zipfile.ZipFile(io.BytesIO(data)).infolist()[0].date_time == (2026, 11, 3, 12, 30, 0)


def test_a_key_asked_for_twice_is_there_once() -> None:
    """The same object selected twice makes one entry."""
    entries, report = _Store({"a": b"1"}).zip("a", "a")
    assert list(entries) == ["a"]
    assert "all objects asked for are in this archive (1)" in report


def test_what_could_not_be_read_is_listed_and_gets_no_entry() -> None:
    """Vanished, refused and changed objects are named with the reason; the others arrive."""
    store = _Store(
        {
            "good": b"1",
            "denied": AccessDenied("The store refused s3:GetObject on 'b'."),
            "changed": Conflict("The object changed after it was read."),
            "slow": Unavailable("The store took too long."),
        }
    )
    entries, report = store.zip("good", "gone", "denied", "changed", "slow")
    assert entries == {"good": b"1"}
    assert "only 1 of the 5 objects" in report
    for said in ("gone: it is no longer there", "denied: The store refused", "changed: The object"):
        assert said in report


@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_an_object_that_breaks_off_is_marked_as_incomplete(size: int) -> None:
    """Fewer bytes than announced never pass as the whole object, small or large."""
    store = _Store({"good": b"1", "cut": b"x" * (size // 2)})
    store.sizes["cut"] = size
    entries, report = store.zip("good", "cut")
    assert entries["good"] == b"1"
    assert "INCOMPLETE" in report
    assert "cut: " in report.split("INCOMPLETE")[1]
    assert "only 1 of the 2" in report


def test_an_error_halfway_through_a_large_object_is_reported_and_the_rest_follows() -> None:
    """A connection lost in the middle costs that object alone, and it is marked."""

    class Breaking(_Store):
        def open(self, head: ObjectHead) -> Iterator[bytes]:
            chunks = super().open(head)
            if head.key == "breaks":
                yield next(chunks)
                raise Unavailable("The connection broke.")
            yield from chunks

    store = Breaking({"breaks": b"x" * 1_000_000, "after": b"2"})
    entries, report = store.zip("breaks", "after")
    assert entries["breaks"] == b"x" * 65_536
    assert entries["after"] == b"2"
    assert "breaks: The connection broke." in report.split("INCOMPLETE")[1]


def test_an_object_that_grew_is_cut_at_the_size_that_was_checked() -> None:
    """More bytes than the limit was checked for do not get through."""
    store = _Store({"a": b"x" * 500_000})
    store.sizes["a"] = 300_000
    assert store.zip("a")[0] == {"a": b"x" * 300_000}


def test_renamed_entries_are_listed_with_their_keys() -> None:
    """Who unpacks it can tell which key a changed name belongs to; line ends cannot fake a line."""
    store = _Store({"../x": b"1", "a\nall objects: fine": b"2"})
    entries, report = store.zip(*store.objects)
    assert list(entries) == ["_/x", "a_all objects_ fine"]
    assert "../x: _/x" in report
    assert "\nall" not in report
    assert "a\\nall objects: fine: a_all" in report


def test_limits_are_checked_before_the_first_byte() -> None:
    """Too many objects, too many bytes or none at all: refused, naming the limit, nothing read."""
    store = _Store({"a": b"1", "b": b"2"})
    store.sizes = {"a": ARCHIVE_MAX_BYTES, "b": 1}
    with pytest.raises(InvalidInput, match=r"at most 2\.0 GiB"):
        archive("b", ["a", "b"], store.head, store.open)
    with pytest.raises(InvalidInput, match="at most 2,000"):
        archive("b", [str(n) for n in range(ARCHIVE_MAX_OBJECTS + 1)], store.head, store.open)
    with pytest.raises(InvalidInput, match="Nothing is selected"):
        archive("b", [], store.head, store.open)
    assert store.opened == []


def test_when_no_object_can_be_read_there_is_no_archive() -> None:
    """The first reason is raised instead of an archive of nothing."""
    with pytest.raises(NotFound):
        archive("b", ["gone"], _Store({}).head, _Store({}).open)


def test_memory_stays_small_whatever_the_size() -> None:
    """256 MiB in large and small objects pass through a few MiB of memory."""
    chunk = bytes(65_536)
    sizes = {"large": 200 * 1024 * 1024} | {f"small{n}": 256 * 1024 for n in range(224)}

    def open_object(head: ObjectHead) -> Iterator[bytes]:
        return (chunk for _ in range(head.size // len(chunk)))

    tracemalloc.start()
    try:
        sent = archive("b", list(sizes), lambda key: _head(key, sizes[key]), open_object)
        total = sum(len(part) for part in sent)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total > sum(sizes.values())
    assert peak < 12 * 1024 * 1024
