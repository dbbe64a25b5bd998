"""What a feature writes to have its long work done as a job, and what it is given to do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from storage.model.people import Actor


class Running(Protocol):
    """One job while it runs: who for, with what, from where to go on, and how to report."""

    @property
    def id(self) -> str:
        """The job's id."""

    @property
    def actor(self) -> Actor:
        """Whoever started it, or resumed it last: enter the gate as this person, each batch."""

    @property
    def params(self) -> Mapping[str, Any]:
        """As given to `Jobs.start`, through JSON."""

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """As saved last, also by an earlier run; {} before the first."""

    @property
    def attachment(self) -> Any:
        """As given to `Jobs.start`; None after a restart."""

    def progress(self, done: int, total: int | None = None, text: str = "") -> None:
        """Says how far it is; `total` None leaves the total as it is. Costs nothing, never fails:
        what was said last is written twice a second.
        """

    def save(self, checkpoint: Mapping[str, Any]) -> None:
        """Keeps where a resumed run goes on; durable when it returns.

        JSON, no secrets. Raises Unavailable when the database cannot take it, Cancelled as
        `stop_if_asked` does when the job goes on elsewhere.
        """

    def stop_if_asked(self) -> None:
        """Raises Cancelled when the job was cancelled, its console is closing, or it was resumed
        elsewhere. Call it before each step: it costs nothing.

        All three look the same on purpose: let it pass and clean up nothing. When the job is
        cancelled, `Work.tidy` follows; when it will be resumed, what was begun is still needed.
        Raises Unavailable when the database does not answer for so long that others may take over.
        """


class Work(Protocol):
    """One kind of long work, registered at bootstrap. Stateless: runs of it overlap."""

    @property
    def kind(self) -> str:
        """Its name in the database; never changed once released."""

    @property
    def resumable(self) -> bool:
        """Whether `run` can go on from a checkpoint in another process, without attachment."""

    def run(self, job: Running) -> Mapping[str, Any]:
        """Does it, from `job.checkpoint` on, and returns the result: JSON, no secrets.

        A StorageError fails the job with its words. A resumable job can be resumed after a failure
        too, when `tidy` has run: what the checkpoint names may be gone by then. Steps done since
        the last `save` are seen again.
        """

    def tidy(self, job: Running) -> None:
        """Removes what is half done (multipart uploads, temporary objects), never what is done.

        Called after a failure, a cancellation, and an interruption that cannot be resumed; in
        another process perhaps, without attachment, and again when it fails or is interrupted.
        Must cope with a job that did nothing yet. `job.stop_if_asked` raises only when the job
        goes on elsewhere.
        """
