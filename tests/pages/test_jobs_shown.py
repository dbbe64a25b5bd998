"""Jobs on a page: what is shown of each, and what its buttons do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from job_rig import ANN, BEN, BOSS, Counting, jobs_in, until
from streamlit.testing.v1 import AppTest

from storage.db.engine import Database
from storage.errors import Unavailable
from storage.jobs.service import Jobs
from storage.jobs.work import Running
from storage.model.jobs import Job
from ui import jobs as shown

HOSTILE = "**bold** [x](https://e.example) <b> :red[x] \u202e"
drawn: Callable[[], object] = object  # what the page shows; the tests set it


def page() -> None:
    import test_jobs_shown

    test_jobs_shown.drawn()


def run(draw: Callable[[], object]) -> AppTest:
    global drawn  # noqa: PLW0603  a page is a script: it has no arguments
    drawn = draw
    return again(AppTest.from_function(page, default_timeout=30))


def again(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, [item.value for item in app.exception]
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return again(app)


def words(app: AppTest) -> str:
    found = [str(item.value) for kind in ("markdown", "caption", "error") for item in app.get(kind)]
    return "\n".join(found)


def plain(app: AppTest) -> str:
    return words(app).replace("\\", "").replace("\u2060", "")


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


@pytest.fixture
def count() -> Counting:
    return Counting()


@pytest.fixture
def jobs(console_database: Database, tmp_path: Path, count: Counting) -> Iterator[Jobs]:
    made = jobs_in(console_database, tmp_path, count)
    yield made
    made.close()


@pytest.fixture
def hold(count: Counting) -> Iterator[threading.Event]:
    """Jobs wait at their second number until this is set."""
    event = threading.Event()
    count.at = lambda _job, number: number == 2 and event.wait(20)  # type: ignore[assignment, return-value]
    yield event
    event.set()


def start(jobs: Jobs, title: str = "Counts") -> Job:
    return jobs.start(ANN, "count", {"to": 4}, title=title, total=4)


def at_one(jobs: Jobs, job: Job) -> None:
    until(lambda: jobs.get(ANN, job.id).done == 1)


def test_a_running_job_shows_how_far_it_is(jobs: Jobs, hold: threading.Event) -> None:
    """Title, count and what it does, as text; a button to stop it."""
    job = start(jobs, HOSTILE)
    at_one(jobs, job)
    app = run(lambda: shown.show(jobs, ANN, [job.id], place="t"))
    assert "1 of 4 objects" in plain(app)
    assert "at 1" in plain(app)
    assert "running" in plain(app)
    assert "**bold**" not in words(app)
    assert "\u202e" not in words(app)
    assert buttons(app) == ["Cancel"]


def test_the_page_hears_of_the_end(jobs: Jobs, hold: threading.Event) -> None:
    """Once, and then shows it as done, with what the page adds, and a button to close it."""
    job = start(jobs)
    at_one(jobs, job)
    ended: list[str] = []
    closed: list[str] = []
    results: list[Any] = []

    real, asked = jobs.get, 0

    def get(actor: Any, job_id: str) -> Job:
        nonlocal asked
        asked += 1
        if asked == 2:  # between the page's look and its fragment's
            hold.set()
            until(lambda: not real(ANN, job_id).active)
        return real(actor, job_id)

    jobs.get = get  # type: ignore[method-assign]
    app = run(
        lambda: shown.show(
            jobs,
            ANN,
            [job.id],
            place="t",
            under=lambda one: results.append(one.result),
            on_end=lambda one: ended.append(one.id),
            on_close=closed.append,
        )
    )
    assert ended == [job.id]
    assert results == [{"counted": 4}]
    assert "done" in plain(app)
    assert buttons(app) == ["Close"]
    press(app, f"t:close:{job.id}")
    assert closed == [job.id]


def test_cancel_stops_it(jobs: Jobs, hold: threading.Event, count: Counting) -> None:
    """It is said to be stopping, and cannot be pressed twice."""
    job = start(jobs)
    at_one(jobs, job)
    app = run(lambda: shown.show(jobs, ANN, [job.id], place="t"))
    press(app, f"t:cancel:{job.id}")
    assert "stopping" in plain(app)
    assert buttons(app) == []
    hold.set()
    until(lambda: jobs.get(ANN, job.id).state == "cancelled")
    assert "cancelled; what was done" in plain(again(app))


def test_a_failed_job_says_why_and_goes_on(jobs: Jobs, count: Counting) -> None:
    """What and remedy as text; Resume has it go on where it stopped."""

    def fail(_job: Running, number: int) -> None:
        if number == 3:
            raise Unavailable(f"Gone: {HOSTILE}", "Wait a *bit*.")

    count.at = fail
    job = start(jobs)
    until(lambda: jobs.get(ANN, job.id).state == "failed")
    app = run(lambda: shown.show(jobs, ANN, [job.id], place="t"))
    assert "Gone: **bold**" in plain(app)
    assert "Wait a *bit*." in plain(app)
    assert "[x](https://" not in words(app)
    count.at = lambda _job, _number: None
    press(app, f"t:resume:{job.id}")
    until(lambda: jobs.get(ANN, job.id).state == "done")
    assert [number for _, number in count.counted] == [1, 2, 3, 4]
    assert buttons(again(app)) == []


def test_what_somebody_else_did_meanwhile_is_told(jobs: Jobs, count: Counting) -> None:
    """A Resume that comes too late says so, and the page goes on."""

    def fail(_job: Running, _number: int) -> None:
        raise Unavailable("Gone.", "Wait.")

    count.at = fail
    job = start(jobs)
    until(lambda: jobs.get(ANN, job.id).state == "failed")
    app = run(lambda: shown.show(jobs, ANN, [job.id], place="t"))
    app.button(key=f"t:resume:{job.id}").click()
    real = jobs.resume

    def late(actor: Any, job_id: str) -> Job:
        real(BOSS, job_id)
        return real(actor, job_id)

    jobs.resume = late  # type: ignore[method-assign]
    assert "Somebody works on this job already" in plain(again(app))


def test_the_list_has_ones_own_or_everybodys(jobs: Jobs) -> None:
    """With whose they are; a person who may not see others' is told so."""
    for title in ("First", "Second"):
        job = start(jobs, title)
        until(lambda job=job: not jobs.get(ANN, job.id).active)
    app = run(lambda: shown.listing(jobs, ANN, place="t"))
    assert plain(app).index("Second") < plain(app).index("First")
    assert "by Ann" not in plain(app)
    app = run(lambda: shown.listing(jobs, BOSS, place="t", everyone=True, limit=1))
    assert "by Ann" in plain(app)
    assert "First" not in plain(app)
    app = run(lambda: shown.listing(jobs, BEN, place="t", everyone=True))
    assert "job:manage" in plain(app)
    assert "Second" not in plain(app)


def test_nothing_polls_when_nothing_runs(
    jobs: Jobs, hold: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is asked again every second while a job runs, and never otherwise."""
    asked: list[Any] = []
    real = shown.st.fragment

    def fragment(draw: Any, *, run_every: Any) -> Any:
        asked.append(run_every)
        return real(draw, run_every=None)

    monkeypatch.setattr(shown.st, "fragment", fragment)
    job = start(jobs)
    at_one(jobs, job)
    run(lambda: shown.show(jobs, ANN, [job.id], place="t"))
    hold.set()
    until(lambda: not jobs.get(ANN, job.id).active)
    run(lambda: shown.show(jobs, ANN, [job.id], place="t"))
    assert asked == [1.0, None]
