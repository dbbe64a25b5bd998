"""Deleting chosen objects, and taking it back where the bucket keeps versions."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from storage.changes import reading
from storage.changes.conflicts import changed, telling
from storage.changes.plan import delete_row, deletion_text
from storage.errors import NotFound, StorageError
from storage.gate import Passage
from storage.model.changes import (
    DeletedRow,
    DeletePlan,
    DeleteRow,
    Deletion,
    Undone,
)
from storage.s3.delete import delete_object, undo_delete

_PARALLEL = 8


def plan(where: Passage, keys: Sequence[str]) -> DeletePlan:
    """What deleting `keys` would touch."""
    chosen = list(dict.fromkeys(keys))
    role = where.bucket.role
    rows = tuple(
        delete_row(where.layout, role, key, found)
        for key, found in zip(chosen, reading.heads(where, chosen), strict=True)
    )
    versioning = reading.versioning(where)
    there = [row for row in rows if not row.gone]
    text = deletion_text(where.bucket, len(there), sum(row.size for row in there), versioning)
    return DeletePlan(where.layout.name, role, where.bucket.bucket, rows, versioning, text)


def delete(where: Passage, planned: DeletePlan, note: str) -> Deletion:
    """Deletes each object that is still the planned one; the others are named with the reason."""
    there = [row for row in planned.rows if not row.gone]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        rows = tuple(pool.map(lambda row: _delete(where, row, note), there))
    return Deletion(planned.layout, planned.role, planned.bucket, rows)


def remove(where: Passage, key: str, etag: str | None, note: str) -> DeletedRow:
    """Deletes the object with `etag`, or with None the one that is there now."""
    found = reading.head(where, key)
    if found is None:
        raise NotFound("The object is not there.", "Check its name.", key=key)
    if etag is not None and etag != found.etag:
        raise where.refused(changed(where, found, key), key)
    return _remove(where, delete_row(where.layout, where.bucket.role, key, found), note)


def _delete(where: Passage, row: DeleteRow, note: str) -> DeletedRow:
    try:
        return _remove(where, row, note)
    except StorageError as error:
        return DeletedRow(row.key, row.size, row.etag, row.version_id, None, error.as_dict())


def _remove(where: Passage, row: DeleteRow, note: str) -> DeletedRow:
    before = row.version_id or row.etag
    with (
        where.changing(
            "delete", row.key, version_before=before, note=note, size=row.size
        ) as change,
        telling(where, row.key),
    ):
        left = delete_object(where.store, where.bucket.bucket, row.key, if_match=row.etag)
        change.version_after = left.version_id or ""
    return DeletedRow(
        row.key, row.size, row.etag, row.version_id, left.version_id if left.is_marker else None
    )


def undo(where: Passage, deletion: Deletion, note: str) -> Undone:
    """Removes the markers `deletion` made where nothing newer lies on top."""
    restored: list[str] = []
    failed: dict[str, dict[str, str]] = {}
    for row in deletion.undoable:
        try:
            _undo(where, row, note)
        except StorageError as error:
            failed[row.key] = error.as_dict()
        else:
            restored.append(row.key)
    return Undone(tuple(restored), failed)


def _undo(where: Passage, row: DeletedRow, note: str) -> None:
    marker = row.marker_id or ""
    with where.changing("undo-delete", row.key, version_before=marker, note=note) as change:
        undo_delete(where.store, where.bucket.bucket, row.key, marker)
        change.version_after = row.version_id or row.etag
