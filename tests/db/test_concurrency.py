"""Many consoles on one log, and consoles that are killed while they write."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tampering import Log, event

from storage.audit.log import Audit, open_audit
from storage.db.engine import Database
from storage.model.audit import AuditFilter
from storage.settings import Secret

HERE = Path(__file__).parent
Start = Callable[[str, int], "subprocess.Popen[str]"]


@pytest.fixture
def start(address: str | Path, tmp_path: Path) -> Iterator[Start]:
    """`start(name, count)`: a process that is about to append; a line on its stdin lets it."""
    running: list[subprocess.Popen[str]] = []

    def begin(name: str, count: int) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "appender.py"), str(address), str(tmp_path / "data"), name, str(count)],
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.fixture
def audit(database: Database, tmp_path: Path) -> Audit:
    """The same log, seen by this process."""
    return open_audit(database, tmp_path / "data", Secret(""), lambda: datetime.now(UTC), [])


@pytest.mark.long
def test_eight_consoles_make_one_chain(start: Start, audit: Audit) -> None:
    """400 rows of 8 processes at once: numbered 1 to 400 without a gap, none lost, unbroken."""
    processes = [start(f"console-{number}", 50) for number in range(8)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        go(process)
    for process in processes:
        process.communicate(timeout=100)
        assert process.returncode == 0
    verdict = audit.verify()
    assert (verdict.rows, verdict.findings) == (400, ())
    rows = list(audit.stream(AuditFilter()))
    assert [row.seq for row in rows] == list(range(1, 401))
    assert set(Counter(row.event.actor_id for row in rows).values()) == {50}
    for name in {row.event.actor_id for row in rows}:
        said = [int(row.event.key) for row in rows if row.event.actor_id == name]
        assert said == list(range(50))


def test_threads_of_one_console_make_one_chain(log: Log) -> None:
    """As sessions of one console are."""
    threads = [
        threading.Thread(target=lambda: [log.audit.append(event(n)) for n in range(10)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (log.verify().rows, log.verify().findings) == (80, ())


def test_a_clip_played_in_many_threads_at_once_is_one_row(log: Log, clock: object) -> None:
    """A page and its player ask at the same moment; the log is asked again under its lock."""

    added: list[bool] = []
    threads = [
        threading.Thread(
            target=lambda: added.append(log.audit.append_once(event(1), timedelta(hours=1)))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(added) == [False] * 7 + [True]
    assert log.verify().rows == 1


def test_a_console_killed_while_it_appends_breaks_nothing(start: Start, audit: Audit) -> None:
    """kill -9 at random moments: every row it had been told of is there, and the chain goes on."""
    chance = random.Random(20261121)
    told = 0
    for turn in range(4):
        process = start(f"victim-{turn}", 100_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        go(process)
        lines = chance.randrange(1, 40)
        for _ in range(lines):
            process.stdout.readline()
        process.kill()
        told += lines + len(process.stdout.read().splitlines())  # what is read ahead too
        verdict = audit.verify()
        assert not verdict.findings
        # a row may have been kept whose console did not live to be told
        assert told <= verdict.rows <= told + turn + 1
    audit.append(event(1))
    assert not audit.verify().findings
