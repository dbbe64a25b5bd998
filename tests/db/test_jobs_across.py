"""Jobs seen by several processes: claimed once, cancelled from elsewhere, taken over from the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from job_rig import ANN, BEN, BOSS, Counting, jobs_in, until

from storage.db.engine import Database
from storage.db.tokens import Tokens
from storage.errors import AccessDenied, Conflict, NotSignedIn
from storage.jobs.forms import STALE
from storage.jobs.service import Jobs
from storage.model.accounts import Token
from storage.model.audit import AuditFilter
from storage.model.jobs import Job
from storage.model.people import Can, Role, Scope, Session

HERE = Path(__file__).parent
Process = subprocess.Popen[str]


@pytest.fixture
def process(address: str | Path, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """`process("run", 5)`: a console about to run or resume a job; `go` lets it."""
    running: list[Process] = []

    def begin(what: str, which: object) -> Process:
        begun = subprocess.Popen(
            [sys.executable, str(HERE / "job_runner.py"), str(address), str(tmp_path), what, str(which)],
            env={**os.environ, "PYTHONPATH": f"{HERE.parents[1]}{os.pathsep}{HERE.parent}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        running.append(begun)
        assert heard(begun) == "ready"
        return begun

    yield begin
    for begun in running:
        begun.kill()
        begun.communicate()


def heard(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: Process) -> Process:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process


def rest(process: Process) -> list[str]:
    assert process.stdout is not None
    return process.stdout.read().split("\n")[:-1]


@pytest.fixture
def count() -> Counting:
    return Counting()


@pytest.fixture
def jobs(database: Database, tmp_path: Path, count: Counting) -> Iterator[Jobs]:
    """The jobs as this process sees them."""
    made = jobs_in(database, tmp_path, count)
    yield made
    made.close()


@pytest.fixture
def later(database: Database, tmp_path: Path, count: Counting) -> Iterator[Jobs]:
    """The same, by a clock that is so far on that what is silent now is stale."""

    def clock() -> datetime:
        return datetime.now(UTC) + STALE + timedelta(seconds=1)

    made = jobs_in(database, tmp_path, count, clock=clock)
    yield made
    made.close()


def only(jobs: Jobs) -> Job:
    (job,) = jobs.list(ANN)
    return job


def killed_at(process: Process, number: int) -> None:
    while heard(process) != str(number):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_job_runs_elsewhere(jobs: Jobs, process: Callable[..., Process]) -> None:
    """Its progress is seen here, it cannot be resumed while it gives signs, and its end is seen."""
    console = go(process("run", 40))
    until(lambda: jobs.list(ANN) and only(jobs).done)
    job = only(jobs)
    assert (job.state, job.resumable, job.total) == ("running", False, 40)
    with pytest.raises(Conflict, match="already"):
        jobs.resume(ANN, job.id)
    jobs.take_over()
    assert rest(console)[-1] == "done"
    assert only(jobs).result == {"counted": 40}


@pytest.mark.long
def test_a_job_is_cancelled_from_elsewhere(jobs: Jobs, process: Callable[..., Process]) -> None:
    """The process that runs it stops within seconds and tidies up."""
    console = go(process("run", 400))
    until(lambda: jobs.list(ANN) and only(jobs).done)
    assert jobs.cancel(ANN, only(jobs).id).cancelling
    assert rest(console)[-1] == "cancelled: The job was cancelled."
    assert only(jobs).state == "cancelled"
    assert only(jobs).done < 400


def test_a_killed_console_leaves_a_job_to_resume(
    jobs: Jobs, later: Jobs, count: Counting, process: Callable[..., Process]
) -> None:
    """Killed by -9: while its last sign is fresh nobody takes the job, then it is interrupted and
    goes on from the checkpoint; every number is counted, and none that was saved again.
    """
    killed_at(go(process("run", 9)), 5)
    assert only(jobs).state == "running"
    jobs.take_over()
    assert (only(later).state, only(later).resumable) == ("interrupted", True)
    later.take_over()
    assert only(jobs).state == "interrupted"
    assert only(jobs).finished_at != ""
    assert count.tidied == []
    jobs.resume_here(ANN, only(jobs).id)
    assert (only(jobs).state, only(jobs).result) == ("done", {"counted": 9})
    assert [number for _, number in count.counted] == [5, 6, 7, 8, 9]


@pytest.mark.long
def test_of_several_that_resume_one_gets_the_job(
    jobs: Jobs, later: Jobs, process: Callable[..., Process]
) -> None:
    """The others are told, in words."""
    killed_at(go(process("run", 9)), 3)
    later.take_over()
    consoles = [process("resume", only(jobs).id) for _ in range(3)]
    for console in consoles:
        go(console)
    said = [rest(console) for console in consoles]
    assert sorted(lines[-1].split(":")[0] for lines in said) == ["conflict", "conflict", "done"]
    numbers = [line for lines in said for line in lines if line.isdigit()]
    assert numbers == ["3", "4", "5", "6", "7", "8", "9"]


def test_a_stalled_console_finds_its_job_taken(
    later: Jobs, count: Counting, process: Callable[..., Process]
) -> None:
    """It stops at once and its last words change nothing of the job."""
    console = go(process("run", 400))
    while heard(console) != "3":
        pass
    console.send_signal(signal.SIGSTOP)
    job = only(later)
    assert job.state == "interrupted"
    count.at = lambda running, number: console.send_signal(signal.SIGCONT) if number == 9 else None
    later.resume_here(ANN, job.id)
    assert rest(console)[-1] == "cancelled: The job goes on elsewhere."
    found = only(later)
    assert (found.state, found.done, found.result) == ("done", 400, {"counted": 400})
    assert count.tidied == []


def test_cancelling_what_nobody_runs_ends_it(
    jobs: Jobs, later: Jobs, count: Counting, process: Callable[..., Process]
) -> None:
    """Whoever looks next tidies up what the dead one left."""
    killed_at(go(process("run", 9)), 3)
    job = only(jobs)
    jobs.cancel(ANN, job.id)
    assert (only(later).state, only(later).resumable) == ("cancelled", False)
    later.take_over()
    assert only(jobs).state == "cancelled"
    assert count.tidied == [job.id]


def test_only_one_tidies_up(
    jobs: Jobs, database: Database, tmp_path: Path, process: Callable[..., Process]
) -> None:
    """Of two consoles that look at the same moment."""
    killed_at(go(process("run", 9)), 3)
    jobs.cancel(ANN, only(jobs).id)

    def clock() -> datetime:
        return datetime.now(UTC) + STALE + timedelta(seconds=1)

    works = [Counting(), Counting()]
    others = [jobs_in(database, tmp_path, work, clock=clock) for work in works]
    works[0].at_tidy = lambda _job: others[1].take_over()
    others[0].take_over()
    assert [len(work.tidied) for work in works] == [1, 0]


def test_touching_a_job_is_audited(
    jobs: Jobs, later: Jobs, process: Callable[..., Process]
) -> None:
    """By an operator, before and after; a refusal too."""
    killed_at(go(process("run", 9)), 3)
    later.take_over()
    with pytest.raises(AccessDenied):
        jobs.cancel(BEN, only(jobs).id)
    jobs.resume_here(BOSS, only(jobs).id)
    rows = jobs._gate._audit.search(AuditFilter()).rows
    assert [(row.event.actor_id, row.event.result) for row in rows] == [
        (BOSS.id, "done"),
        (BOSS.id, "allowed"),
        (BEN.id, "refused"),
    ]
    assert rows[0].event.action == "job:manage"
    assert rows[0].event.detail["call"] == "resume-job"
    assert rows[0].event.detail["of"] == ANN.id


def test_stopping_ones_own_job_is_audited(jobs: Jobs) -> None:
    """Whoever may: what it had begun to do is left undone from then on."""
    jobs.cancel(ANN, jobs.start(ANN, "count", {"to": 10_000}, title="Counts").id)
    rows = jobs._gate._audit.search(AuditFilter()).rows
    assert [(row.event.actor_id, row.event.result) for row in rows] == [
        (ANN.id, "done"),
        (ANN.id, "allowed"),
    ]


def test_an_ended_session_may_do_nothing_with_its_jobs(jobs: Jobs) -> None:
    """Not even look: a fragment's button carries the actor of the page's last run."""
    job = jobs.run_here(ANN, "count", {"to": 1}, title="Counts")
    session = Session(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), "login")
    old = replace(ANN, session=session)
    for call in (jobs.get, jobs.cancel, jobs.resume):
        with pytest.raises(NotSignedIn):
            call(old, job.id)
    with pytest.raises(NotSignedIn):
        jobs.list(old)


def test_a_token_sees_the_jobs_it_began(jobs: Jobs, database: Database) -> None:
    """Not all of its owner's, whatever its roles; its owner sees what it began."""
    tokens = Tokens(database)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    scope = Scope(frozenset({Can.OBJECT_LIST}))
    roles = frozenset({Role.ADMIN})
    made = Token("ab", "n", ANN.id, "Ann", roles, scope, datetime.now(UTC), tomorrow)
    tokens.add(made, "0" * 64)
    session = Session(datetime.now(UTC), tomorrow, "token", "ab")
    token = replace(ANN, roles=roles, via="token", scope=scope, session=session)
    ours = jobs.run_here(token, "count", {"to": 1}, title="Counts", layout="ssi")
    other = jobs.run_here(ANN, "count", {"to": 1}, title="Counts", layout="ssi")
    assert [job.id for job in jobs.list(token)] == [ours.id]
    assert jobs.get(token, ours.id).layout == "ssi"
    for refused in (jobs.get, jobs.cancel, jobs.resume):
        with pytest.raises(AccessDenied):
            refused(token, other.id)
    with pytest.raises(AccessDenied):
        jobs.list(token, everyone=True)
    assert {job.id for job in jobs.list(ANN)} == {ours.id, other.id}


def test_any_title_can_be_kept(jobs: Jobs) -> None:
    """NUL, halves of pairs and very long keys are no text to every database."""
    job = jobs.run_here(ANN, "count", {"to": 1}, title="a\x00b\ud800" + "é" * 3_000)
    assert job.title.startswith("a\\x00b\\ud800éé")
    assert len(job.title) == 1_000
