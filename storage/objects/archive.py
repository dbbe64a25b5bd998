"""Many objects as one ZIP, made while it is sent: no file on disk, little memory, no silent gap.

What went wrong stands in the archive's last entry: a ZIP on its way cannot take bytes back, so an
object that broke off halfway is in it, and marked there as incomplete.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING

from storage.errors import InvalidInput, NotFound, StorageError
from storage.model.objects import ObjectHead
from storage.objects.names import entry_names
from storage.units import human_bytes

if TYPE_CHECKING:
    from stream_zip import MemberFile

ARCHIVE_MAX_OBJECTS = (
    2_000  # two pages of the largest grid; each costs a HEAD before the first byte
)
ARCHIVE_MAX_BYTES = (
    2 * 1024**3
)  # below what old ZIP readers (32-bit sizes) and a browser tab manage
README = "_READ_ME.txt"
_HEADS_AT_ONCE = 16  # HEADs a second stop growing near here, and it is below the connection pool
_AHEAD = 8  # objects read ahead; times _SMALL_BYTES: 2 MiB of memory
_SMALL_BYTES = 256 * 1024  # course clips are 5 to 60 KB
_FILE_MODE = 0o100644
_PACKED = ("audio/", "video/", "image/", "application/zip", "application/gzip", "application/pdf")
_EARLIEST = datetime(1980, 1, 2, tzinfo=UTC)  # the format's first year, in every time zone

Head = Callable[[str], ObjectHead]
Open = Callable[[ObjectHead], Iterator[bytes]]


@dataclass(slots=True)
class Report:
    """What the archive's last entry tells."""

    bucket: str
    asked: int
    renamed: list[tuple[str, str]] = field(default_factory=list)  # key, name
    missing: list[tuple[str, str]] = field(default_factory=list)  # key, why
    incomplete: list[tuple[str, str]] = field(default_factory=list)  # name, why

    def text(self) -> str:
        """The report for people, CRLF for Notepad. Keys are escaped: they may hold line ends."""
        lines = [f"From bucket {self.bucket}: {self._summary()}"]
        lines += _section("NOT in this archive:", self.missing)
        lines += _section("INCOMPLETE, do not use (the download broke off):", self.incomplete)
        lines += _section("Renamed, because not every computer can hold the name:", self.renamed)
        return "\r\n".join([*lines, ""])

    def _summary(self) -> str:
        whole = self.asked - len(self.missing) - len(self.incomplete)
        if whole == self.asked:
            return f"all objects asked for are in this archive ({whole:,})."
        return (
            f"only {whole:,} of the {self.asked:,} objects asked for are complete in this archive."
        )


