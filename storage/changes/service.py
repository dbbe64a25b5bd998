"""What Browse, the server and the command line change in a bucket.

Each call names the person and is refused here, not in the page, when the session has ended, the
permission is missing or the console is switched read-only. Every write states what must be there
before it; every attempt is in the audit log before it happens, or does not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from storage.changes import arrivals, deleting, editing, prefixes, single, transferring, uploading
from storage.changes.arrivals import LINK_LIFE_S, link_limits
from storage.changes.deleted import find_deleted
from storage.changes.uploading import Source
from storage.gate import Gate
from storage.jobs.running import OnProgress
from storage.jobs.service import Jobs
from storage.model.changes import (
    DeletedRow,
    DeletePlan,
    Deletion,
    Incoming,
    PrefixPlan,
    Stored,
    TransferPlan,
    Undone,
    UploadLink,
    UploadPlan,
)
from storage.model.deleted import DeletedPage
from storage.model.jobs import Job
from storage.model.objects import ObjectHead, Written
from storage.model.people import Actor, Can
from storage.s3.objects import Precondition

__all__ = ["LINK_LIFE_S", "Changes", "link_limits"]


class Changes:
    """Changes to the objects of all layouts. Thread-safe.

    What is a job runs in the background, or with `watch` here and now, telling it of progress.
    """

    def __init__(self, gate: Gate, jobs: Jobs, clock: Callable[[], datetime]) -> None:
        self._gate = gate
        self._jobs = jobs
        self._clock = clock

    def plan_upload(
        self, actor: Actor, layout: str, role: str, prefix: str, files: Sequence[Incoming]
    ) -> UploadPlan:
        """What storing `files` below `prefix` ("" or ending in /) would do, what speaks against it,
        and what lies under each key now. Writes nothing. Raises InvalidInput for over 1,000 files.
        """
        where = self._gate.enter(actor, Can.OBJECT_WRITE, layout, role, prefix)
        return uploading.plan(where, prefix, files)

    def upload(
        self,
        actor: Actor,
        plan: UploadPlan,
        sources: Sequence[Source],
        *,
        replace: frozenset[str] = frozenset(),
        note: str = "",
        watch: OnProgress | None = None,
    ) -> Job:
        """Stores what the plan does not block, as a job "upload"; "upload-files", which can be
        resumed, where all `sources` are files of this machine.

        `sources` are the files in the plan's order, blocked ones too. What exists is replaced only
        where its key is in `replace` and it is still what the plan saw; then its metadata, tags and
        cache-control are kept. Raises InvalidInput where there is nothing to store or a file is
        another one than was planned.
        """
        where = self._gate.enter(actor, Can.OBJECT_WRITE, plan.layout, plan.role, plan.prefix)
        return uploading.begin(self._jobs, where, plan, sources, replace, note=note, watch=watch)

    def unfinished(self, actor: Actor, plan: UploadPlan, sources: Sequence[Path]) -> Job | None:
        """The earlier job of the same files to the same place that can be resumed, or seems to run
        still: one that was killed is known to be dead after some seconds only.
        """
        where = self._gate.enter(actor, Can.OBJECT_WRITE, plan.layout, plan.role, plan.prefix)
        return uploading.unfinished(self._jobs, where, plan, sources)

    def check_storing(self, actor: Actor, layout: str, role: str) -> None:
        """Raises AccessDenied for whoever may not store there, before a file travels in vain."""
        self._gate.enter(actor, Can.OBJECT_WRITE, layout, role)

    def store(
        self,
        actor: Actor,
        layout: str,
        role: str,
        name: str,
        source: BinaryIO,
        *,
        precondition: Precondition,
        content_type: str = "",
        note: str = "",
    ) -> Stored:
        """Stores one file under `name` (its whole path in the bucket), by the checks of an upload,
        as a job "upload" that is over when this returns. What it replaces leaves it its metadata,
        tags and cache-control.

        Raises RuleViolation or InvalidInput where the checks refuse it, Conflict where the
        precondition does.
        """
        where = self._gate.enter(actor, Can.OBJECT_WRITE, layout, role, name)
        asked = (name, source, precondition)
        return single.store(self._jobs, where, *asked, content_type=content_type, note=note)

    def put(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        body: bytes,
        *,
        precondition: Precondition,
        content_type: str = "",
        note: str = "",
    ) -> Written:
        """Stores `body` under exactly `key`, by the same checks as an upload: RuleViolation or
        InvalidInput where they refuse it, Conflict where the precondition does.
        """
        where = self._gate.enter(actor, Can.OBJECT_WRITE, layout, role, key)
        return uploading.put(
            where, key, body, precondition=precondition, content_type=content_type, note=note
        )

    def plan_transfer(
        self,
        actor: Actor,
        layout: str,
        role: str,
        keys: Sequence[str],
        *,
        target_layout: str,
        target_role: str,
        target: str,
        move: bool,
    ) -> TransferPlan:
        """What copying or moving `keys` would do. `target` is a folder ("" or ending in /), or the
        whole key for a single object. Writes nothing. Raises AccessDenied where personal data would
        leave its project.
        """
        ends = (layout, role), (target_layout, target_role)
        way = transferring.Way.entered(self._gate, actor, *ends, move=move)
        return transferring.plan(way, keys, target)

    def transfer(
        self,
        actor: Actor,
        plan: TransferPlan,
        *,
        replace: frozenset[str] = frozenset(),
        note: str = "",
        watch: OnProgress | None = None,
    ) -> Job:
        """Does what the plan does not block, as a job "transfer": copies, compares, and only then
        deletes the source of a move. `replace` holds target keys.
        """
        ends = (plan.layout, plan.role), (plan.target_layout, plan.target_role)
        way = transferring.Way.entered(self._gate, actor, *ends, move=plan.move)
        return transferring.begin(self._jobs, way, plan, replace, note=note, watch=watch)

    def edit(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        *,
        expected: ObjectHead,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        cache_control: str | None = None,
        note: str = "",
    ) -> Written:
        """Replaces the facts that are given (None: as they are), where the object is still as
        `expected`: also its facts, which its ETag does not tell.

        Raises InvalidInput for what no header can hold, Conflict where it changed.
        """
        where = self._gate.enter(actor, Can.OBJECT_WRITE, layout, role, key)
        return editing.edit(
            where,
            key,
            expected=expected,
            content_type=content_type,
            metadata=metadata,
            cache_control=cache_control,
            note=note,
        )

    def set_tags(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        tags: Mapping[str, str],
        *,
        expected: ObjectHead,
        expected_tags: Mapping[str, str],
        note: str = "",
    ) -> None:
        """Replaces all tags, where the object and they are still as expected. Raises Conflict."""
        where = self._gate.enter(actor, Can.OBJECT_WRITE, layout, role, key)
        editing.set_tags(where, key, tags, (expected, expected_tags), note)

    def plan_delete(self, actor: Actor, layout: str, role: str, keys: Sequence[str]) -> DeletePlan:
        """What deleting `keys` (1 to 1,000) would touch. Writes nothing."""
        where = self._gate.enter(actor, Can.OBJECT_DELETE, layout, role)
        return deleting.plan(where, keys)

    def delete(self, actor: Actor, plan: DeletePlan, *, note: str = "") -> Deletion:
        """Deletes what is still as the plan saw it; the rest is in the result with its reason."""
        where = self._gate.enter(actor, Can.OBJECT_DELETE, plan.layout, plan.role)
        return deleting.delete(where, plan, note)

    def remove(
        self, actor: Actor, layout: str, role: str, key: str, *, etag: str | None, note: str = ""
    ) -> DeletedRow:
        """Deletes the object with `etag`, or with None the one a look right before shows. Raises
        NotFound where none is there, Conflict where it is another one.
        """
        where = self._gate.enter(actor, Can.OBJECT_DELETE, layout, role, key)
        return deleting.remove(where, key, etag, note)

    def undo(self, actor: Actor, deletion: Deletion, *, note: str = "") -> Undone:
        """Removes the markers `deletion` made, each only where it is still the latest."""
        where = self._gate.enter(actor, Can.OBJECT_DELETE, deletion.layout, deletion.role)
        return deleting.undo(where, deletion, note)

    def plan_prefix(self, actor: Actor, layout: str, role: str, prefix: str) -> PrefixPlan:
        """What deleting everything below `prefix` (a folder, ending in /) would touch, counted over
        all pages; takes a second and a request for each 1,000 objects. Writes nothing.
        """
        where = self._gate.enter(actor, Can.PREFIX_DELETE, layout, role, prefix)
        return prefixes.plan(where, prefix, self._clock())

    def delete_prefix(
        self, actor: Actor, plan: PrefixPlan, *, note: str = "", watch: OnProgress | None = None
    ) -> Job:
        """Deletes what was there when the plan was made, as a job "delete-prefix"."""
        where = self._gate.enter(actor, Can.PREFIX_DELETE, plan.layout, plan.role, plan.prefix)
        return prefixes.begin(self._jobs, where, plan, note=note, watch=watch)

    def deleted(self, actor: Actor, layout: str, role: str, prefix: str) -> DeletedPage:
        """What was deleted below `prefix` and can be restored. Writes nothing."""
        return find_deleted(self._gate.enter(actor, Can.OBJECT_WRITE, layout, role, prefix), prefix)

    def restore(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        version_id: str,
        *,
        etag: str | None,
        note: str = "",
    ) -> Written:
        """Makes an old version the newest again. `etag` is that of what lies there now, None where
        the object is deleted. Raises Conflict where that is no longer so.
        """
        where = self._gate.enter(actor, Can.OBJECT_WRITE, layout, role, key)
        return editing.restore(where, key, version_id, etag=etag, note=note)

    def upload_link(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        *,
        content_type: str,
        max_bytes: int,
        expires_s: int = LINK_LIFE_S,
        replace: bool = False,
        note: str = "",
    ) -> UploadLink:
        """A form by which somebody else stores exactly one object, and a job "arrival" that looks
        at what comes. Raises Conflict where something is there and `replace` is not given.

        S3 has no condition for forms: what somebody stores there meanwhile is replaced. The form
        works until it ends, and the job looks at what comes first.
        """
        where = self._gate.enter(actor, Can.OBJECT_RECEIVE, layout, role, key)
        asked = arrivals.Asked(key, content_type, max_bytes, expires_s, replace, note)
        return arrivals.give_out(self._jobs, where, asked, self._clock())
