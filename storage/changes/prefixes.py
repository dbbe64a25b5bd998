"""Deleting everything below a prefix: counting it over all pages, and doing it as a job.

Only what was there when it was counted goes. An object written since is left and named; so is one
that was replaced between its page's listing and its deletion.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.changes import reading
from storage.changes.plan import deletion_text
from storage.changes.starting import start
from storage.changes.tally import STOPPING, Tally
from storage.errors import Conflict, InvalidInput, NotFound, StorageError
from storage.gate import Gate, Passage
from storage.jobs.running import OnProgress
from storage.jobs.service import Jobs
from storage.jobs.work import Running
from storage.model.changes import PrefixPlan
from storage.model.jobs import Job
from storage.model.people import Can
from storage.s3.bucket_state import store_time
from storage.s3.delete import delete_batch
from storage.s3.listing import list_pages

TOLD_EACH = 10_000  # objects: up to here the audit log has rows for each one, beyond for each page
_TICK = timedelta(seconds=1)  # S3 keeps an object's time in whole seconds


def plan(
    where: Passage,
    prefix: str,
    now: datetime,
    pause: Callable[[float], None] = time.sleep,
) -> PrefixPlan:
    """What deleting everything below `prefix` would touch.

    Waits until the second is over by the store's clock: what is written from then on can be told
    from what is counted. Raises InvalidInput for what is no folder.
    """
    if prefix in ("", "/") or not prefix.endswith("/"):
        raise InvalidInput(
            f"{prefix!r} is no folder." if prefix else "A whole bucket is not emptied from here.",
            "Give a folder, with / at its end.",
        )
    cut_at = store_time(where.store, where.bucket.bucket) + _TICK
    pause(_TICK.total_seconds())
    found = _Counted()
    for page in _pages(where, prefix, ""):
        found.add(where, _split(page, cut_at)[0])
    versioning = reading.versioning(where)
    return PrefixPlan(
        where.layout.name,
        where.bucket.role,
        where.bucket.bucket,
        prefix,
        found.count,
        found.bytes,
        found.newest,
        found.first,
        found.last,
        dict(found.kinds),
        cut_at,
        now,
        versioning,
        deletion_text(where.bucket, found.count, found.bytes, versioning),
    )


@dataclass(slots=True)
class _Counted:
    """What there is below a prefix, page by page."""

    count: int = 0
    bytes: int = 0
    newest: datetime | None = None
    first: str = ""
    last: str = ""
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, where: Passage, rows: pa.RecordBatch) -> None:
        if not rows.num_rows:
            return
        keys = rows["key"].to_pylist()
        self.first, self.last = self.first or keys[0], keys[-1]
        self.count += len(keys)
        self.bytes += pc.sum(rows["size"]).as_py()
        latest: datetime = pc.max(rows["modified"]).as_py()
        self.newest = max(self.newest, latest) if self.newest else latest
        self.kinds.update(where.layout.classify_many(where.bucket.role, keys))


def _pages(where: Passage, prefix: str, after: str) -> Iterator[pa.RecordBatch]:
    """Every object below `prefix` behind `after`, page by page."""
    for page in list_pages(where.store, where.bucket.bucket, prefix, after=after):
        yield page.objects


def _split(rows: pa.RecordBatch, cut_at: datetime) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Those written before `cut_at`, and those written since."""
    older = pc.less(rows["modified"], pa.scalar(cut_at, rows["modified"].type))
    return rows.filter(older), rows.filter(pc.invert(older))


def params_of(planned: PrefixPlan, note: str) -> dict[str, Any]:
    """The plan as the job keeps it. Raises InvalidInput where there is nothing to delete."""
    if not planned.count:
        raise InvalidInput(f"There is nothing below {planned.prefix!r}.", "Reload the list.")
    return {
        "layout": planned.layout,
        "role": planned.role,
        "prefix": planned.prefix,
        "count": planned.count,
        "cut_at": planned.cut_at.isoformat(),
        "note": note,
    }


def begin(
    jobs: Jobs, where: Passage, planned: PrefixPlan, *, note: str, watch: OnProgress | None
) -> Job:
    """The job that deletes what was planned."""
    params = params_of(planned, note)
    title = f"Delete everything below {planned.prefix} in {where.bucket.title}"
    return start(jobs, where, PrefixWork.kind, title, params, total=planned.count, watch=watch)


