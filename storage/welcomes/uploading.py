"""The recordings of a local copy into the store, each only over what was compared.

The log is told of a batch at once, before its first recording is stored and after its last: a
transaction for each would take longer than the recordings do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from storage.courses.codes import parse_course
from storage.courses.registry import Entry
from storage.errors import Conflict, InvalidInput, StorageError
from storage.gate import Passage
from storage.model.audit import AuditEvent
from storage.model.objects import ObjectHead
from storage.model.welcome_sync import SyncAction
from storage.welcomes.comparing import PARALLEL, UNREAD, Compared, key_of
from storage.welcomes.length import length_s
from storage.welcomes.marks import DATE, PAIR, SHA256, TEXT, recording_marks, sha256_of
from storage.welcomes.mirror import Mirror
from storage.welcomes.rooms import RECORDING, Rooms
from storage.welcomes.writing import metadata_of, store_file

_SOME_TIME = datetime.fromtimestamp(0, UTC)  # the store's own comes with a listing
_CLOSE_S = 0.05  # of two lengths of one recording
_TOLD_AT_ONCE = 40  # of them, five for each thread: few transactions, and few rows without an end

_ITS_OWN = (Conflict, InvalidInput)  # they concern one recording alone: the others go on


@dataclass(frozen=True, slots=True)
class Stored:
    """A recording as it is in the store now, but for its time and type, which nobody asks it for;
    the digest of its bytes in hex, and how long it is."""

    head: ObjectHead
    sha256: str
    seconds: float


Outcome = Stored | StorageError
_Begun = tuple[Sequence[SyncAction], list["Future[Outcome]"]]


@dataclass(frozen=True, slots=True)
class Upload:
    """One run of one person."""

    where: Passage
    rooms: Rooms
    mirror: Mirror
    compared: Compared
    note: str
    now: Callable[[], str]

    def run(self, actions: Sequence[SyncAction]) -> Iterator[tuple[SyncAction, Outcome]]:
        """What became of each: stored, or why not. Raises what concerns more than one recording,
        once all that was begun is told."""
        under_way: deque[_Begun] = deque()
        fatal: StorageError | None = None
        with ThreadPoolExecutor(PARALLEL) as pool:
            for at in range(0, len(actions), _TOLD_AT_ONCE):
                under_way.append(self._begin(pool, actions[at : at + _TOLD_AT_ONCE]))
                if len(under_way) > 1:  # so that no thread waits for the slowest of a batch
                    fatal = yield from self._end(*under_way.popleft())
                if fatal:
                    break
            while under_way:
                fatal = (yield from self._end(*under_way.popleft())) or fatal
        if fatal:
            raise fatal

    def _begin(self, pool: ThreadPoolExecutor, batch: Sequence[SyncAction]) -> _Begun:
        self.where.audit.append(*(self._event(one, "allowed") for one in batch))
        return batch, [pool.submit(self._tried, one) for one in batch]

    def _end(
        self, batch: Sequence[SyncAction], begun: Sequence[Future[Outcome]]
    ) -> Generator[tuple[SyncAction, Outcome], None, StorageError | None]:
        """Waits for a batch and tells what became of it; returns what concerns more than one."""
        told = [(one, future.result()) for one, future in zip(batch, begun, strict=True)]
        self.where.audit.append(*(self._ended(*one) for one in told))
        yield from told
        errors = (outcome for _, outcome in told if isinstance(outcome, StorageError))
        return next((one for one in errors if not isinstance(one, _ITS_OWN)), None)

    def _tried(self, action: SyncAction) -> Outcome:
        try:
            return self._store(action)
        except StorageError as error:
            return error

    def _store(self, action: SyncAction) -> Stored:
        data = self.mirror.recording(action.name)
        if data is None:
            raise InvalidInput("The recording is not here any more.", "Run it again.")
        sha256 = sha256_of(data)
        if self.compared.plan.local["recording", action.name] not in (sha256, UNREAD):
            raise InvalidInput("The recording was changed here while this ran.", "Run it again.")
        seconds = length_s(self.rooms.layout.kind(RECORDING), data)
        key, over = key_of(self.rooms, action.name), self._over(action)
        marks = self._marks(action, sha256, seconds)
        written = store_file(self.where, key, data, kind=RECORDING, over=over, marks=marks)
        head = ObjectHead(
            self.where.bucket.bucket,
            key,
            written.size,
            written.etag,
            _SOME_TIME,
            content_type="",
            version_id=written.version_id,
            metadata=metadata_of(over, marks),
        )
        return Stored(head, sha256, seconds)

    def _over(self, action: SyncAction) -> ObjectHead | None:
        return self.compared.heads.get(action.name)

    def _marks(self, action: SyncAction, sha256: str, seconds: float) -> dict[str, str]:
        """Of the course whose it is; the date is the registry's where that tells of this one."""
        entries = {**self.compared.home.current.registry.entries, **self._mine()}
        entry = entries.get(action.course)
        if entry is None:
            return {PAIR: "", TEXT: "", DATE: self.now(), SHA256: sha256}
        tells = entry.id is not None and abs(entry.duration_s - seconds) < _CLOSE_S
        date = entry.generated_date if tells and entry.generated_date else self.now()
        return recording_marks(parse_course(action.course).pair, entry.text, date, sha256)

    def _mine(self) -> Mapping[str, Entry]:
        return self.compared.local.entries if self.compared.local else {}

    # -- what the log is told ---------------------------------------------------------------------

    def _ended(self, action: SyncAction, outcome: Outcome) -> AuditEvent:
        if isinstance(outcome, StorageError):
            return self._event(action, "failed", error=outcome.code, what=outcome.what)
        head = outcome.head
        after = head.version_id or head.etag
        return self._event(action, "done", after=after, size=head.size)

    def _event(
        self, action: SyncAction, result: str, *, after: str = "", **detail: str | int
    ) -> AuditEvent:
        over = self._over(action)
        return self.where.event(
            result=result,
            key=key_of(self.rooms, action.name),
            version_before=(over.version_id or over.etag) if over else "",
            version_after=after,
            note=self.note,
            detail={"call": "welcome-recording", "courses": action.course, **detail},
        )
