"""Storing one file that is here already, as a job that is over when the call returns."""

from __future__ import annotations

from typing import Any, BinaryIO

from storage.changes import uploading
from storage.changes.conflicts import changed
from storage.changes.editing import refuse
from storage.errors import InvalidInput
from storage.gate import Passage
from storage.jobs.service import Jobs
from storage.model.changes import Incoming, Stored, UploadItem
from storage.s3.objects import IfMatch, Precondition


def store(
    jobs: Jobs,
    where: Passage,
    name: str,
    source: BinaryIO,
    precondition: Precondition,
    *,
    content_type: str,
    note: str,
) -> Stored:
    """Stores the file under `name`. Raises RuleViolation, InvalidInput, Conflict."""
    head, size = uploading.head_and_size(source)
    plan = uploading.plan(where, "", [Incoming(name, size, head, content_type)])
    (item,) = plan.items
    if not item.key:
        raise where.refused(InvalidInput(item.findings[0].text, item.findings[0].remedy))
    refuse(where, *item.findings)
    planned = precondition.etag if isinstance(precondition, IfMatch) else None
    if planned != (item.existing.etag if item.existing else None):
        raise where.refused(changed(where, item.existing, item.key), item.key)
    replace = frozenset({item.key} if planned else ())
    job = uploading.begin(jobs, where, plan, [source], replace, note=note, watch=_unwatched)
    return _stored(item, job.id, job.result["items"][0])


def _unwatched(_done: int, _total: int, _text: str) -> None:
    """Whoever waits for the answer sees no progress; Activity does."""


def _stored(item: UploadItem, job_id: str, row: dict[str, Any]) -> Stored:
    return Stored(item, row["etag"], row["version_id"], job_id)
