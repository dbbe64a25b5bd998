"""Many copies from one bucket to another, each under conditions.

Fast where the store keeps the conditions itself and the object is a plain one; else by
`copy_object`, which asks and compares by itself. A copy that is there already, made by an earlier
run whose answer was lost, is found by what it holds: to copy twice has no second effect.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress

from storage.errors import Conflict, StorageError, Unavailable, Unconfirmed
from storage.model.objects import Written
from storage.s3.client import Store
from storage.s3.copy import COPY_PART_BYTES, ONE_COPY_BYTES, copy_object
from storage.s3.direct import Odd, Task, direct
from storage.s3.facts import facts_of
from storage.s3.heads import head_answer
from storage.s3.pace import Pace
from storage.s3.settle import unconfirmed
from storage.s3.verify import Seen, difference

WORKERS = 32  # threads; each may have a volley under way
VOLLEY = 32  # copies sent before the first answer is read
AT_ONCE = 96  # copies under way
_TRIES = 4  # of a store that asks for patience; after them the SDK's own
_WAIT_S = 0.1  # before the second, twice that before the third …


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
    """Copies from bucket to bucket (of another store: `to`). Thread-safe: `some` is for many at
    once, and waits where the store asks for patience.
    """

    def __init__(
        self,
        store: Store,
        source: str,
        target: str,
        *,
        to: Store | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._to = store, to or store
        self._source, self._target = source, target
        keeps = keeps_conditions(self._to)
        same = self._to is store
        self._direct = direct(self._to, target) if keeps and same else None
        self.volley = VOLLEY if self._direct else 1  # the SDK does one after another
        self._sleep = sleep
        self._unholdable = self._to.capabilities.unholdable
        self.pace = Pace(AT_ONCE)

    def some(self, tasks: Sequence[Task]) -> list[Outcome]:
        """Does a few, best `volley`, side by side; their outcomes, which are never raised."""
        quick = [self._is_quick(task) for task in tasks]
        told = iter(self._volleys(list(compress(tasks, quick))))
        return [
            self._ended(task, next(told) if is_quick else "refused")
            for task, is_quick in zip(tasks, quick, strict=True)
        ]

    def one(self, task: Task) -> Outcome:
        """As `some`, of one."""
        return self.some([task])[0]

    def _is_quick(self, task: Task) -> bool:
        usual = task.plain and task.size <= ONE_COPY_BYTES
        return self._direct is not None and usual and self._unholdable(task.target_key) is None

    def _volleys(self, tasks: Sequence[Task]) -> list[Written | Odd]:
        """What became of each."""
        told: list[Written | Odd] = []
        while self._direct is not None and len(told) < len(tasks):
            left = tasks[len(told) :]
            with self.pace.some(len(left)) as count:
                answers = self._direct.copies(self._source, left[:count])
            self._paced(answers)
            told += answers
        return told

    def _paced(self, answers: Sequence[Written | Odd]) -> None:
        if "busy" in answers:
            self.pace.was_busy()
        else:
            self.pace.went_well(sum(isinstance(one, Written) for one in answers))

    def _ended(self, task: Task, answer: Written | Odd) -> Outcome:
        for nth in range(_TRIES - 1):
            if answer != "busy":
                break
            self._sleep(_WAIT_S * 2**nth * random.uniform(0.5, 1.0))  # noqa: S311  no secret
            [answer] = self._volleys([task])
        if isinstance(answer, Written):
            return Copied(answer, found=False)
        lost = answer == "lost"
        try:
            with self.pace.some(1):
                return self._carefully(task, lost=lost)
        except StorageError as error:
            away = isinstance(error, Unavailable) and not isinstance(error, Unconfirmed)
            # an answer was lost, and nobody could look since: the copy may be there
            return unconfirmed(error) if lost and away else error

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
                multipart_above=ONE_COPY_BYTES,
                part_bytes=COPY_PART_BYTES,
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
