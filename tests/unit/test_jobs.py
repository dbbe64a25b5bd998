"""Jobs in one console: from start to end, cancelled, failed, closed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from job_rig import ANN, BEN, BOSS, Clock, Counting, jobs_in, until

from storage.db.engine import Database
from storage.errors import AccessDenied, Cancelled, Conflict, NotFound, StorageError, Unavailable
from storage.jobs.service import Jobs
from storage.jobs.work import Running
from storage.model.jobs import Job, JobState


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def count() -> Counting:
    """Work that can be resumed."""
    return Counting()


@pytest.fixture
def once() -> Counting:
    """Work that cannot."""
    return Counting("once", resumable=False)


@pytest.fixture
def jobs(
    console_database: Database, tmp_path: Path, clock: Clock, count: Counting, once: Counting
) -> Iterator[Jobs]:
    made = jobs_in(console_database, tmp_path, count, once, clock=clock, workers=2)
    yield made
    made.close()


def start(jobs: Jobs, to: int = 3, kind: str = "count") -> Job:
    return jobs.start(ANN, kind, {"to": to}, title="Counts", layout="ssi", total=to)


def ended(jobs: Jobs, job: Job, state: JobState) -> Job:
    found: Job = until(lambda: (now := jobs.get(ANN, job.id)) and not now.active and now)
    assert found.state == state, found
    return found


class Barrier:
    """Lets work go on when the test says so."""

    def __init__(self, work: Counting, number: int = 2) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self.number = number
        work.at = self.hold

    def hold(self, _job: Running, number: int) -> None:
        if number == self.number:
            self.reached.set()
            self.open.wait(20)


def test_work_is_done_in_the_background(jobs: Jobs, count: Counting) -> None:
    """Started, it is there at once; ended, it has result, counts and times, and no claim."""
    job = start(jobs)
    assert (job.state, job.title, job.layout, job.total) == ("queued", "Counts", "ssi", 3)
    job = ended(jobs, job, "done")
    assert (job.result, job.done, job.text) == ({"counted": 3}, 3, "at 3")
    assert job.created_at == job.started_at == job.finished_at == "2026-11-21T07:36:00.000000Z"
    assert not job.resumable
    assert count.tidied == []
    with pytest.raises(Conflict):
        jobs.cancel(ANN, job.id)
    with pytest.raises(Conflict):
        jobs.resume(ANN, job.id)


def test_it_acts_as_its_starter(jobs: Jobs, count: Counting, clock: Clock) -> None:
    """With a session of a job, which begins now and has no end, and without the login's."""
    seen: list[Running] = []
    count.at = lambda job, _number: seen.append(job)
    clock.forward(60)
    job = ended(jobs, start(jobs, 1), "done")
    actor = seen[0].actor
    assert (actor.id, actor.name, actor.roles, actor.via) == (ANN.id, "Ann", ANN.roles, "job")
    assert actor.request_id == job.id
    assert actor.session is not None
    assert (actor.session.kind, actor.session.issued_at, actor.session.expires_at) == (
        "job",
        clock(),
        None,
    )


def test_only_so_many_at_once(jobs: Jobs, count: Counting) -> None:
    """The third waits for one of two to end, and is then done; its console's beat covers it."""
    barrier = Barrier(count)
    first, second, third = (start(jobs) for _ in range(3))
    until(lambda: len(count.counted) == 2)
    assert [jobs.get(ANN, job.id).state for job in (first, second, third)] == [
        "running",
        "running",
        "queued",
    ]
    barrier.open.set()
    for job in (first, second, third):
        ended(jobs, job, "done")


def test_a_running_job_is_cancelled(jobs: Jobs, count: Counting) -> None:
    """At its next step: nothing more is done, what was begun is tidied up, and it is said so."""
    barrier = Barrier(count)
    job = start(jobs)
    barrier.reached.wait(20)
    assert jobs.cancel(ANN, job.id).cancelling
    barrier.open.set()
    job = ended(jobs, job, "cancelled")
    assert count.counted == [(ANN.id, 1)]
    assert count.tidied == [job.id]
    assert (job.error, job.resumable, job.cancelling) == (None, False, False)


def test_a_waiting_job_is_cancelled_at_once(jobs: Jobs, count: Counting) -> None:
    """Though the two before it go on, and without having begun."""
    barrier = Barrier(count)
    running = [start(jobs), start(jobs)]
    barrier.reached.wait(20)
    third = start(jobs)
    jobs.cancel(ANN, third.id)
    ended(jobs, third, "cancelled")
    barrier.open.set()
    for job in running:
        ended(jobs, job, "done")
    assert len(count.counted) == 6


def test_a_failure_is_told_in_its_own_words(jobs: Jobs, once: Counting) -> None:
    """What and remedy of the StorageError; what was begun is tidied up before it is over."""

    def fail(_job: Running, number: int) -> None:
        if number == 2:
            raise Unavailable("The store is gone.", "Wait.")

    once.at = fail
    job = ended(jobs, start(jobs, kind="once"), "failed")
    assert job.error == {"code": "unavailable", "what": "The store is gone.", "remedy": "Wait."}
    assert once.tidied == [job.id]
    assert not job.resumable


