"""The job that measures clips. What is known of the same bytes already is not measured again, which
is also how it goes on after it was stopped: each batch is kept when it is done.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.db.measurements import MeasurementRows
from storage.db.times import as_text
from storage.errors import Conflict, NotFound, StorageError
from storage.gate import Gate, Passage
from storage.jobs.work import Running
from storage.measurements.fetching import MAX_BYTES, Clip, Fetched, batches, fetch
from storage.measurements.known import Known
from storage.measurements.scopes import rows_in
from storage.measurements.task import Taken, refused, take
from storage.model.content import Content
from storage.model.courses import Manifest
from storage.model.measuring import ClipFacts, MeasureScope
from storage.model.people import Actor, Can
from storage.units import human_bytes
from storage.workers.interface import Failure, Ticket, Workers

ManifestOf = Callable[[Actor, str, str], Manifest]
"""The manifest of a course: actor, layout, course."""

_TOLD = 100  # clips in the result that could not be read
_WORDS: Mapping[Failure, tuple[str, str]] = {
    "time": ("hang", "Measuring it takes for ever: something in it is wrong"),
    "memory": ("memory", "Measuring it takes too much memory: something in it is wrong"),
    "crash": ("crash", "Measuring it crashed, twice: something in it is wrong"),
    "fault": ("fault", "It could not be measured: the console's log says why"),
}


class MeasureWork:
    """The job "measure-clips". `workers` makes the processes of one run, which ends them."""

    kind = "measure-clips"
    resumable = True

    def __init__(
        self,
        gate: Gate,
        rows: MeasurementRows,
        workers: Callable[[], Workers],
        manifest_of: ManifestOf,
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._rows = rows
        self._workers = workers
        self._manifest_of = manifest_of
        self._clock = clock

    def run(self, job: Running) -> Mapping[str, Any]:
        """Measures what is not known yet."""
        scope = MeasureScope.of(job.params["scope"])
        job.progress(0, 0, "Looking what is there")
        where = self._enter(job)
        found = rows_in(where, scope, lambda course: self._ids(job, course))
        known = Known(self._rows).table(found)["known"]
        todo = found.filter(pc.invert(known))
        tally = _Tally(len(found), len(found) - len(todo))
        workers = self._workers()
        try:
            self._measure_all(job, todo, tally, workers)
        finally:
            workers.close()
        return tally.result()

    def tidy(self, job: Running) -> None:
        """Nothing is half done: a clip is measured or it is not."""

    # -- inside -----------------------------------------------------------------------------------

    def _enter(self, job: Running) -> Passage:
        place = (job.params["layout"], job.params["role"])
        self._gate.enter(job.actor, Can.OBJECT_LIST, *place)
        self._gate.enter(job.actor, Can.OBJECT_READ, *place)
        return self._gate.enter(job.actor, Can.CLIP_MEASURE, *place)

    def _ids(self, job: Running, course: str) -> set[str]:
        manifest = self._manifest_of(job.actor, job.params["layout"], course)
        return set(manifest.clips["id"].to_pylist())

    def _measure_all(self, job: Running, todo: pa.Table, tally: _Tally, workers: Workers) -> None:
        """While one batch is measured the next one is fetched."""
        before: list[_Sent] = []
        for batch in batches(todo):
            job.stop_if_asked()
            job.progress(tally.seen, tally.total, batch[0].key)
            sent = self._send(self._enter(job), batch, tally, workers)
            self._receive(job, before, tally, workers)
            before = sent
        self._receive(job, before, tally, workers)
        job.progress(tally.seen, tally.total)

    def _send(
        self, where: Passage, batch: Sequence[Clip], tally: _Tally, workers: Workers
    ) -> list[_Sent]:
        small = [clip for clip in batch if clip.content.size <= MAX_BYTES]
        keys = [clip.key for clip in small] if where.layout.personal_data else []
        with where.recorded("measure", *keys) if keys else nullcontext():
            fetched = fetch(where, small)
        tally.note_unread(fetched)
        got = [_Got.of(one) for one in fetched if one.error is None]
        same = self._rows.with_sha256([one.content.sha256 for one in got])
        sent = [
            _Sent(one, known=same[one.content.sha256])
            if one.content.sha256 in same
            else _Sent(one, ticket=workers.submit(take, one.data))
            for one in got
        ]
        large = [clip for clip in batch if clip.content.size > MAX_BYTES]
        return sent + [_Sent(_Got(clip.content), taken=_too_large(clip)) for clip in large]

    def _receive(
        self, job: Running, sent: Sequence[_Sent], tally: _Tally, workers: Workers
    ) -> None:
        at = as_text(self._clock())
        done: list[tuple[ClipFacts, bytes]] = []
        for one in sent:
            job.stop_if_asked()
            if one.known is not None:
                done.append((replace(one.known, content=one.got.content), b""))
                tally.same += 1
            else:
                taken = one.taken or _taken(one, workers)
                done.append((_facts(one.got.content, taken, at), taken.peaks))
                tally.states[taken.state] += 1
        self._rows.put(done)


@dataclass(frozen=True, slots=True)
class _Got:
    """A clip whose bytes are there."""

    content: Content
    data: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, fetched: Fetched) -> _Got:
        sha256 = hashlib.sha256(fetched.data).hexdigest()
        return cls(replace(fetched.clip.content, sha256=sha256), fetched.data)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A clip that is being measured, or needs not be."""

    got: _Got
    ticket: Ticket[Taken] | None = None
    known: ClipFacts | None = None
    taken: Taken | None = None


