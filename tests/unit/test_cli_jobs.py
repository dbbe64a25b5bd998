"""`jobs list|show|cancel|resume`: long work from a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from job_rig import Counting, jobs_in

from storage import bootstrap
from storage.cli import jobs as cli_jobs
from storage.cli.main import main
from storage.cli.session import local
from storage.db.engine import Database
from storage.errors import Unavailable
from storage.jobs.service import Jobs
from storage.jobs.work import Running

HOSTILE = "\x1b]0;x\x07\u202etitle"


@pytest.fixture
def count() -> Counting:
    return Counting()


@pytest.fixture
def opened(
    console_database: Database, tmp_path: Path, count: Counting, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Jobs]:
    """`opened()`: makes the next command work with jobs that count."""
    monkeypatch.chdir(tmp_path)

    def install() -> Jobs:
        services = bootstrap.build(
            {"S3_ENDPOINT_URL": "http://127.0.0.1:1", "STORAGE_DATA": str(tmp_path)}
        )
        jobs = jobs_in(console_database, tmp_path, count)
        bootstrap.install(replace(services, jobs=jobs))
        return jobs

    return install


@pytest.fixture
def failed(opened: Callable[[], Jobs], count: Counting) -> str:
    """The id of a job that failed at its second number, and would go on now."""

    def fail(_job: Running, number: int) -> None:
        if number == 2:
            raise Unavailable("The store \x1b is gone.", "Wait.")

    count.at = fail
    jobs = opened()
    with pytest.raises(Unavailable):
        jobs.run_here(local(), "count", {"to": 3}, title=HOSTILE, total=3)
    bootstrap.close()
    count.at = lambda _job, _number: None
    return jobs.list(local())[0].id


def test_jobs_are_listed_and_shown(
    failed: str, opened: Callable[[], Jobs], capsys: pytest.CaptureFixture[str]
) -> None:
    """In words and as JSON; nothing in a title or an error moves the terminal."""
    for argv in (["jobs", "list"], ["jobs", "list", "--all"], ["jobs", "show", failed]):
        opened()
        assert main(argv) == 0
        shown = capsys.readouterr().out
        assert failed in shown
        assert "failed" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    opened()
    assert main(["jobs", "list", "--limit", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["next"], [job["state"] for job in document["jobs"]]) == (failed, ["failed"])
    opened()
    assert main(["jobs", "list", "--before", failed, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"jobs": [], "next": None}


def test_a_job_goes_on_in_the_command(
    failed: str,
    opened: Callable[[], Jobs],
    count: Counting,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From where it stopped, with progress on stderr; status 0 when it is done, 1 when it was."""
    monkeypatch.setattr(cli_jobs, "_TELL_EVERY_S", 0.0)
    opened()
    assert main(["jobs", "resume", failed, "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["state"] == "done"
    assert told.err.splitlines() == ["2 of 3 objects  at 2", "3 of 3 objects  at 3"]
    assert [number for _, number in count.counted] == [1, 2, 3]
    opened()
    assert main(["jobs", "resume", failed]) == 1
    assert "nothing to resume" in capsys.readouterr().err


def test_an_interrupted_job_is_cancelled_and_tidied_up(
    opened: Callable[[], Jobs], count: Counting, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the command itself, for no console may be running."""

    def interrupt(_job: Running, _number: int) -> None:
        raise KeyboardInterrupt

    count.at = interrupt
    jobs = opened()
    with pytest.raises(KeyboardInterrupt):
        jobs.run_here(local(), "count", {"to": 3}, title="Counts")
    job = jobs.list(local())[0]
    bootstrap.close()
    opened()
    assert main(["jobs", "cancel", job.id, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (document["state"], document["cancelling"]) == ("cancelled", False)
    assert count.tidied == [job.id]


def test_an_unknown_job_is_status_3(
    opened: Callable[[], Jobs], capsys: pytest.CaptureFixture[str]
) -> None:
    """Told in words."""
    opened()
    assert main(["jobs", "show", "none"]) == 3
    assert "There is no such job." in capsys.readouterr().err
