"""What a welcome was: its earlier recordings and texts, from the versions the bucket keeps."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from storage.courses.codes import Course
from storage.courses.registry import Registry, parse_registry
from storage.courses.splice import same
from storage.errors import InvalidInput, NotFound
from storage.gate import Passage
from storage.model.audit import AuditFilter
from storage.model.objects import VersionRow
from storage.model.welcome_plans import History, Past
from storage.model.welcomes import StoredSound
from storage.s3.objects import list_versions, stream_object
from storage.welcomes.reading import Home
from storage.welcomes.rooms import Rooms

SHOWN = 50  # versions of each file: more are in Browse
_ROWS = 1_000
_PARALLEL = 8
_SAID = ("text", "voice")


def history(where: Passage, rooms: Rooms, home: Home, course: Course) -> History:
    """Newest first."""
    key = home.names.to_read(course)
    recordings = _versions(where, key) if key else ()
    registries = _versions(where, rooms.registry_key)
    rows = [
        *(_recordings(where, rooms, key, recordings) if key else ()),
        *_texts(where, rooms.registry_key, registries, course.code),
    ]
    rows.sort(key=lambda row: row.at, reverse=True)
    return History(course.code, tuple(rows), tuple(_notes(recordings, registries)))


def find(where: Passage, rooms: Rooms, home: Home, course: Course, version_id: str) -> Past:
    """The row of the history with that version. Raises NotFound."""
    rows = history(where, rooms, home, course).rows
    found = next((row for row in rows if row.version_id == version_id), None)
    if found is None:
        raise NotFound(f"{course.code} has no version {version_id!r}.", "See its history.")
    return found


def _versions(where: Passage, key: str) -> tuple[VersionRow, ...]:
    return list_versions(where.store, where.bucket.bucket, key, SHOWN)


def _notes(*kept: tuple[VersionRow, ...]) -> Iterator[str]:
    rows = [row for versions in kept for row in versions]
    if rows and all(row.version_id == "null" for row in rows):
        yield "This bucket keeps no earlier versions: what is replaced is gone."
    if any(len(versions) == SHOWN for versions in kept):
        yield f"The newest {SHOWN} versions of a file are shown; older ones are in Browse."


def _authors(where: Passage, key: str) -> dict[str, str]:
    """Who stored which version, by the audit log."""
    wanted = AuditFilter(bucket=where.bucket.bucket, key=key, result="done")
    rows = where.audit.search(wanted, limit=_ROWS).rows
    return {row.event.version_after: row.event.actor_name for row in rows}


def _recordings(
    where: Passage, rooms: Rooms, key: str, versions: tuple[VersionRow, ...]
) -> Iterator[Past]:
    authors = _authors(where, key)
    for row in versions:
        if row.is_delete_marker:
            continue
        facts = (rooms.home, where.bucket.bucket, key, row.etag, row.size, row.modified)
        yield Past(
            "recording",
            row.version_id,
            row.modified,
            _author(authors, row),
            current=row.is_latest,
            sound=StoredSound(*facts, row.version_id),
        )


def _texts(
    where: Passage, key: str, versions: tuple[VersionRow, ...], course: str
) -> Iterator[Past]:
    """Versions of the registry in which text or voice of the course became what they are there."""
    authors = _authors(where, key)
    there = [row for row in versions if not row.is_delete_marker]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        read = list(pool.map(lambda row: _fields_then(where, key, row, course), there))
    for at, (row, fields) in enumerate(zip(there, read, strict=True)):
        before = next((one for one in read[at + 1 :] if one is not None), None)
        if fields is None or (before is not None and _said(before) == _said(fields)):
            continue
        newer = [one for one in read[:at] if one is not None]
        yield Past(
            "text",
            row.version_id,
            row.modified,
            _author(authors, row),
            current=all(_said(one) == _said(fields) for one in newer),
            fields=fields,
        )


def _author(authors: dict[str, str], row: VersionRow) -> str:
    return authors.get(row.version_id) or authors.get(row.etag, "")


def _fields_then(where: Passage, key: str, row: VersionRow, course: str) -> dict[str, Any] | None:
    """The course's entry in one version; None without one, or in a broken registry."""
    try:
        entry = _registry_then(where, key, row.version_id).entries.get(course)
    except (InvalidInput, NotFound):
        return None
    return dict(entry.fields) if entry else None


def _registry_then(where: Passage, key: str, version_id: str) -> Registry:
    pieces = stream_object(where.store, where.bucket.bucket, key, version_id=version_id)
    return parse_registry(b"".join(pieces))


def _said(fields: dict[str, Any]) -> list[Any]:
    return [fields.get(name) for name in _SAID]


def recording_then(where: Passage, past: Past) -> bytes:
    """The bytes of an earlier recording. Raises NotFound where the version is gone."""
    assert past.sound is not None  # noqa: S101  of a recording
    key, version_id = past.sound.key, past.version_id
    pieces = stream_object(where.store, where.bucket.bucket, key, version_id=version_id)
    return b"".join(pieces)


def text_then(where: Passage, rooms: Rooms, course: str, past: Past) -> tuple[str, str]:
    """Text and voice of an earlier version, as `plan_save` takes them; read again, so that nothing
    is restored that never was. Raises NotFound, InvalidInput."""
    entry = _registry_then(where, rooms.registry_key, past.version_id).entries.get(course)
    if entry is None or not same(entry.fields.get("text"), past.fields.get("text")):
        raise NotFound("That version does not have this text.", "Reload the history.")
    return entry.text, entry.voice or ""