def _taken(one: _Sent, workers: Workers) -> Taken:
    """Its measure; what failed is tried once more, alone: perhaps it was the machine's fault."""
    assert one.ticket is not None  # noqa: S101
    outcome = one.ticket.result()
    if outcome.value is None:
        outcome = workers.submit(take, one.got.data).result()
    if outcome.value is not None:
        return outcome.value
    code, text = _WORDS.get(outcome.failure, _WORDS["fault"])
    return refused(code, text, "failed")


def _too_large(clip: Clip) -> Taken:
    size, most = human_bytes(clip.content.size), human_bytes(MAX_BYTES)
    return refused("too-large", f"Too large to be measured: {size}, at most {most}")


def _facts(content: Content, taken: Taken, at: str) -> ClipFacts:
    return ClipFacts(content, taken.state, at, taken.facts, taken.sound, taken.digest, taken.damage)


@dataclass(slots=True)
class _Tally:
    """What became of the clips. `same`: measured before under another ETag."""

    total: int
    known: int
    same: int = 0
    states: Counter[str] = field(default_factory=Counter)
    gone: int = 0
    unread: int = 0
    told: list[dict[str, str]] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return self.known + self.same + self.states.total() + self.gone + self.unread

    def note_unread(self, fetched: Sequence[Fetched]) -> None:
        """Clips without bytes: gone or replaced meanwhile, or not to be had. Raises what stopped
        all of them alike.
        """
        failed = [one for one in fetched if one.error is not None]
        for one in failed:
            error = one.error
            assert error is not None  # noqa: S101
            if isinstance(error, NotFound | Conflict):
                self.gone += 1
                continue
            self.unread += 1
            if len(self.told) < _TOLD:
                self.told.append({"key": one.clip.key, **error.as_dict()})
        stopping = next((one.error for one in failed if _stops(one.error)), None)
        if stopping and len(failed) == len(fetched):
            raise stopping

    def result(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "known": self.known + self.same,
            **{state: self.states[state] for state in ("measured", "refused", "failed")},
            "gone": self.gone,
            "unread": self.unread,
            "failures": self.told,
        }


def _stops(error: StorageError | None) -> bool:
    return error is not None and not isinstance(error, NotFound | Conflict)
