"""The threads behind jobs: a few that work, and one that beats for all of them.

All are daemons: whoever ends the process need not wait for a store that does not answer.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime

from storage.db.jobs import JobRows
from storage.errors import StorageError
from storage.jobs.running import Run

_TICK_S = 0.5  # how often progress is written at most


class Pool:
    """Carries out runs, `workers` at a time, first come first served. Thread-safe."""

    def __init__(self, workers: int, carry_out: Callable[[Run], object]) -> None:
        self._workers = workers
        self._carry_out = carry_out
        self._waiting: deque[Run] = deque()
        self._busy = 0
        self._lock = threading.Lock()

    def submit(self, run: Run) -> None:
        """Has it carried out when its turn comes."""
        with self._lock:
            self._waiting.append(run)
            if self._busy == self._workers:
                return
            self._busy += 1
        threading.Thread(target=self._drain, name="jobs", daemon=True).start()

    def hurry(self, run: Run) -> None:
        """A run that waits is carried out now: it was asked to stop, so that is soon done."""
        with self._lock:
            if run not in self._waiting:
                return
            self._waiting.remove(run)
        self.beside(run)

    def beside(self, run: Run) -> None:
        """Has it carried out at once, in nobody's place."""
        threading.Thread(target=self._carry_out, args=(run,), name="jobs", daemon=True).start()

    def _drain(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._busy -= 1
                    return
                run = self._waiting.popleft()
            self._carry_out(run)


class Keeper:
    """Writes beats and progress of this process's runs, while there are any. Thread-safe."""

    def __init__(
        self, rows: JobRows, clock: Callable[[], datetime], on_cancel: Callable[[Run], None]
    ) -> None:
        self._rows = rows
        self._clock = clock
        self._on_cancel = on_cancel
        self._runs: dict[str, Run] = {}  # by runner
        self._lock = threading.Lock()
        self._beating = False

    def watch(self, run: Run) -> None:
        """Beats for it from now on."""
        with self._lock:
            self._runs[run.runner] = run
            if self._beating:
                return
            self._beating = True
        threading.Thread(target=self._beat, name="jobs-beat", daemon=True).start()

    def drop(self, run: Run) -> None:
        """Beats for it no longer."""
        with self._lock:
            self._runs.pop(run.runner, None)

    def runs(self) -> list[Run]:
        """Those it beats for."""
        with self._lock:
            return list(self._runs.values())

    def tick(self) -> None:
        """Writes for the runs that have something to write, in one transaction."""
        now = self._clock()
        due = {(run.id, run.runner): run for run in self.runs() if run.is_due(now)}
        if not due:
            return
        try:
            told = self._rows.beat({claim: run.beat(now) for claim, run in due.items()})
        except StorageError:
            return  # the next tick tries again; a run that lapses meanwhile asks by itself
        for claim, run in due.items():
            if run.heard(told[claim], now):
                self._on_cancel(run)

    def _beat(self) -> None:
        wait = threading.Event()
        while not wait.wait(_TICK_S):
            with self._lock:
                if not self._runs:
                    self._beating = False
                    return
            self.tick()
