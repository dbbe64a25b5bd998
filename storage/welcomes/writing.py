"""Storing one file of the welcomes: over what was seen, and told to the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from storage.errors import Unsupported
from storage.gate import Passage
from storage.layout.rules import check_write
from storage.model.objects import ObjectHead, Written
from storage.s3.objects import IfAbsent, IfMatch, get_tags, put_object
from storage.welcomes.marks import SHA256


def put_file(
    where: Passage,
    call: str,
    key: str,
    data: bytes,
    *,
    kind: str,
    over: ObjectHead | None,
    note: str,
    marks: Mapping[str, str] | None = None,
    **detail: str | int | bool,
) -> Written:
    """Stores `data` where `over` still is, None for nothing; its metadata, tags and cache-control
    stay, but for `marks`. `kind` of the layout says the content type.

    Raises RuleViolation where the layout forbids it, Conflict where something else is there by now.
    """
    before = (over.version_id or over.etag) if over else ""
    check_write(where.layout, where.bucket.role, key)
    with where.changing(call, key, version_before=before, note=note, **detail) as change:
        written = store_file(where, key, data, kind=kind, over=over, marks=marks)
        change.version_after = written.version_id or written.etag
    return written


def store_file(
    where: Passage,
    key: str,
    data: bytes,
    *,
    kind: str,
    over: ObjectHead | None,
    marks: Mapping[str, str] | None = None,
) -> Written:
    """As `put_file`, for who tells the audit log before and after."""
    check_write(where.layout, where.bucket.role, key)
    return put_object(
        where.store,
        where.bucket.bucket,
        key,
        data,
        precondition=IfMatch(over.etag) if over else IfAbsent(),
        content_type=_content_type(where, kind),
        metadata=metadata_of(over, marks),
        tags=_tags(where, over),
        cache_control=over.cache_control if over else "",
        sha256=(marks or {}).get(SHA256, ""),
    )


def metadata_of(over: ObjectHead | None, marks: Mapping[str, str] | None) -> dict[str, str]:
    """What a file is stored with: what it was, with these marks."""
    return {**(over.metadata if over else {}), **(marks or {})}


def _content_type(where: Passage, kind: str) -> str:
    types = where.layout.kind(kind).content_types
    return types[0] if types else "application/octet-stream"


def _tags(where: Passage, over: ObjectHead | None) -> dict[str, str] | None:
    if over is None:
        return None
    try:
        return get_tags(where.store, over.bucket, over.key)
    except Unsupported:
        return None
