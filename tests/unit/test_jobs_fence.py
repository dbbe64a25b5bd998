"""Two consoles, a job, and whatever order things happen in: never do both work on it."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from job_rig import ANN, START

from storage.db.engine import Database
from storage.db.jobs import JobRows
from storage.errors import Cancelled, StorageError, Unavailable
from storage.jobs import forms
from storage.jobs.claims import Claims
from storage.jobs.running import Run
from storage.model.jobs import ACTIVE, JobState

pytestmark = pytest.mark.property

SKEW_S = (0, 4)  # the second console's clock is that much ahead
EXAMPLES_MAX = 300  # in the long run: each writes a hundred times to a real database, so half
CONSOLES = st.integers(0, 1)
PICK = st.integers(0, 99)
ENDS: tuple[JobState, ...] = ("done", "failed", "cancelled", "interrupted")


class Two(RuleBasedStateMachine):
    """Consoles whose threads a test moves one step at a time.

    `resumable` is whether the kind of work is. Runs stay here until they notice that they are over.
    """

    def __init__(self, database: Database, *, resumable: bool) -> None:
        super().__init__()
        self.rows = JobRows(database)
        self.now = START
        self.consoles = [
            Claims(self.rows, {"count": resumable}, self._clock(skew), lambda n: uuid.uuid4().hex[:n])
            for skew in SKEW_S
        ]  # fmt: skip
        self.resumable = resumable
        self.runs: list[tuple[int, Run]] = []
        self.resuming = False
        self.was = "queued"

    def _clock(self, skew: int) -> Any:
        def now() -> datetime:
            return self.now + timedelta(seconds=skew)

        return now

    @property
    def row(self) -> Any:
        return self.rows.get(self.id)

    def picked(self, number: int) -> tuple[int, Run]:
        return self.runs[number % len(self.runs)]

    @initialize(console=CONSOLES)
    def start(self, console: int) -> None:
        facts = {"title": "t", "layout": "", "role": "", "total": 9, "unit": "objects"}
        run, job = self.consoles[console].add(
            ANN, "count", {}, facts, attachment=None, on_progress=None
        )
        self.id = job.id
        self.runs.append((console, run))

    @rule(seconds=st.sampled_from([1, 4, 6, 11, 16]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.runs)
    @rule(pick=PICK)
    def beat(self, pick: int) -> None:
        console, run = self.picked(pick)
        now, claim = self._clock(SKEW_S[console])(), (run.id, run.runner)
        run.heard(self.rows.beat({claim: run.beat(now)})[claim], now)

    @precondition(lambda self: self.runs)
    @rule(pick=PICK)
    def begin(self, pick: int) -> None:
        console, run = self.picked(pick)
        if self.row["state"] == "queued" and not run.tidying:
            self.consoles[console].begin(run)

    @precondition(lambda self: self.runs)
    @rule(pick=PICK, saves=st.booleans())
    def work(self, pick: int, saves: bool) -> None:
        """One step of work, or of tidying up: whoever passes the fence owns the job."""
        console, run = self.picked(pick)
        before = self.row
        try:
            run.stop_if_asked()
            assert self.row["runner"] == run.runner, "works on another's job"
            if saves:
                run.save({"by": run.runner})
        except Cancelled:
            if run.why == "lost":
                self.runs.remove((console, run))
                assert {**before, "checkpoint": ""} == {**self.row, "checkpoint": ""}

    @precondition(lambda self: self.runs)
    @rule(pick=PICK, how=st.sampled_from([*ENDS, "close", "crash"]))
    def over(self, pick: int, how: Any) -> None:
        """A run ends, by itself or with its console."""
        console, run = self.picked(pick)
        if how == "close":
            run.ask("lost")
            self.consoles[console].let_go(run)
        elif run.tidying and how != "crash":
            self.consoles[console].tidied(run, well=how == "done")
        elif how != "crash" and self._ends(console, run, how):
            return
        self.runs.remove((console, run))

    def _ends(self, console: int, run: Run, state: JobState) -> bool:
        """Whether the run goes on, to tidy up."""
        before, owned = self.row, self.row["runner"] == run.runner
        tidy = state in ("failed", "cancelled") or (state == "interrupted" and not self.resumable)
        error = Unavailable("Gone.", "") if state == "failed" else None
        assert self.consoles[console].end(run, state, "{}", error, tidy=tidy) == owned
        assert owned or self.row == before
        run.tidying = tidy and owned
        return run.tidying

    @rule(console=CONSOLES)
    def stall(self, console: int) -> None:
        """Nobody beats for a while, and a console that looks takes the job."""
        self.time_passes(16)
        self.recover(console)
        self.resume(console, both=True)

    @rule(console=CONSOLES)
    def recover(self, console: int) -> None:
        ended, _ = self.consoles[console].left(go_on=False)
        for run in ended:
            if run.id != self.id:  # of an example before this one
                continue
            run.tidying = True
            self.runs.append((console, run))

    @rule(console=CONSOLES, both=st.booleans())
    def resume(self, console: int, both: bool) -> None:
        """Pressed in one console, or in both at the same moment: they saw the same row."""
        row = self.row
        for one in (console, 1 - console)[: 1 + both]:
            with suppress(StorageError):
                run, _ = self.consoles[one].resume(row, ANN, None)
                self.runs.append((one, run))
                self.resuming = True

    @rule(console=CONSOLES)
    def cancel(self, console: int) -> None:
        with suppress(StorageError):
            self.consoles[console].ask_to_cancel(self.row)

    @invariant()
    def only_one_need_not_ask(self) -> None:
        """Of all runs at most one is sure of its claim, and it has it."""
        sure = [
            run
            for console, run in self.runs
            if run.why != "lost" and self._clock(SKEW_S[console])() - run._confirmed <= forms.LAPSE
        ]
        assert [run.runner for run in sure] in ([], [self.row["runner"]])

    @invariant()
    def an_end_is_an_end(self) -> None:
        """But for a resume."""
        state = self.row["state"]
        assert self.was in ACTIVE or state not in ACTIVE or self.resuming
        self.was, self.resuming = state, False

    @invariant()
    def what_is_shown_is_consistent(self) -> None:
        """One who may resume is told so, and never of a job that somebody works on."""
        kinds = {"count"} if self.resumable else set()
        job = forms.as_job(self.row, self.now, kinds)
        assert not (job.active and job.resumable)
        assert job.active or not job.cancelling


@pytest.mark.timeout(600)
@pytest.mark.parametrize("resumable", [True, False], ids=["resumable", "once"])
def test_no_two_runs_work_on_one_job(console_database: Database, resumable: bool) -> None:
    """Started, beaten for, stalled, recovered, resumed, cancelled, closed and crashed in any order,
    by clocks four seconds apart: whoever passes the fence has the job, who lost it writes nothing,
    and no end but by a resume becomes a beginning.
    """
    profile = settings()
    run_state_machine_as_test(
        lambda: Two(console_database, resumable=resumable),
        settings=settings(
            max_examples=min(profile.max_examples // 2, EXAMPLES_MAX),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(profile.suppress_health_check),
        ),
    )
