"""Many copies from one bucket to another, each under conditions.

Fast where the store keeps the conditions itself and the object is a plain one; else by
`copy_object`, which asks and compares by itself. A copy that is there already, made by an earlier
run whose answer was lost, is found by what it holds: to copy twice has no second effect.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from storage.errors import Conflict, StorageError, Unavailable, Unconfirmed
from storage.model.objects import Written
from storage.s3.client import Store
from storage.s3.conditions import Precondition, refuse_unholdable
from storage.s3.copy import ONE_COPY_BYTES, copy_object
from storage.s3.direct import Odd, direct
from storage.s3.facts import facts_of
from storage.s3.heads import head_answer
from storage.s3.pace import Pace
from storage.s3.settle import unconfirmed
from storage.s3.verify import Seen, difference

WORKERS = 32  # a client's connections
_TRIES = 4  # of a store that asks for patience; after them the SDK's own
_WAIT_S = 0.1  # before the second, twice that before the third …


@dataclass(frozen=True, slots=True)
class Task:
    """One copy. `plain`: known to have neither encryption with keys of one's own nor a redirect,
    which a copy loses unless they are said again.
    """

    source_key: str
    source_version: str  # "" for the newest
    etag: str
    size: int
    storage_class: str
    target_key: str
    precondition: Precondition
    plain: bool


@dataclass(frozen=True, slots=True)
class Copied:
    """What lies there now; `found`: it did before we asked, with the same bytes and facts."""

    written: Written
    found: bool


Outcome = Copied | StorageError


def keeps_conditions(store: Store) -> bool:
    """Whether the store itself compares source and target of a copy. Where it does not, both are
    compared right before, and a writer in between is not seen.
    """
    can = store.capabilities
    return can.copy_source_if_match and can.copy_conditions


class Copies:
    """Copies from bucket to bucket (of another store: `to`). Thread-safe: `one` is for many at
    once, and waits where the store asks for patience.
    """

    def __init__(
        self,
        store: Store,
        source: str,
        target: str,
        *,
        to: Store | None = None,
        workers: int = WORKERS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._to = store, to or store
        self._source, self._target = source, target
        keeps = keeps_conditions(self._to)
        same = self._to is store
        self._direct = direct(self._to, target) if keeps and same else None
        self._sleep = sleep
        self.pace = Pace(workers)

    def one(self, task: Task) -> Outcome:
        """Does it; its outcome, which is never raised."""
        lost = False
        with self.pace.one():
            try:
                refuse_unholdable(self._to, self._target, task.target_key)
                answer = self._fast(task)
                if isinstance(answer, Written):
                    self.pace.went_well()
                    return Copied(answer, found=False)
                lost = answer == "lost"
                return self._carefully(task, lost=lost)
            except StorageError as error:
                away = isinstance(error, Unavailable) and not isinstance(error, Unconfirmed)
                # an answer was lost, and nobody could look since: the copy may be there
                return unconfirmed(error) if lost and away else error

    def _fast(self, task: Task) -> Written | Odd:
        if self._direct is None or not task.plain or task.size > ONE_COPY_BYTES:
            return "refused"
        for nth in range(_TRIES):
            answer = self._direct.copy(
                (self._source, task.source_key, task.source_version),
                task.target_key,
                if_source=task.etag,
                precondition=task.precondition,
                storage_class=task.storage_class,
            )
            if isinstance(answer, Written):
                return replace(answer, size=task.size)
            if answer != "busy":
                return answer
            self.pace.was_busy()
            self._sleep(_WAIT_S * 2**nth * random.uniform(0.5, 1.0))  # noqa: S311  no secret
        return "busy"

    def _carefully(self, task: Task, *, lost: bool) -> Outcome:
        """By the SDK; `lost`: we may have made the copy already."""
        source = (self._source, task.source_key, task.source_version or None)
        try:
            written = copy_object(
                self._store,
                source,
                (self._target, task.target_key),
                if_source=task.etag,
                precondition=task.precondition,
                to=self._to,
            )
        except Conflict as conflict:
            found = self._found(task, source)
            if found is None:
                return conflict
            return Copied(found, found=not lost)
        return Copied(written, found=False)

    def _found(self, task: Task, source: tuple[str, str, str | None]) -> Written | None:
        """What lies at the target, where it is already all that the copy would be. Raises
        Unavailable where that cannot be seen.
        """
        try:
            ours = Seen(self._store, *source, answer=head_answer(self._store, *source))
            answer = head_answer(self._to, self._target, task.target_key)
            there = Seen(self._to, self._target, task.target_key, None, answer)
            if ours.etag != task.etag or difference(ours, there, facts_of(ours.answer)):
                return None
        except Unavailable:
            raise
        except StorageError:
            return None  # the conflict tells more
        return Written(there.etag, answer.get("VersionId"), there.size)
