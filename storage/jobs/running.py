"""One run of a job: what its work is given, and the fence that ends it when the job is another's.

A run holds its job by a claim (`runner`) that it confirms at every beat. While the last one is
young nobody else can have claimed the job, so asking costs nothing; once it is older than LAPSE the
run asks the database before it does anything more.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar

from storage.db.jobs import JobRows
from storage.db.times import as_text
from storage.errors import Cancelled, Unavailable
from storage.jobs.forms import BEAT, LAPSE, actor_of, keepable

Why = Literal["", "closing", "cancelled", "lost"]
OnProgress = Callable[[int, int, str], None]
"""Called with done, total and text at every `progress`, by the thread that works."""

_STRONGER: tuple[Why, ...] = ("", "closing", "cancelled", "lost")
_WORDS: Mapping[Why, tuple[str, str]] = {
    "closing": ("The console is closing.", "Resume the job when it is back."),
    "cancelled": ("The job was cancelled.", "What was done until then stays done."),
    "lost": ("The job goes on elsewhere.", "See it on the page Activity."),
}
_ASK_AGAIN_S = 1.0
_GIVE_UP_AFTER = 60  # times; each may itself have waited ten seconds for a lock

T = TypeVar("T")


class Run:
    """A `Running`. Thread-safe: one thread works, another beats, others ask it to stop."""

    def __init__(
        self,
        row: Mapping[str, Any],
        rows: JobRows,
        clock: Callable[[], datetime],
        confirmed: datetime,
        *,
        attachment: Any = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.id: str = row["id"]
        self.kind: str = row["kind"]
        self.runner: str = row["runner"]
        self.actor = actor_of(row)
        self.params: Mapping[str, Any] = json.loads(row["params"])
        self.checkpoint: Mapping[str, Any] = json.loads(row["checkpoint"])
        self.attachment = attachment
        self.ended = threading.Event()
        self.tidying = False
        self._rows = rows
        self._clock = clock
        self._confirmed = confirmed
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._said: dict[str, Any] = {name: row[name] for name in ("done", "total", "text")}
        self._unsaid = False
        self._why: Why = ""
        self._no_use = threading.Event()  # in waiting for the database any longer
        if row["cancel"]:
            self.ask("cancelled")

    @property
    def why(self) -> Why:
        """Why it has to stop, "" while it has not."""
        return self._why

    def ask(self, why: Why) -> bool:
        """Asks it to stop; returns whether that is news. A weaker reason changes nothing."""
        if why in ("closing", "lost"):
            self._no_use.set()
        with self._lock:
            if _STRONGER.index(why) <= _STRONGER.index(self._why):
                return False
            self._why = why
        return True

    def progress(self, done: int, total: int | None = None, text: str = "") -> None:
        """See `Running`."""
        with self._lock:
            kept = self._said["total"] if total is None else total
            self._said = {"done": done, "total": kept, "text": keepable(text)}
            self._unsaid = True
        if self._on_progress:
            self._on_progress(done, kept, text)

    def save(self, checkpoint: Mapping[str, Any]) -> None:
        """See `Running`."""
        now = self._clock()
        values = {"checkpoint": json.dumps(dict(checkpoint)), **self.beat(now)}
        row = self._rows.change(self.id, values, runner=self.runner)
        self.heard(row["cancel"] if row else None, now)
        if row is None:
            raise self._stopped()
        self.checkpoint = json.loads(row["checkpoint"])

    def stop_if_asked(self) -> None:
        """See `Running`."""
        if self._clock() - self._confirmed > LAPSE and self._why != "lost":
            self.insisting(self._confirm)
        if self._why == "lost" or (self._why and not self.tidying):
            raise self._stopped()

    def is_due(self, now: datetime) -> bool:
        """Whether there is something to write: progress, or just a sign."""
        return self._unsaid or now - self._confirmed >= BEAT

    def beat(self, now: datetime) -> dict[str, Any]:
        """What to write into the row, at `now`."""
        with self._lock:
            self._unsaid = False
            return {**self._said, "beat_at": as_text(now)}

    def heard(self, cancel: bool | None, at: datetime) -> bool:
        """The database's answer to a beat of that time; returns whether it means stop, as news."""
        if cancel is None:
            return self.ask("lost")
        self._confirmed = max(self._confirmed, at)
        return cancel and self.ask("cancelled")

    def insisting(self, call: Callable[[], T]) -> T:
        """The call's result, tried again for a minute and more while the database is not there."""
        for _ in range(_GIVE_UP_AFTER):
            try:
                return call()
            except Unavailable:
                if self._no_use.wait(_ASK_AGAIN_S):
                    raise
        return call()

    def _confirm(self) -> None:
        now, claim = self._clock(), (self.id, self.runner)
        self.heard(self._rows.beat({claim: self.beat(now)})[claim], now)

    def _stopped(self) -> Cancelled:
        return Cancelled(*_WORDS[self._why])
