"""Storing files: what an upload would do, and doing it as a job.

Two kinds of job: one holds what a browser sent, in memory, and leaves nothing behind when it is cut
off; the other reads files of this machine and goes on in the middle of a file.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from storage.changes import reading
from storage.changes.conflicts import telling
from storage.changes.editing import refuse
from storage.changes.facts import check_type
from storage.changes.judging import HEAD_BYTES, judge
from storage.changes.naming import checked_key
from storage.changes.plan import blocked, refuse_doubles, upload_item
from storage.changes.starting import start
from storage.errors import InvalidInput, Unsupported
from storage.gate import Passage
from storage.jobs.running import OnProgress
from storage.jobs.service import LIST_MAX, Jobs
from storage.model.changes import Incoming, UploadItem, UploadPlan
from storage.model.jobs import Job
from storage.model.objects import ObjectHead, Written
from storage.s3.multipart import upload_stream
from storage.s3.objects import IfMatch, Precondition

Source = BinaryIO | Path


def plan(where: Passage, prefix: str, files: Sequence[Incoming]) -> UploadPlan:
    """What storing `files` below `prefix` would do. Raises InvalidInput for none or too many."""
    if prefix and not prefix.endswith("/"):
        raise InvalidInput(f"{prefix!r} is no folder.", "Give a folder, with / at its end.")
    if not 1 <= len(files) <= reading.KEYS_MAX:
        raise InvalidInput(
            f"{len(files):,} files cannot be stored at once.", f"Choose 1 to {reading.KEYS_MAX:,}."
        )
    role = where.bucket.role
    items = [_holdable(where, upload_item(where.layout, role, prefix, file)) for file in files]
    items = list(refuse_doubles(items))
    asked = [item.key for item in items if not item.blocked]
    there = dict(zip(asked, reading.heads(where, asked), strict=True)) if asked else {}
    return UploadPlan(
        where.layout.name,
        role,
        where.bucket.bucket,
        prefix,
        tuple(_over(item, there.get(item.key)) for item in items),
    )


def _holdable(where: Passage, item: UploadItem) -> UploadItem:
    reason = where.store.capabilities.unholdable(item.key) if item.key else None
    if reason is None:
        return item
    text = f"This store cannot hold that name: {reason}"
    return blocked(item, Unsupported(text, "Choose another name."))


def _over(item: UploadItem, existing: ObjectHead | None) -> UploadItem:
    return dataclasses.replace(item, existing=existing)


# -- from a plan to a job -------------------------------------------------------------------------


def begin(
    jobs: Jobs,
    where: Passage,
    planned: UploadPlan,
    sources: Sequence[Source],
    replace: frozenset[str],
    *,
    note: str,
    watch: OnProgress | None,
) -> Job:
    """The job that stores what was planned. Raises InvalidInput where nothing is to be stored, or
    a file is another one than was judged.
    """
    chosen = _chosen(planned, sources, replace)
    for item, source in chosen:
        _judge_again(where, item, source)
    params: dict[str, Any] = {
        "place": [planned.layout, planned.role],
        "items": [_step(item) for item, _ in chosen],
        "bytes": sum(item.size for item, _ in chosen),
        "note": note,
    }
    begun = partial(start, jobs, where, total=params["bytes"], unit="bytes", watch=watch)
    title = _title(where, planned, [item for item, _ in chosen])
    paths = [source for _, source in chosen if isinstance(source, Path)]
    if len(paths) < len(chosen):
        return begun("upload", title, params, attachment=[source for _, source in chosen])
    params["files"] = files_of(paths)
    return begun("upload-files", _marked(where, planned, sources), params)


def unfinished(
    jobs: Jobs, where: Passage, planned: UploadPlan, sources: Sequence[Path]
) -> Job | None:
    """The earlier job of the same files to the same place that can be resumed, or seems to run
    still: one that was killed is known to be dead after some seconds only.
    """
    title = _marked(where, planned, sources)
    recent = jobs.list(where.actor, limit=LIST_MAX)
    going = (job for job in recent if job.resumable or job.active)
    return next((job for job in going if job.title == title), None)


def _title(where: Passage, planned: UploadPlan, items: Sequence[UploadItem]) -> str:
    what = (
        items[0].key if len(items) == 1 else f"{len(items):,} files below {planned.prefix or '/'}"
    )
    return f"Store {what} in {where.bucket.title}"


def _marked(where: Passage, planned: UploadPlan, sources: Sequence[Source]) -> str:
    """A title that is the same when the same files go to the same place again, by its mark."""
    files = files_of([source for source in sources if isinstance(source, Path)])
    keys = [item.key for item in planned.items]
    said = repr((planned.layout, planned.role, keys, files)).encode("utf-8", "surrogatepass")
    mark = hashlib.sha256(said).hexdigest()[:8]
    place = f"{where.bucket.title} below {planned.prefix[:200] or '/'}"
    return f"Store {len(keys):,} file{'' if len(keys) == 1 else 's'} in {place} [{mark}]"


def _chosen(
    planned: UploadPlan, sources: Sequence[Source], replace: frozenset[str]
) -> list[tuple[UploadItem, Source]]:
    if len(sources) != len(planned.items):
        raise InvalidInput(
            f"The plan has {len(planned.items):,} files, and {len(sources):,} were given.",
            "Choose the files again.",
        )
    chosen = [
        (item, source)
        for item, source in zip(planned.items, sources, strict=True)
        if not item.blocked and (item.existing is None or item.key in replace)
    ]
    if not chosen:
        raise InvalidInput(
            "There is nothing to store.", "Every file is refused, or exists and is not replaced."
        )
    return chosen


def _step(item: UploadItem) -> dict[str, Any]:
    return {
        "key": item.key,
        "size": item.size,
        "content_type": item.content_type,
        "etag": item.existing.etag if item.existing else None,
    }


def _judge_again(where: Passage, item: UploadItem, source: Source) -> None:
    """The bytes that will be stored are those that were planned, whoever made the plan."""
    head, size = head_and_size(source)
    role, declared = where.bucket.role, item.content_type
    found = judge(where.layout, role, item.key, size, head, declared=declared)
    refused = [finding for finding in found.findings if finding.severity == "error"]
    if size != item.size or refused or found.detected != item.detected:
        raise InvalidInput(
            f"{item.name!r} changed after it was checked, so nothing was stored.",
            "Choose it again.",
            key=item.key,
        )


def head_and_size(source: Source) -> tuple[bytes, int]:
    """The first 64 KB of a file and its size in bytes. Raises InvalidInput for an unreadable one.

    An open file is at its first byte afterwards.
    """
    if isinstance(source, Path):
        try:
            with source.open("rb") as opened:
                return opened.read(HEAD_BYTES), source.stat().st_size
        except OSError as error:
            raise unreadable(source, error) from error
    size = source.seek(0, 2)
    source.seek(0)
    head = source.read(HEAD_BYTES)
    source.seek(0)
    return head, size


def unreadable(path: Path, error: OSError) -> InvalidInput:
    """That a file of this machine cannot be read."""
    return InvalidInput(
        f"{str(path)!r} cannot be read: {error.strerror or error}.",
        "Check that it is a file, that it is still there, and that you may read it.",
    )


# -- files of this machine ------------------------------------------------------------------------


def files_of(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Where the files are, and by what a resumed run sees that they are unchanged."""
    found = []
    for path in paths:
        try:
            facts = path.stat()
        except OSError as error:
            raise unreadable(path, error) from error
        found.append(
            {"path": str(path.absolute()), "size": facts.st_size, "mtime_ns": facts.st_mtime_ns}
        )
    return found


# -- bytes that are here already ------------------------------------------------------------------


def put(
    where: Passage,
    key: str,
    body: bytes,
    *,
    precondition: Precondition,
    content_type: str,
    note: str,
) -> Written:
    """Stores `body` by the checks of an upload. Raises RuleViolation, InvalidInput, Conflict."""
    declared = check_type(content_type) if content_type else ""
    role, head = where.bucket.role, body[:HEAD_BYTES]
    found = judge(where.layout, role, checked_key(key), len(body), head, declared=declared)
    refuse(where, *found.findings)
    before = precondition.etag if isinstance(precondition, IfMatch) else ""
    with (
        where.changing(
            "put",
            key,
            version_before=before,
            note=note,
            size=len(body),
            content_type=found.content_type,
        ) as change,
        telling(where, key),
    ):
        written = upload_stream(
            where.store,
            where.bucket.bucket,
            key,
            BytesIO(body),
            len(body),
            precondition=precondition,
            content_type=found.content_type,
        )
        change.version_after = written.version_id or written.etag
    return written
