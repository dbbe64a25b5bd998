"""What Browse, the server and the command line change in a bucket.

Each call names the person and is refused here, not in the page, when the session has ended, the
permission is missing or the console is switched read-only. Every write states what must be there
before it; every attempt is in the audit log before it happens, or does not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from storage.layout.profile import Layout
from storage.model.changes import (
    DeletePlan,
    Deletion,
    Incoming,
    PrefixPlan,
    TransferPlan,
    Undone,
    UploadLink,
    UploadPlan,
)
from storage.model.objects import Written
from storage.model.people import Actor
from storage.s3.objects import Precondition

if TYPE_CHECKING:
    from storage.gate import Gate
    from storage.jobs import Jobs
    from storage.model.jobs import Job

Watch = Callable[["Job"], None]
"""Called with each progress of a job that runs here and now, as on the command line."""
LINK_LIFE_S = 900
LINK_MIN_S = 300
LINK_MAX_S = 3_600
HEAD_BYTES = 65_536


class Changes:
    """Changes to the objects of all layouts. Thread-safe."""

    def __init__(
        self,
        layouts: Mapping[str, Layout],
        gate: Gate,
        jobs: Jobs,
        clock: Callable[[], datetime],
    ) -> None:
        self._layouts = layouts
        self._gate = gate
        self._jobs = jobs
        self._clock = clock

    def plan_upload(
        self, actor: Actor, layout: str, role: str, prefix: str, files: Sequence[Incoming]
    ) -> UploadPlan:
        """What storing `files` below `prefix` ("" or ending in /) would do, what speaks against it,
        and what lies under each key now. Writes nothing.
        """
        raise NotImplementedError

    def upload(
        self,
        actor: Actor,
        plan: UploadPlan,
        sources: Sequence[BinaryIO | Path],
        *,
        replace: frozenset[str] = frozenset(),
        note: str = "",
        watch: Watch | None = None,
    ) -> Job:
        """Stores what the plan does not block, as a job "upload". `sources` are the files in the
        plan's order, blocked ones too. What exists is replaced only where its key is in `replace`
        and it is still what the plan saw; then its metadata, tags and cache-control are kept.
        """
        raise NotImplementedError

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
        """Stores `body` under exactly `key`, by the same checks as an upload."""
        raise NotImplementedError

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
        whole key for a single object. Writes nothing.
        """
        raise NotImplementedError

    def transfer(
        self,
        actor: Actor,
        plan: TransferPlan,
        *,
        replace: frozenset[str] = frozenset(),
        note: str = "",
        watch: Watch | None = None,
    ) -> Job:
        """Does what the plan does not block, as a job "transfer": copies, compares, and only then
        deletes the source of a move. `replace` holds target keys.
        """
        raise NotImplementedError

    def edit(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        *,
        etag: str,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        cache_control: str | None = None,
        note: str = "",
    ) -> Written:
        """Replaces the facts that are given (None: as they are) of exactly the bytes `etag`."""
        raise NotImplementedError

    def set_tags(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        tags: Mapping[str, str],
        *,
        expected: Mapping[str, str],
        note: str = "",
    ) -> None:
        """Replaces all tags, where they still are `expected`. Raises Conflict where not."""
        raise NotImplementedError

    def plan_delete(self, actor: Actor, layout: str, role: str, keys: Sequence[str]) -> DeletePlan:
        """What deleting `keys` (1 to 1,000) would touch. Writes nothing."""
        raise NotImplementedError

    def delete(self, actor: Actor, plan: DeletePlan, *, note: str = "") -> Deletion:
        """Deletes what is still as the plan saw it; the rest is in the result with its reason."""
        raise NotImplementedError

    def undo(self, actor: Actor, deletion: Deletion, *, note: str = "") -> Undone:
        """Removes the markers `deletion` made, each only where it is still the latest."""
        raise NotImplementedError

    def plan_prefix(self, actor: Actor, layout: str, role: str, prefix: str) -> PrefixPlan:
        """What deleting everything below `prefix` would touch, counted over all pages."""
        raise NotImplementedError

    def delete_prefix(
        self, actor: Actor, plan: PrefixPlan, *, note: str = "", watch: Watch | None = None
    ) -> Job:
        """Deletes what was there when the plan was made, as a job "delete-prefix"."""
        raise NotImplementedError

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
        the object is deleted.
        """
        raise NotImplementedError

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
        """
        raise NotImplementedError
