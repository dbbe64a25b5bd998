"""Workers: a task that hangs, crashes or eats memory ends alone, and is said to have done so."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from storage.workers.interface import Limits, Outcome
from storage.workers.local import LocalWorkers
from tests import hostile_tasks as tasks

LIMITS = Limits(seconds=1.0, memory_bytes=256 * 2**20)


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalWorkers]:
    made = LocalWorkers(2, LIMITS, ["numpy", "tests.hostile_tasks"])
    assert made.submit(tasks.double, 1).result() == Outcome(2)
    yield made
    made.close()


def _others_go_on(workers: LocalWorkers) -> None:
    tickets = [workers.submit(tasks.double, number) for number in range(20)]
    assert [ticket.result().value for ticket in tickets] == [2 * n for n in range(20)]


def test_what_a_task_returns_comes_back(workers: LocalWorkers) -> None:
    """In the order of the tickets; megabytes too."""
    _others_go_on(workers)
    assert workers.submit(tasks.length, bytes(20_000_000)).result() == Outcome(20_000_000)


@pytest.mark.parametrize(
    ("task", "args", "failure"),
    [
        (tasks.spin, (), "time"),
        (tasks.crash, (), "crash"),
        (tasks.be_killed, (), "crash"),
        (tasks.end, (3,), "crash"),
        (tasks.end, (0,), "time"),  # says it is well, and never answers
        (tasks.eat, (1_000,), "memory"),
        (tasks.eat_at_once, (300,), "memory"),
        (tasks.eat_at_once, (100_000,), "memory"),
        (tasks.fail, (), "fault"),
    ],
)
def test_a_task_that_fails_is_alone(
    workers: LocalWorkers, task: object, args: tuple[int, ...], failure: str
) -> None:
    """Those submitted before, with and after it are done; the answer comes in time."""
    before = [workers.submit(tasks.double, number) for number in range(5)]
    began = time.monotonic()
    outcome = workers.submit(task, *args).result()  # type: ignore[arg-type]
    assert outcome.value is None
    assert outcome.failure == failure
    assert time.monotonic() - began < 15
    assert [ticket.result().value for ticket in before] == [0, 2, 4, 6, 8]
    _others_go_on(workers)


@pytest.mark.long
def test_a_task_that_hears_no_signal_is_killed(workers: LocalWorkers) -> None:
    """Asleep in C: asked first, then not asked any more."""
    outcome: Outcome[None] = workers.submit(tasks.hear_nothing).result()
    assert outcome.failure == "time"
    _others_go_on(workers)


def test_memory_is_counted_past_python(workers: LocalWorkers) -> None:
    """What a C library asks for is refused as well; what is allowed is given, again and again."""
    assert workers.submit(tasks.eat_in_c, 300).result() == Outcome(False)
    for _ in range(4):
        assert workers.submit(tasks.eat, 200).result() == Outcome(200)


def test_last_words_are_safe_to_log(
    workers: LocalWorkers, caplog: pytest.LogCaptureFixture
) -> None:
    """A terminal obeys some characters."""
    workers.submit(tasks.fail).result()
    assert r"LookupError: no such \x1b[31mthing" in caplog.text


def test_a_cancelled_task_ends(workers: LocalWorkers, tmp_path: Path) -> None:
    """Running or waiting; what it was about to do is not done."""
    tickets = [workers.submit(tasks.mark, str(tmp_path), str(number)) for number in range(6)]
    for ticket in tickets:
        ticket.cancel()
    assert {ticket.result().failure for ticket in tickets} == {"cancelled"}
    time.sleep(1.0)
    assert list(tmp_path.iterdir()) == []
    _others_go_on(workers)


def test_closed_workers_are_gone_and_start_anew(workers: LocalWorkers) -> None:
    """Their processes end with `close`; who submits again gets new ones."""
    first = workers.submit(tasks.pid).result().value
    assert first
    waiting = workers.submit(tasks.spin)
    workers.close()
    assert waiting.result().failure in ("cancelled", "crash")
    assert not Path(f"/proc/{first}").exists()
    assert workers.submit(tasks.pid).result().value != first


def test_a_worker_does_not_run_the_main_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under Streamlit that is a page's script, which would run again in every worker."""
    script, mark = tmp_path / "page.py", tmp_path / "ran"
    script.write_text(f"open({str(mark)!r}, 'w').close()")
    main = ModuleType("__main__")
    main.__file__ = str(script)
    monkeypatch.setitem(sys.modules, "__main__", main)
    workers = LocalWorkers(1, LIMITS, ["tests.hostile_tasks"])
    try:
        assert workers.submit(tasks.double, 2).result() == Outcome(4)
    finally:
        workers.close()
    assert not mark.exists()
