"""Changing what is said of an object, and bringing an old version back: the bytes stay as they are.

S3 cannot edit: the object is copied onto itself, under the condition that it is still the one that
was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.changes import facts, reading
from storage.changes.conflicts import changed, telling
from storage.changes.judging import judge_key, judge_type
from storage.errors import Conflict, InvalidInput, NotFound, RuleViolation
from storage.gate import Passage
from storage.model.findings import Finding
from storage.model.objects import ObjectHead, VersionRow, Written
from storage.s3.copy import copy_object
from storage.s3.delete import undo_delete
from storage.s3.objects import IfAbsent, IfMatch, list_versions
from storage.s3.tags import set_tags as put_tags

VERSIONS_LOOKED_AT = 1_000


def edit(
    where: Passage,
    key: str,
    *,
    expected: ObjectHead,
    content_type: str | None,
    metadata: Mapping[str, str] | None,
    cache_control: str | None,
    note: str,
) -> Written:
    """Replaces the facts that are given. Raises InvalidInput for what no header can hold."""
    wanted: dict[str, Any] = {
        "content_type": None if content_type is None else facts.check_type(content_type),
        "metadata": None if metadata is None else facts.check_metadata(metadata),
        "cache_control": None
        if cache_control is None
        else facts.check_cache_control(cache_control),
    }
    changing = [name for name, value in wanted.items() if value is not None]
    if not changing:
        raise InvalidInput("There is nothing to change.", "Change something first.")
    if content_type is not None:
        refuse(
            where, judge_type(where.layout, where.bucket.role, key, facts.check_type(content_type))
        )
    place = (where.bucket.bucket, key)
    with (
        where.changing(
            "edit",
            key,
            version_before=reading.version_of(expected),
            note=note,
            changed=", ".join(changing),
        ) as change,
        telling(where, key),
    ):
        written = copy_object(
            where.store,
            (*place, None),
            place,
            if_source=expected.etag,
            precondition=IfMatch(expected.etag),
            expected=expected,
            **wanted,
        )
        change.version_after = written.version_id or written.etag
    return written


def set_tags(
    where: Passage,
    key: str,
    tags: Mapping[str, str],
    seen: tuple[ObjectHead, Mapping[str, str]],
    note: str,
) -> None:
    """Replaces all tags where the object and they are still as `seen`: what tags say ("checked") is
    said of these bytes.
    """
    wanted = facts.check_tags(tags)
    expected, expected_tags = seen
    version = reading.version_of(expected)
    with where.changing("tags", key, version_before=version, note=note, tags=len(wanted)) as change:
        now = reading.head(where, key)
        if now != expected:
            raise changed(where, now, key)
        put_tags(where.store, where.bucket.bucket, key, wanted, expected=expected_tags)
        change.version_after = version  # tags are no version of their own


def restore(where: Passage, key: str, version_id: str, *, etag: str | None, note: str) -> Written:
    """Makes the version the newest: by removing the delete marker where that alone hides it, else
    by a copy on top, so that nothing is lost.
    """
    versions = list_versions(where.store, where.bucket.bucket, key, VERSIONS_LOOKED_AT)
    wanted = _wanted(where, key, versions, version_id)
    refuse(where, *judge_key(where.layout, where.bucket.role, key, wanted.size))
    latest = versions[0]
    with (
        where.changing(
            "restore",
            key,
            version_before=latest.version_id,
            note=note,
            restored=version_id,
        ) as change,
        telling(where, key),
    ):
        if etag is None and latest.is_delete_marker and versions[1] is wanted:
            undo_delete(where.store, where.bucket.bucket, key, latest.version_id)
            written = Written(wanted.etag, wanted.version_id, wanted.size)
        else:
            written = copy_object(
                where.store,
                (where.bucket.bucket, key, version_id),
                (where.bucket.bucket, key),
                if_source=wanted.etag,
                precondition=IfAbsent() if etag is None else IfMatch(etag),
            )
        change.version_after = written.version_id or written.etag
    return written


def _wanted(
    where: Passage, key: str, versions: tuple[VersionRow, ...], version_id: str
) -> VersionRow:
    found = next((row for row in versions if row.version_id == version_id), None)
    if found is None:
        raise NotFound(
            "That version is no longer there.",
            "Old versions may be cleaned up after a time. Reload the list.",
            bucket=where.bucket.bucket,
            key=key,
        )
    if found.is_delete_marker:
        raise InvalidInput("That is a delete, not a version.", "Choose a version with bytes.")
    if found is versions[0]:
        raise Conflict("That version is the newest already.", "Reload the page.", key=key)
    return found


def refuse(where: Passage, *findings: Finding | None) -> None:
    """Raises the first error among the findings, with a row in the audit log: RuleViolation for a
    rule, else InvalidInput.
    """
    for finding in findings:
        if finding is not None and finding.severity == "error":
            kind = RuleViolation if finding.rule == "rule" else InvalidInput
            error = kind(finding.text, finding.remedy, bucket=where.bucket.bucket, key=finding.key)
            raise where.refused(error, finding.key)