def test_a_fault_of_ours_is_told_plainly_and_logged(
    jobs: Jobs, count: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    """No traceback for the person, no control character in the log; the next job has its turn."""

    def fail(_job: Running, _number: int) -> None:
        raise ValueError("bad key \x1b[31m\nERROR forged")

    count.at = fail
    with caplog.at_level(logging.ERROR, "soundstage.jobs"):
        job = ended(jobs, start(jobs), "failed")
    assert job.error is not None
    assert "fault in the console" in job.error["what"]
    assert "test_jobs.py" in caplog.text
    assert "ValueError" in caplog.text
    assert "\x1b" not in caplog.text
    assert count.tidied == [job.id]
    count.at = lambda _job, _number: None
    ended(jobs, start(jobs), "done")


def test_a_failed_job_is_resumed_from_its_checkpoint(jobs: Jobs, count: Counting) -> None:
    """As the person who resumes it; what was done is not done again."""

    def fail(_job: Running, number: int) -> None:
        if number == 3:
            raise Unavailable("The store is gone.", "Wait.")

    count.at = fail
    job = ended(jobs, start(jobs, 4), "failed")
    assert job.resumable
    count.at = lambda _job, _number: None
    resumed = jobs.resume(BOSS, job.id)
    assert (resumed.state, resumed.error, resumed.actor_id) == ("queued", None, ANN.id)
    ended(jobs, job, "done")
    assert count.counted == [(ANN.id, 1), (ANN.id, 2), (BOSS.id, 3), (BOSS.id, 4)]


def test_tidying_that_fails_is_tried_again_later(jobs: Jobs, count: Counting, clock: Clock) -> None:
    """Ten minutes later, by whoever looks; the job shows how it ended meanwhile."""

    def fail(_job: Running, _number: int = 0) -> None:
        raise Unavailable("The store is gone.", "Wait.")

    count.at = count.at_tidy = fail
    job = ended(jobs, start(jobs), "failed")
    count.at_tidy = lambda _job: None
    clock.forward(300)
    jobs.take_over()
    assert count.tidied == []
    clock.forward(301)
    jobs.take_over()
    jobs.take_over()
    assert count.tidied == [job.id]
    assert jobs.get(ANN, job.id).state == "failed"


def test_closing_leaves_jobs_to_be_resumed(
    jobs: Jobs, console_database: Database, tmp_path: Path, clock: Clock, count: Counting
) -> None:
    """Running and waiting ones are interrupted; the next console goes on where they stopped."""
    count.at = lambda job, number: until(lambda: number < 3 or was_asked(job))
    first, second, third = (start(jobs, 5) for _ in range(3))
    until(lambda: (ANN.id, 2) in count.counted)
    jobs.close()
    after = jobs_in(console_database, tmp_path, count, clock=clock)
    for job in (first, second, third):
        found = after.get(ANN, job.id)
        assert (found.state, found.resumable, found.error) == ("interrupted", True, None)
    assert count.tidied == []
    count.at = lambda _job, _number: None
    for job in (first, second, third):
        after.resume(ANN, job.id)
    for job in (first, second, third):
        ended(after, job, "done")
    assert len(count.counted) == 15
    after.close()
    with pytest.raises(Unavailable):
        start(jobs)


def was_asked(job: Running) -> bool:
    try:
        job.stop_if_asked()
    except Cancelled:
        return True
    return False


def test_closing_does_not_wait_for_what_does_not_stop(
    jobs: Jobs, once: Counting, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is interrupted, writes nothing any more, and is tidied up by whoever looks next."""
    monkeypatch.setattr("storage.jobs.service._CLOSE_WAIT_S", 0.05)
    barrier = Barrier(once)
    job = start(jobs, kind="once")
    barrier.reached.wait(20)
    jobs.close()
    assert jobs.get(ANN, job.id).state == "interrupted"
    barrier.open.set()
    jobs.take_over()
    assert once.tidied == [job.id]
    found = jobs.get(ANN, job.id)
    assert (found.state, found.resumable) == ("interrupted", False)
    assert once.counted == [(ANN.id, 1)]


def test_a_command_waits_for_its_job(jobs: Jobs, count: Counting, clock: Clock) -> None:
    """In its own thread, told of progress; failures are raised, Ctrl-C leaves it to be resumed."""
    told: list[tuple[int, int, str]] = []

    def keep(done: int, total: int, text: str) -> None:
        told.append((done, total, text))

    job = jobs.run_here(ANN, "count", {"to": 2}, title="Counts", on_progress=keep)
    assert (job.state, job.result) == ("done", {"counted": 2})
    assert told == [(1, 2, "at 1"), (2, 2, "at 2")]

    def interrupt(_job: Running, number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    count.at = interrupt
    clock.forward(1)
    with pytest.raises(KeyboardInterrupt):
        jobs.run_here(ANN, "count", {"to": 2}, title="Counts")
    left = jobs.list(ANN)[0]
    assert (left.state, left.resumable) == ("interrupted", True)
    count.at = lambda _job, _number: None
    assert jobs.resume_here(ANN, left.id, keep).state == "done"
    assert told[2:] == [(2, 2, "at 2")]

    def fail(_job: Running, _number: int) -> None:
        raise StorageError("No.", "Never.")

    count.at = fail
    clock.forward(1)
    with pytest.raises(StorageError, match="No"):
        jobs.run_here(ANN, "count", {"to": 2}, title="Counts")
    assert jobs.list(ANN)[0].state == "failed"


def test_people_see_their_own(jobs: Jobs) -> None:
    """Others' jobs need job:manage, also to be looked at; an unknown id is said to be none."""
    job = ended(jobs, start(jobs), "done")
    assert [found.id for found in jobs.list(ANN)] == [job.id]
    assert jobs.list(BEN) == ()
    for call in (jobs.get, jobs.cancel, jobs.resume):
        with pytest.raises(AccessDenied, match="job:manage"):
            call(BEN, job.id)
    with pytest.raises(AccessDenied):
        jobs.list(BEN, everyone=True)
    assert jobs.get(BOSS, job.id).id == job.id
    assert [found.id for found in jobs.list(BOSS, everyone=True)] == [job.id]
    with pytest.raises(NotFound):
        jobs.get(ANN, "none")


def test_the_list_goes_on_where_it_stopped(jobs: Jobs, clock: Clock) -> None:
    """Newest first, page by page."""
    made = []
    for _ in range(5):
        made.append(start(jobs).id)
        clock.forward(1)
    first = jobs.list(ANN, limit=2)
    second = jobs.list(ANN, limit=9, before=first[-1].id)
    assert [job.id for job in (*first, *second)] == made[::-1]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many transactions that write were begun."""
    count = 0
    real = Database.writing

    def counted(self: Database, lock: int) -> object:
        nonlocal count
        count += 1
        return real(self, lock)

    monkeypatch.setattr(Database, "writing", counted)
    return lambda: count


def test_progress_costs_no_write(
    jobs: Jobs, count: Counting, asked: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said a thousand times, it is written a few times by the thread that beats."""

    def say(job: Running, number: int) -> None:
        for done in range(1_000):
            job.progress(done, text=f"at {done}")
            job.stop_if_asked()

    count.at = say
    before = asked()
    ended(jobs, start(jobs, 1), "done")
    assert asked() - before <= 12


def test_progress_survives_a_locked_database(
    jobs: Jobs, count: Counting, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beats that cannot be written do not fail the job; a checkpoint that cannot be, does."""
    barrier = Barrier(count)
    job = start(jobs)
    barrier.reached.wait(20)
    broken = threading.Event()
    real = Database.writing

    def writing(self: Database, lock: int) -> object:
        if threading.current_thread().name == "jobs-beat":
            broken.set()
            raise Unavailable("Locked.", "Wait.")
        return real(self, lock)

    monkeypatch.setattr(Database, "writing", writing)
    clock.forward(6)
    assert broken.wait(20)
    barrier.open.set()
    ended(jobs, job, "done")


def test_a_checkpoint_that_is_not_kept_fails_the_job(
    jobs: Jobs, count: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than going on from where no restart could."""
    barrier = Barrier(count)
    job = start(jobs)
    barrier.reached.wait(20)
    real = Database.writing
    refused: list[int] = []

    def writing(self: Database, lock: int) -> object:
        if threading.current_thread().name == "jobs" and not refused:
            refused.append(lock)
            raise Unavailable("Locked.", "Wait.")
        return real(self, lock)

    monkeypatch.setattr(Database, "writing", writing)
    barrier.open.set()
    job = ended(jobs, job, "failed")
    assert job.error is not None
    assert job.error["what"] == "Locked."


def test_idle_jobs_take_nobodys_place_and_go_on_by_themselves(
    console_database: Database, tmp_path: Path, clock: Clock, count: Counting, once: Counting
) -> None:
    """They run beside the others; after a restart the next console goes on with them, a command
    does not.
    """

    def console() -> Jobs:
        works = (count, once)
        return jobs_in(console_database, tmp_path, *works, clock=clock, workers=1, idle={"count"})

    first = console()
    count.at = lambda job, number: until(lambda: number < 3 or was_asked(job))
    waiting = [start(first), start(first)]
    until(lambda: all(first.get(ANN, job.id).done == 2 for job in waiting))
    ended(first, start(first, kind="once"), "done")
    first.close()
    count.at = lambda _job, _number: None
    second = console()
    second.take_over()
    assert {second.get(ANN, job.id).state for job in waiting} == {"interrupted"}
    second.recover()
    for job in waiting:
        until(lambda job=job: second.get(ANN, job.id).state == "done")
    second.close()
    assert len(count.counted) == 6
    assert count.tidied == []
