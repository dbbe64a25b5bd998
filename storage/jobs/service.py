"""Long work as jobs: started, seen, cancelled, resumed; by this console, another, or a command."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from typing import Any

from storage.db.engine import Database
from storage.db.jobs import JobRows, Row
from storage.errors import InvalidInput, NotFound, StorageError, Unavailable
from storage.gate import Gate
from storage.jobs.claims import Claims
from storage.jobs.forms import STALE, actor_of, token_of
from storage.jobs.runner import carry_out, tidy_up
from storage.jobs.running import OnProgress, Run
from storage.jobs.threads import Keeper, Pool
from storage.jobs.work import Work
from storage.model.jobs import Job
from storage.model.people import Actor, Can

LIST_MAX = 200  # jobs a page
_CLOSE_WAIT_S = 3.0  # for all jobs together, while somebody waits for the console to end


def _random(characters: int) -> str:
    return secrets.token_hex(characters // 2)


class Jobs:
    """The jobs of `works` in `database`, `workers` of them at a time here. Thread-safe.

    Kinds in `idle` spend their time waiting for somebody else, so they take no worker's place, and
    after a restart they go on by themselves.

    Whoever starts one has checked the permission and told the audit log. Everybody sees their own;
    those of others need Can.JOB_MANAGE, and stopping or resuming one is in the audit log.
    """

    def __init__(
        self,
        database: Database,
        works: Sequence[Work],
        gate: Gate,
        clock: Callable[[], datetime],
        *,
        workers: int,
        idle: Collection[str] = (),
        random: Callable[[int], str] = _random,
    ) -> None:
        self._works: Mapping[str, Work] = {work.kind: work for work in works}
        self._gate = gate
        self._rows = JobRows(database)
        kinds = {work.kind: work.resumable for work in works}
        self._claims = Claims(self._rows, kinds, clock, random, idle)
        self._pool = Pool(workers, self._carry_out)
        self._idle = idle
        self._keeper = Keeper(self._rows, clock, self._pool.hurry)
        self._closed = threading.Event()
        self._look = threading.Event()  # for what others left
        self._looking: threading.Thread | None = None

    def start(
        self,
        actor: Actor,
        kind: str,
        params: Mapping[str, Any],
        *,
        title: str,
        layout: str = "",
        role: str = "",
        total: int = 0,
        unit: str = "objects",
        attachment: Any = None,
    ) -> Job:
        """Has the work done in the background and returns at once. `params` are JSON, no secrets;
        `attachment` (open files, bytes) stays in memory and is gone after a restart.

        Raises Unavailable, and nothing is begun, when the database cannot take the job.
        """
        self._check_open()
        facts = {"title": title, "layout": layout, "role": role, "total": total, "unit": unit}
        run, job = self._claims.add(
            actor, kind, params, facts, attachment=attachment, on_progress=None
        )
        self._submit(run)
        return job

    def run_here(
        self,
        actor: Actor,
        kind: str,
        params: Mapping[str, Any],
        *,
        title: str,
        layout: str = "",
        role: str = "",
        total: int = 0,
        unit: str = "objects",
        attachment: Any = None,
        on_progress: OnProgress | None = None,
    ) -> Job:
        """As `start`, in the calling thread: for the command line. Returns the job when it is done;
        raises the StorageError that ended it, Cancelled among them. Ctrl-C leaves it interrupted.
        """
        self._check_open()
        facts = {"title": title, "layout": layout, "role": role, "total": total, "unit": unit}
        run, _ = self._claims.add(
            actor, kind, params, facts, attachment=attachment, on_progress=on_progress
        )
        return self._wait_for(run)

    def get(self, actor: Actor, job_id: str) -> Job:
        """The job as it is now. Raises NotFound, AccessDenied."""
        row, _ = self._entered(actor, job_id)
        return self._claims.shown(row)

    def list(
        self, actor: Actor, *, everyone: bool = False, limit: int = 50, before: str = ""
    ) -> tuple[Job, ...]:
        """Up to `limit` jobs (1 to 200), newest first; `before`: older than the job of that id.

        One's own (with a token, what that token began), or with `everyone` all of them. Raises
        AccessDenied, InvalidInput.
        """
        if everyone:
            self._gate.enter_console(actor, Can.JOB_MANAGE)
        else:
            self._gate.check_session(actor)
        if not 1 <= limit <= LIST_MAX:
            raise InvalidInput(
                f"A page cannot have {limit} jobs.", f"Choose 1 to {LIST_MAX} of them."
            )
        same = {} if everyone else {"actor_id": actor.id}
        token = "" if everyone else token_of(actor)
        found = self._rows.newest(same, token, before=before, limit=limit)
        return tuple(map(self._claims.shown, found))

    def cancel(self, actor: Actor, job_id: str) -> Job:
        """Asks the job to stop, wherever it runs; it does so within seconds, and is tidied up.

        Raises Conflict when it has ended; NotFound, AccessDenied.
        """
        row, entered = self._entered(actor, job_id, "cancel-job")
        with entered:
            changed = self._claims.ask_to_cancel(row)
        for run in self._keeper.runs():
            if run.id == job_id and run.ask("cancelled"):
                self._pool.hurry(run)
        self._look.set()
        return self._claims.shown(changed)

    def resume(self, actor: Actor, job_id: str) -> Job:
        """Has an interrupted or failed job go on where it stopped, in the background, as `actor`.

        Raises Conflict when somebody works on it, Unsupported when it cannot; NotFound,
        AccessDenied.
        """
        run, job = self._resumed(actor, job_id, None)
        self._submit(run)
        return job

    def resume_here(self, actor: Actor, job_id: str, on_progress: OnProgress | None = None) -> Job:
        """As `resume`, in the calling thread, ending as `run_here` does."""
        run, _ = self._resumed(actor, job_id, on_progress)
        return self._wait_for(run)

    def recover(self) -> None:
        """Looks after what others left behind, now and every few seconds, in the background: for a
        console's start.
        """
        if self._looking is None:
            self._looking = threading.Thread(
                target=self._keep_looking, name="jobs-look", daemon=True
            )
            self._looking.start()

    def take_over(self, *, go_on: bool = False) -> None:
        """Once: jobs whose runner gives no sign any more are interrupted or cancelled, and tidied
        up where they cannot be resumed; with `go_on` idle ones go on here. Raises Unavailable.
        """
        ended, on = self._claims.left(go_on=go_on)
        for run in on:
            self._submit(run)
        for run in ended:
            self._keeper.watch(run)
        for run in ended:
            try:
                tidy_up(run, self._works[run.kind], self._claims)
            finally:
                self._over(run)

    def close(self) -> None:
        """Asks all to stop and waits a little; those that did not are interrupted all the same."""
        self._closed.set()
        self._look.set()
        running = self._keeper.runs()
        for run in running:
            run.ask("closing")
        until = time.monotonic() + _CLOSE_WAIT_S
        if self._looking is not None:
            self._looking.join(_CLOSE_WAIT_S)
        for run in running:
            if not run.ended.wait(max(until - time.monotonic(), 0)):
                run.ask("lost")
                self._keeper.drop(run)
                with suppress(StorageError):  # then it is found silent
                    self._claims.let_go(run)

    # -- inside -----------------------------------------------------------------------------------

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise Unavailable("The console is closing.", "Try again when it is back.")

    def _entered(
        self, actor: Actor, job_id: str, call: str = ""
    ) -> tuple[Row, AbstractContextManager[object]]:
        """The row of a job this person may see, and what to change it in, as `call`.

        One's own: with a token, what that token began.
        """
        self._gate.check_session(actor)
        row = self._rows.get(job_id)
        if row is None:
            raise NotFound("There is no such job.", "See the page Activity, or `jobs list`.")
        token = token_of(actor)
        own = row["actor_id"] == actor.id and (not token or token == token_of(actor_of(row)))
        enter = self._gate.enter_own if own else self._gate.enter_console
        passage = enter(actor, Can.JOB_MANAGE)
        if not call:
            return row, nullcontext()
        facts = {"job": job_id, "title": row["title"], "of": row["actor_id"]}
        return row, passage.changing(call, **facts)

    def _resumed(
        self, actor: Actor, job_id: str, on_progress: OnProgress | None
    ) -> tuple[Run, Job]:
        self._check_open()
        row, entered = self._entered(actor, job_id, "resume-job")
        with entered:
            return self._claims.resume(row, actor, on_progress)

    def _submit(self, run: Run) -> None:
        self._keeper.watch(run)
        if run.kind in self._idle:
            self._pool.beside(run)
        else:
            self._pool.submit(run)
        if self._closed.is_set():  # meanwhile: `close` may not have seen it
            run.ask("closing")

    def _wait_for(self, run: Run) -> Job:
        self._keeper.watch(run)
        error = self._carry_out(run)
        if error is not None:
            raise error
        row = self._rows.get(run.id)
        assert row is not None  # noqa: S101  rows of jobs are never removed
        return self._claims.shown(row)

    def _carry_out(self, run: Run) -> StorageError | None:
        try:
            return carry_out(run, self._works[run.kind], self._claims)
        finally:
            self._over(run)

    def _over(self, run: Run) -> None:
        self._keeper.drop(run)
        run.ended.set()

    def _keep_looking(self) -> None:
        while not self._closed.is_set():
            self._look.clear()
            with suppress(StorageError):  # the database is not there: pages say so; look again
                self.take_over(go_on=True)
            self._look.wait(STALE.total_seconds())