class PrefixWork:
    """The job "delete-prefix". Its checkpoint: the last key of the pages that are done, what was
    done, and the rows (key, ETag, size) of the page it is at. A page that is seen again holds only
    what is still to go: the others of these rows went, and the run before could not say so.
    """

    kind = "delete-prefix"
    resumable = True

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def run(self, job: Running) -> Mapping[str, Any]:
        """Deletes page by page from the checkpoint on."""
        params = job.params
        tally = Tally(job.checkpoint.get("tally"))
        cut_at = datetime.fromisoformat(params["cut_at"])
        place = (params["layout"], params["role"])
        after, doing = job.checkpoint.get("after", ""), job.checkpoint.get("doing", [])
        where = self._gate.enter(job.actor, Can.PREFIX_DELETE, *place, params["prefix"])
        for rows in _pages(where, params["prefix"], after):
            job.stop_if_asked()
            where = self._gate.enter(job.actor, Can.PREFIX_DELETE, *place, params["prefix"])
            _catch_up(where, job, doing, rows, tally)
            older, newer = _split(rows, cut_at)
            doing = list(zip(*_columns(older), strict=True))
            if doing:
                job.save({"after": after, "doing": doing, "tally": tally.as_json()})
                _delete_page(where, job, older, tally)
                doing = []
            for key in newer["key"].to_pylist():
                tally.leave(key, "It was written after the plan was made.")
            if rows.num_rows:
                after = rows["key"][-1].as_py()
                job.save({"after": after, "tally": tally.as_json()})
            job.progress(min(tally.seen, params["count"]), params["count"], params["prefix"])
        return tally.result()

    def tidy(self, job: Running) -> None:
        """Nothing is half done: an object is deleted or it is not."""


def _columns(rows: pa.RecordBatch) -> tuple[list[str], list[str], list[int]]:
    keys, etags, sizes = (rows[name].to_pylist() for name in ("key", "etag", "size"))
    return keys, etags, sizes


def _catch_up(
    where: Passage, job: Running, doing: list[Any], there: pa.RecordBatch, tally: Tally
) -> None:
    """Tells of the rows that went in the run before this one, which was killed at them."""
    still = set(there["key"].to_pylist())
    gone = [row for row in doing if row[0] not in still]
    if gone:
        for key, _, size in gone:
            tally.add(key, size)
        _Telling(where, job).after([row[0] for row in gone], [row[1] for row in gone], {})


def _delete_page(where: Passage, job: Running, rows: pa.RecordBatch, tally: Tally) -> None:
    """Deletes the objects that still have the ETags of the listing; told to the log before."""
    keys, etags, sizes = _columns(rows)
    telling = _Telling(where, job)
    telling.before(keys, etags)
    outcomes = delete_batch(where.store, where.bucket.bucket, list(zip(keys, etags, strict=True)))
    failed: dict[str, StorageError] = {}
    for (key, error), size in zip(outcomes, sizes, strict=True):
        if error is None or isinstance(error, NotFound):  # gone is what was wanted
            tally.add(key, size)
            continue
        failed[key] = error
        if isinstance(error, Conflict):
            tally.leave(key, "It was replaced after the plan was made.")
        else:
            tally.fail(key, error)
    telling.after(keys, etags, failed)
    stopping = (error for error in failed.values() if isinstance(error, STOPPING))
    if len(failed) == len(keys) and (first := next(stopping, None)):
        raise first  # the whole page failed alike, so the next one will


class _Telling:
    """What the audit log is told of a page: a row for each object, or one for all of them."""

    def __init__(self, where: Passage, job: Running) -> None:
        self._where = where
        self._each = job.params["count"] <= TOLD_EACH
        self._note = str(job.params["note"])
        self._facts = {"call": "delete-prefix", "prefix": job.params["prefix"], "job": job.id}

    def before(self, keys: list[str], etags: list[str]) -> None:
        """That they are about to be deleted. Raises StorageError, and nothing may be, when the log
        cannot take it.
        """
        self._tell("allowed", dict(zip(keys, etags, strict=True)), {})

    def after(self, keys: list[str], etags: list[str], failed: Mapping[str, StorageError]) -> None:
        """What became of them."""
        done = {k: e for k, e in zip(keys, etags, strict=True) if k not in failed}
        if done:
            self._tell("done", done, {"failed": len(failed)})
        if failed and self._each:
            self._where.audit.append(
                *(
                    self._event("failed", key, "", {"error": error.code, "what": error.what})
                    for key, error in failed.items()
                )
            )

    def _tell(self, result: str, rows: Mapping[str, str], facts: Mapping[str, Any]) -> None:
        if self._each:
            events = [self._event(result, key, etag, {}) for key, etag in rows.items()]
        else:
            keys = list(rows)
            page = {"objects": len(keys), "first": keys[0], "last": keys[-1], **facts}
            events = [self._event(result, self._facts["prefix"], "", page)]
        self._where.audit.append(*events)

    def _event(self, result: str, key: str, etag: str, facts: Mapping[str, Any]) -> Any:
        return self._where.event(
            result=result,
            key=key,
            version_before=etag,
            note=self._note,
            detail={**self._facts, **facts},
        )