def _section(title: str, rows: list[tuple[str, str]]) -> list[str]:
    return ["", title, *(f"  {_shown(name)}: {_shown(why)}" for name, why in rows)] if rows else []


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def selected(keys: Sequence[str]) -> list[str]:
    """`keys`, each once. Raises InvalidInput when there is none or there are too many."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        raise InvalidInput("Nothing is selected.", "Select at least one object.")
    if len(wanted) > ARCHIVE_MAX_OBJECTS:
        raise InvalidInput(
            f"{len(wanted):,} objects are too many for one ZIP (at most {ARCHIVE_MAX_OBJECTS:,}).",
            "Select fewer.",
        )
    return wanted


def archive(bucket: str, keys: Sequence[str], head: Head, open_object: Open) -> Iterator[bytes]:
    """Chunks of a ZIP of `keys`; asks `head` of every one before the first chunk.

    Raises InvalidInput when no key is given or a limit is passed, and the first object's error
    when none can be read. Later failures are listed inside.
    """
    wanted = selected(keys)
    report = Report(bucket, len(wanted))
    heads = _heads(wanted, head, report)
    total = sum(one.size for one in heads)
    if total > ARCHIVE_MAX_BYTES:
        raise InvalidInput(
            f"{human_bytes(total)} are too much for one ZIP "
            f"(at most {human_bytes(ARCHIVE_MAX_BYTES)}).",
            "Select fewer objects.",
        )
    from stream_zip import stream_zip  # noqa: PLC0415  few commands pack, and all would wait for it

    return iter(stream_zip(_members(heads, open_object, report)))


def _heads(keys: list[str], head: Head, report: Report) -> list[ObjectHead]:
    def ask(key: str) -> ObjectHead | StorageError:
        try:
            return head(key)
        except StorageError as error:
            return error  # recorded below; one object must not cost the person all the others

    with ThreadPoolExecutor(_HEADS_AT_ONCE) as pool:
        answers = list(pool.map(ask, keys))
    found = [answer for answer in answers if isinstance(answer, ObjectHead)]
    failed = [
        (key, answer)
        for key, answer in zip(keys, answers, strict=True)
        if isinstance(answer, StorageError)
    ]
    if not found:
        raise failed[0][1]
    report.missing += [(key, _why(error)) for key, error in failed]
    return found


def _members(heads: list[ObjectHead], open_object: Open, report: Report) -> Iterator[MemberFile]:
    from stream_zip import ZIP_AUTO  # noqa: PLC0415  as above

    names, readme = entry_names([one.key for one in heads], README)
    for name, (one, opened) in zip(names, _opened(heads, open_object), strict=True):
        if isinstance(opened, StorageError):  # before the entry begins: what is gone gets none
            report.missing.append((one.key, _why(opened)))
            continue
        if name != one.key:
            report.renamed.append((one.key, name))
        level = 0 if one.content_type.startswith(_PACKED) else 6  # packing MP3 again gains nothing
        modified = max(one.modified, _EARLIEST)
        body = _body(one, name, opened, report)
        yield name, modified, _FILE_MODE, ZIP_AUTO(one.size, level=level), body
    newest = max(_EARLIEST, *(one.modified for one in heads))
    text = report.text().encode("utf-8-sig", "backslashreplace")
    yield readme, newest, _FILE_MODE, ZIP_AUTO(len(text), level=6), (text,)


def _opened(
    heads: list[ObjectHead], open_object: Open
) -> Iterator[tuple[ObjectHead, Iterator[bytes] | StorageError]]:
    """The objects in order, open. Small ones are read a few ahead, so that a ZIP of clips does not
    wait for one answer after the other; large ones when it is their turn, so that no connection
    lies idle until the store drops it.
    """
    with ThreadPoolExecutor(_AHEAD) as pool:
        waiting: deque[tuple[ObjectHead, Future[Iterator[bytes] | StorageError] | None]] = deque()
        todo = iter(heads)
        while True:
            for one in islice(todo, _AHEAD - len(waiting)):
                small = one.size <= _SMALL_BYTES
                waiting.append((one, pool.submit(_read, one, open_object) if small else None))
            if not waiting:
                return
            one, reading = waiting.popleft()
            yield one, reading.result() if reading else _start(one, open_object)


def _read(one: ObjectHead, open_object: Open) -> Iterator[bytes] | StorageError:
    try:
        return iter([b"".join(open_object(one))])
    except StorageError as error:
        return error


def _start(one: ObjectHead, open_object: Open) -> Iterator[bytes] | StorageError:
    chunks = open_object(one)
    try:
        return chain([next(chunks, b"")], chunks)
    except StorageError as error:
        return error


def _body(one: ObjectHead, name: str, chunks: Iterator[bytes], report: Report) -> Iterator[bytes]:
    """The object's bytes, never more than its HEAD said; what is short of it is reported."""
    left = one.size
    try:
        for chunk in chunks:
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                break
    except StorageError as error:
        report.incomplete.append((name, _why(error)))
        return
    if left > 0:
        report.incomplete.append((name, f"{human_bytes(left)} of {human_bytes(one.size)} lack"))


def _why(error: StorageError) -> str:
    if isinstance(error, NotFound):
        return "it is no longer there"
    return error.what
