"""Doing a release's steps: batch by batch, each journalled before and after, two under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa

from storage.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    RuleViolation,
    StorageError,
    Unavailable,
)
from storage.gate import Passage
from storage.jobs.work import Running
from storage.model.releases import Release
from storage.promotion.gates import mistyped
from storage.promotion.journal import Before, Ended, Journal
from storage.promotion.reading import heads, with_facts_now
from storage.promotion.steps import Meant, meant
from storage.s3.bucket_state import versioning_of
from storage.s3.client import Store
from storage.s3.conditions import IfAbsent
from storage.s3.delete import delete_object
from storage.s3.direct import Task
from storage.s3.heads import head_object
from storage.s3.many_copies import WORKERS, Copies

BATCH = 256  # steps a transaction of the journal
_STOPPING = (AccessDenied, Unavailable)

Ends = list[tuple[Sequence[Meant], "Future[list[Ended]]"]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What doing needs from around it: `enter` passes the gate anew before each batch, `goes_on`
    says whether nobody asked for a pause, `now` is the time as releases bear it.
    """

    enter: Callable[[], Passage]
    goes_on: Callable[[], bool]
    now: Callable[[], str]


class Doing:
    """The steps of one release, from `source` to where `asked.enter` leads."""

    def __init__(
        self,
        release: Release,
        rows: pa.Table,
        journal: Journal,
        asked: Asked,
        *,
        source: Store,
        backup: str,
    ) -> None:
        header = release.header
        self._where = target = asked.enter()
        self._release, self._rows, self._journal, self._asked = release, rows, journal, asked
        self._target, self._bucket = target.store, header.target_bucket
        self._source, self._sources = source, header.source_bucket
        self._copies = Copies(source, header.source_bucket, self._bucket, to=target.store)
        self._backups = Copies(target.store, self._bucket, self._bucket)
        self._keeps = versioning_of(target.store, self._bucket) == "on"
        self._backup = f"{backup}{release.id}/"

    def run(self, job: Running) -> bool:
        """Does what is left; True when it got to the end, False where it was paused. A step that
        fails stops no other; raises what a whole batch failed by, and Cancelled.
        """
        under_way: deque[Ends] = deque()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="promote") as pool:
            try:
                for batch in self._batches():
                    job.stop_if_asked()
                    if not self._asked.goes_on():
                        return False
                    under_way.append(self._begun(pool, job, batch))
                    if len(under_way) > 1:
                        self._settle(under_way.popleft(), job)
                while under_way:
                    self._settle(under_way.popleft(), job)
            finally:
                # what is under way is told even when the next may not begin; a run that has lost
                # its database leaves it begun
                with suppress(StorageError):
                    while under_way:
                        self._settle(under_way.popleft(), job)
        return True

    def _batches(self) -> Iterator[list[Meant]]:
        left = self._journal.left(self._release.todo)
        for at in range(0, len(left), BATCH):
            numbers = left[at : at + BATCH]
            wanted = set(numbers)
            span = meant(self._rows, numbers[0], numbers[-1] - numbers[0] + 1)
            yield [one for one in span if one.seq in wanted]

    def _begun(self, pool: ThreadPoolExecutor, job: Running, batch: Sequence[Meant]) -> Ends:
        """Journals the batch and has it done in the background."""
        unasked = {one.seq for one in batch if one.is_unasked}
        batch = list(with_facts_now(self._source, self._sources, batch, job.stop_if_asked))
        before = self._looked(job, batch)
        self._where = self._asked.enter()
        self._journal.begin(self._where, batch, before, self._asked.now())
        wrong = self._mistyped([one for one in batch if one.seq in unasked and one.facts])
        refused = [one for one in batch if one.key in wrong]
        batch = [one for one in batch if one.key not in wrong]
        pieces = _volleys(batch, before, self._copies.volley)
        ends = [(some, pool.submit(self._some, some, before)) for some in pieces]
        return [*ends, (refused, pool.submit(_refused, self._bucket, refused))]

    def _mistyped(self, asked: Sequence[Meant]) -> set[str]:
        """What of those that no gate has seen the type of is not of its kind."""
        role, keys = self._release.header.source_role, [one.key for one in asked]
        return set(mistyped(self._where.layout, role, keys, [one.facts for one in asked]))

    def _looked(self, job: Running, batch: Sequence[Meant]) -> Mapping[int, Before]:
        """What is there before it is written. What an earlier run saw holds where it may have
        written since.
        """
        found = {one.seq: Before() for one in batch}
        replacing = [one for one in batch if one.prod_etag]
        keys = [one.key for one in replacing]
        told = heads(self._target, self._bucket, keys, job.stop_if_asked)
        for one, head in zip(replacing, told, strict=True):
            if head is None or head.etag != one.prod_etag:
                found[one.seq] = self._journal.begun(one.seq) or Before()
            elif self._keeps:
                # what was stored before versions were kept has the version "null"
                found[one.seq] = Before(head.etag, str(head.answer.get("VersionId") or "null"))
            else:
                found[one.seq] = Before(head.etag, backup=self._backup + one.key)
        return found

    def _some(self, some: Sequence[Meant], before: Mapping[int, Before]) -> list[Ended]:
        first = some[0]
        try:
            there = before[first.seq]
            if there.backup and not self._is_safe(first, there):
                return [Ended.not_done(_not_safe(self._bucket, first.key))]
            if first.removes:
                return [self._removed(first)]
        except StorageError as error:
            return [Ended.not_done(error)]
        can = self._target.capabilities
        return [Ended.of(one) for one in self._copies.some([one.task(can) for one in some])]

    def _is_safe(self, one: Meant, before: Before) -> bool:
        """Has what will be overwritten copied to its backup, unless it is there. Raises what that
        failed by.
        """
        task = Task(one.key, "", before.etag, 0, "", before.backup, IfAbsent(), plain=False)
        outcome = self._backups.one(task)
        if not isinstance(outcome, Conflict):
            if isinstance(outcome, StorageError):
                raise outcome
            return True
        # an earlier run made it, and may have written over the original since
        return head_object(self._target, self._bucket, before.backup).etag == before.etag

    def _removed(self, one: Meant) -> Ended:
        try:
            left = delete_object(self._target, self._bucket, one.key, if_match=one.prod_etag)
        except Conflict:
            try:
                head_object(self._target, self._bucket, one.key)
            except NotFound:
                return Ended("found")
            raise
        return Ended("done", version=left.version_id or "")

    def _settle(self, ends: Ends, job: Running) -> None:
        """Waits for a batch and journals what became of it."""
        ended = [pair for some, end in ends for pair in zip(some, end.result(), strict=True)]
        self._journal.end(self._where, ended, self._asked.now())
        done = self._journal.done
        job.progress(done, self._release.todo, max(one.key for one, _ in ended))
        errors = [end.error for _, end in ended if end.error]
        if len(errors) == len(ended) and all(isinstance(one, _STOPPING) for one in errors):
            raise errors[0]  # the whole batch failed alike, so the next one will


def _volleys(
    batch: Sequence[Meant], before: Mapping[int, Before], volley: int
) -> Iterator[Sequence[Meant]]:
    """The batch in pieces for a thread each: copies by the volley, all else one by one."""
    plain = [one for one in batch if not one.removes and not before[one.seq].backup]
    for at in range(0, len(plain), volley):
        yield plain[at : at + volley]
    alone = {one.seq for one in batch} - {one.seq for one in plain}
    yield from ([one] for one in batch if one.seq in alone)


def _refused(bucket: str, steps: Sequence[Meant]) -> list[Ended]:
    what, remedy = "Its content type is not one of its kind.", "Mend it and make a new plan."
    return [
        Ended.not_done(RuleViolation(what, remedy, bucket=bucket, key=one.key)) for one in steps
    ]


def _not_safe(bucket: str, key: str) -> Conflict:
    return Conflict(
        "What would be overwritten could not be kept: another object is where its copy belongs.",
        "Look at the backup of this release in the bucket.",
        bucket=bucket,
        key=key,
    )
