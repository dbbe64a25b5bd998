"""Who may work on a job: every claim and every end is one conditional change of its row.

Of two consoles that want the same job at once one gets it. A run that lost its claim changes
nothing any more, whatever it believes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from datetime import datetime, timedelta
from typing import Any

from storage.db.jobs import JobRows, Row
from storage.db.times import as_text
from storage.errors import Conflict, StorageError, Unsupported
from storage.jobs.forms import (
    LONG_AGO,
    STALE,
    acting,
    actor_text,
    as_job,
    is_live,
    is_resumable,
    keepable,
)
from storage.jobs.running import OnProgress, Run
from storage.model.jobs import ACTIVE, Job, JobState
from storage.model.people import Actor

_TIDY_AGAIN = timedelta(minutes=10)
_ID_MS_DIGITS = 11  # of hexadecimal milliseconds: they sort until the year 2527


class Claims:
    """The claims on `rows`. `kinds` says of each kind of work known here whether it is resumable;
    those in `idle` go on by themselves in the next console. `random` gives so many characters that
    nobody gives again.
    """

    def __init__(
        self,
        rows: JobRows,
        kinds: Mapping[str, bool],
        clock: Callable[[], datetime],
        random: Callable[[int], str],
        idle: Container[str] = (),
    ) -> None:
        self.rows = rows
        self._idle = idle
        self._kinds = kinds
        self._resumable: Container[str] = {kind for kind, resumable in kinds.items() if resumable}
        self._clock = clock
        self._random = random

    def shown(self, row: Row) -> Job:
        """The job as it is now."""
        return as_job(row, self._clock(), self._resumable)

    def add(
        self,
        actor: Actor,
        kind: str,
        params: Mapping[str, Any],
        facts: Mapping[str, Any],
        *,
        attachment: Any,
        on_progress: OnProgress | None,
    ) -> tuple[Run, Job]:
        """A new job, claimed. `facts` are title, layout, role, total and unit."""
        now = self._clock()
        job_id = f"{int(now.timestamp() * 1000):0{_ID_MS_DIGITS}x}-{self._random(8)}"
        row = {
            "id": job_id,
            "kind": kind,
            "actor_id": actor.id,
            "actor_name": keepable(actor.name),
            "actor": actor_text(acting(actor, now, job_id)),
            "params": json.dumps(dict(params)),
            "state": "queued",
            "done": 0,
            "text": "",
            "checkpoint": "{}",
            "result": "{}",
            "error": "null",
            "created_at": as_text(now),
            "started_at": "",
            "beat_at": as_text(now),
            "finished_at": "",
            "runner": self._random(32),
            "cancel": False,
            **facts,
            "title": keepable(facts["title"]),
        }
        self.rows.add(row)
        return Run(
            row, self.rows, self._clock, now, attachment=attachment, on_progress=on_progress
        ), self.shown(row)

    def resume(self, row: Row, actor: Actor, on_progress: OnProgress | None) -> tuple[Run, Job]:
        """The job, claimed to go on as `actor`. Raises Conflict when somebody works on it or it
        has ended, Unsupported when its kind cannot be resumed.
        """
        now = self._clock()
        if not is_resumable(row, now, self._resumable):
            raise self._refusal(row, now)
        values = {
            "actor": actor_text(acting(actor, now, row["id"])),
            "state": "queued",
            "runner": self._random(32),
            "beat_at": as_text(now),
            "finished_at": "",
            "error": "null",
            "cancel": False,
        }
        claimed = self._changed(row, values)
        if claimed is None:
            raise Conflict(
                "Somebody else has just resumed, cancelled or changed this job.",
                "Look at it again.",
            )
        return Run(claimed, self.rows, self._clock, now, on_progress=on_progress), self.shown(
            claimed
        )

    def begin(self, run: Run) -> None:
        """A queued job runs from now on, unless it is another's."""
        now = self._clock()
        values = {"state": "running", "started_at": as_text(now), "beat_at": as_text(now)}
        row = run.insisting(lambda: self.rows.change(run.id, values, runner=run.runner))
        run.heard(row["cancel"] if row else None, now)

    def end(
        self, run: Run, state: JobState, result: str, error: StorageError | None, *, tidy: bool
    ) -> bool:
        """The run has ended so, with a `result` in JSON; with `tidy` it keeps its claim until
        `tidied`. False, and nothing is written, when the job is another's.
        """
        now = self._clock()
        free = {"runner": "", "beat_at": self._after(run.kind) if state == "interrupted" else ""}
        values = {
            **run.beat(now),
            "state": state,
            "finished_at": as_text(now),
            "result": result,
            "error": json.dumps(error and error.as_dict()),
            **({} if tidy else free),
        }
        row = run.insisting(lambda: self.rows.change(run.id, values, runner=run.runner))
        run.heard(None if row is None else False, now)
        return row is not None

    def tidied(self, run: Run, *, well: bool) -> None:
        """Nothing is left to be done; or, when it did not go `well`, to be done again later."""
        # a sign from the future, of nobody: is not live, and is not taken over before its time
        again = as_text(self._clock() + _TIDY_AGAIN - STALE)
        values = {"runner": "", "beat_at": "" if well else again}
        run.insisting(lambda: self.rows.change(run.id, values, runner=run.runner))

    def let_go(self, run: Run) -> None:
        """Gives a run's claim back, though its thread has not ended: whatever it does, it writes
        nothing any more.
        """
        left = {"runner": "", "beat_at": LONG_AGO}
        stopped = {
            "state": "interrupted",
            "finished_at": as_text(self._clock()),
            "runner": "",
            "beat_at": self._after(run.kind),
        }
        for state in ("queued", "running"):
            if self.rows.change(run.id, stopped, runner=run.runner, state=state, cancel=False):
                return
        self.rows.change(run.id, left, runner=run.runner)

    def ask_to_cancel(self, row: Row) -> Row:
        """Marks the job so that whoever works on it stops. Raises Conflict when it has ended."""
        asked = {"cancel": True}
        # nobody works on an interrupted one: it ends now, and whoever looks first tidies up
        ended = {**asked, "state": "cancelled", "beat_at": LONG_AGO}
        for values, expected in (
            (asked, {"state": "queued"}),
            (asked, {"state": "running"}),
            (ended, {"state": "interrupted", "runner": ""}),
        ):
            changed = self.rows.change(row["id"], values, **expected)
            if changed:
                return changed
        raise Conflict("This job has ended, so there is nothing to cancel.", "Look at it again.")

    def left(self, *, go_on: bool) -> tuple[list[Run], list[Run]]:
        """Takes over what others left. Returns claims on jobs that have ended, to tidy up after
        them, and with `go_on` on idle ones, to go on with; ends the rest.
        """
        ended: list[Run] = []
        on: list[Run] = []
        now = self._clock()
        for row in self.rows.silent(as_text(now - STALE)):
            if row["kind"] not in self._kinds:
                continue  # of another version of the console, which will look after it
            idle = row["kind"] in self._idle and is_resumable(row, now, self._resumable)
            going = idle and row["state"] != "failed"
            if going and not go_on:
                continue
            claimed = self._changed(row, self._taking(row, now, going=going))
            if claimed and claimed["runner"]:
                run = Run(claimed, self.rows, self._clock, now)
                (on if going else ended).append(run)
        return ended, on

    def _taking(self, row: Row, now: datetime, *, going: bool) -> Row:
        values = {"runner": self._random(32), "beat_at": as_text(now)}
        if going:
            return {**values, "state": "queued", "finished_at": ""}
        if row["state"] not in ACTIVE:
            return values
        values["finished_at"] = as_text(now)
        if row["cancel"]:
            return {**values, "state": "cancelled"}
        if self._kinds[row["kind"]]:
            values |= {"runner": "", "beat_at": ""}
        return {**values, "state": "interrupted"}

    def _after(self, kind: str) -> str:
        """The beat of an interrupted job nobody works on: whether it waits for a person's Resume,
        or for whoever looks next.
        """
        return "" if self._kinds[kind] and kind not in self._idle else LONG_AGO

    def _changed(self, row: Row, values: Row) -> Row | None:
        """Changes a row that nobody has claimed or beaten for since it was read."""
        same = {name: row[name] for name in ("state", "runner", "beat_at", "cancel")}
        return self.rows.change(row["id"], values, **same)

    def _refusal(self, row: Row, now: datetime) -> StorageError:
        if is_live(row, now):
            return Conflict("Somebody works on this job already.", "See how far it is.")
        if row["kind"] not in self._resumable:
            return Unsupported(
                "A job of this kind cannot go on where it stopped.", "Start it again."
            )
        return Conflict("This job has ended, so there is nothing to resume.", "Start it again.")
