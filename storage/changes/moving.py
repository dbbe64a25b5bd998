"""Copies and moves as a job, object by object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from storage.changes import reading
from storage.changes.conflicts import changed, telling
from storage.changes.tally import STOPPING, Tally
from storage.changes.transferring import Way
from storage.errors import Conflict, StorageError
from storage.gate import Gate, Passage
from storage.jobs.work import Running
from storage.layout.profile import Bucket, Layout
from storage.model.objects import ObjectHead
from storage.s3.client import Store
from storage.s3.copy import copy_object
from storage.s3.delete import delete_object
from storage.s3.facts import facts_of
from storage.s3.heads import head_answer
from storage.s3.multipart import PART_BYTES
from storage.s3.objects import IfAbsent, IfMatch
from storage.s3.uploads import abort_uploads
from storage.s3.verify import Seen, difference


class TransferWork:
    """The job "transfer". Its checkpoint: the step it is at, the ETag of that step's finished copy
    where the source of a move is still to go, and what was done.
    """

    kind = "transfer"
    resumable = True

    def __init__(
        self,
        gate: Gate,
        layouts: Mapping[str, Layout],
        store_for: Callable[[Layout, Bucket], Store],
    ) -> None:
        self._gate = gate
        self._layouts = layouts
        self._store_for = store_for

    def run(self, job: Running) -> Mapping[str, Any]:
        """Does the steps that are not done yet."""
        steps: Sequence[Mapping[str, Any]] = job.params["steps"]
        tally = Tally(job.checkpoint.get("tally"))
        copied = job.checkpoint.get("copied")
        if job.checkpoint:
            self.tidy(job)
        for at in range(job.checkpoint.get("at", 0), len(steps)):
            step = steps[at]
            job.stop_if_asked()
            job.progress(at, len(steps), step["key"])
            job.save({"at": at, "copied": copied, "tally": tally.as_json()})
            try:
                etag = self._step(job, step, copied, tally)
                tally.add(step["key"], step["size"], target=step["target"], etag=etag)
            except STOPPING:
                raise
            except StorageError as error:
                tally.fail(step["key"], error)
            copied = None
        job.progress(len(steps), len(steps))
        return tally.result()

    def _step(self, job: Running, step: Mapping[str, Any], copied: str | None, tally: Tally) -> str:
        params = job.params
        ends = params["source"], params["target"]
        way = Way.entered(self._gate, job.actor, *ends, move=params["move"])
        etag = copied or _copy(job, way, step)
        if way.leave:
            if copied is None:
                at = params["steps"].index(step)
                job.save({"at": at, "copied": etag, "tally": tally.as_json()})
            _remove_source(job, way, way.leave, step, etag)
        return etag

    def tidy(self, job: Running) -> None:
        """Aborts the parts of the copy it was at; everything else is whole or not there. Asks no
        gate: whoever was revoked meanwhile leaves no parts either.
        """
        at = job.checkpoint.get("at", 0)
        steps = job.params["steps"]
        if at >= len(steps) or steps[at]["size"] <= PART_BYTES:
            return
        name, role = job.params["target"]
        layout = self._layouts[name]
        bucket = layout.bucket(role)
        abort_uploads(self._store_for(layout, bucket), bucket.bucket, steps[at]["target"])


def _copy(job: Running, way: Way, step: Mapping[str, Any]) -> str:
    """Copies, compares, and returns the copy's ETag. A copy that an earlier run finished without
    being able to say so is recognised by what it holds.
    """
    source, target, key = way.source, way.target, step["target"]
    head = _as_planned(source, step)
    call = "move" if way.leave else "copy"
    existing = reading.head(target, key)
    before = reading.version_of(existing)
    with (
        source.read(call, step["key"], reading.version_of(head)),
        target.changing(
            call,
            key,
            version_before=before,
            note=job.params["note"],
            source=f"s3://{source.bucket.bucket}/{step['key']}",
            size=head.size,
        ) as change,
        telling(target, key, before),
    ):
        if existing and existing.etag != step["existing"] and _is_copy(way, head, existing):
            change.detail["found"] = True
            change.version_after = reading.version_of(existing)
            return existing.etag
        written = copy_object(
            source.store,
            (head.bucket, head.key, None),
            (target.bucket.bucket, key),
            if_source=head.etag,
            precondition=IfMatch(step["existing"]) if step["existing"] else IfAbsent(),
            to=target.store,
            stop=job.stop_if_asked,
        )
        change.version_after = written.version_id or written.etag
    return written.etag


def _as_planned(source: Passage, step: Mapping[str, Any]) -> ObjectHead:
    head = reading.head(source, step["key"])
    if head is None or head.etag != step["etag"]:
        raise changed(source, head, step["key"])
    return head


def _is_copy(way: Way, head: ObjectHead, there: ObjectHead) -> bool:
    """Whether what is there holds the same bytes and facts as the source."""
    source, target = (
        Seen(store, one.bucket, one.key, None, head_answer(store, one.bucket, one.key))
        for store, one in ((way.source.store, head), (way.target.store, there))
    )
    return not difference(source, target, facts_of(source.answer))


def _remove_source(
    job: Running, way: Way, leave: Passage, step: Mapping[str, Any], copied: str
) -> None:
    """Deletes exactly the bytes that were copied, while the copy is still there."""
    copy = reading.head(way.target, step["target"])
    if copy is None or copy.etag != copied:
        raise Conflict(
            "The copy was changed or deleted at once by somebody else, so its source was kept.",
            "Look at both places.",
            bucket=way.target.bucket.bucket,
            key=step["target"],
        )
    head = reading.head(leave, step["key"])
    if head is None:
        return  # by the run before this one, which could not say so any more
    target = f"s3://{copy.bucket}/{copy.key}"
    before = reading.version_of(head)
    with (
        leave.changing(
            "move-away", head.key, version_before=before, note=job.params["note"], target=target
        ) as change,
        telling(leave, head.key),
    ):
        left = delete_object(leave.store, head.bucket, head.key, if_match=step["etag"])
        change.version_after = left.version_id or ""
