"""Jobs for tests: a clock that stands, work that counts, and a wait that ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storage.audit.log import open_audit
from storage.db.engine import Database
from storage.db.people import People
from storage.db.switches import SwitchRows
from storage.db.tokens import Tokens
from storage.gate import Gate
from storage.jobs.service import Jobs
from storage.jobs.work import Running
from storage.model.people import Actor, Role, Session
from storage.sessions import Sessions
from storage.settings import Secret
from storage.switches import Switches

PATIENCE_S = 20.0
START = datetime(2026, 11, 21, 7, 36, tzinfo=UTC)


class Clock:
    """Stands until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Counting:
    """Counts to `params["to"]`, keeping each number; `at` is called before each."""

    def __init__(self, kind: str = "count", *, resumable: bool = True) -> None:
        self.kind = kind
        self.resumable = resumable
        self.counted: list[tuple[str, int]] = []  # actor, number
        self.tidied: list[str] = []  # jobs
        self.at: Callable[[Running, int], None] = lambda _job, _number: None
        self.at_tidy: Callable[[Running], None] = lambda _job: None

    def run(self, job: Running) -> Mapping[str, Any]:
        for number in range(job.checkpoint.get("counted", 0) + 1, job.params["to"] + 1):
            self.at(job, number)
            job.stop_if_asked()
            self.counted.append((job.actor.id, number))
            job.progress(number, job.params["to"], f"at {number}")
            job.save({"counted": number})
        return {"counted": job.params["to"]}

    def tidy(self, job: Running) -> None:
        self.at_tidy(job)
        self.tidied.append(job.id)


def person(name: str, *roles: Role, issued_at: datetime = START) -> Actor:
    """Somebody signed in."""
    session = Session(issued_at, None, "login")
    return Actor(f"id/{name}", name, frozenset(roles), "session", session=session)


ANN = person("Ann", Role.EDITOR)
BEN = person("Ben", Role.EDITOR)
BOSS = person("Boss", Role.OPERATOR)


def jobs_in(
    database: Database,
    folder: Path,
    *works: Any,
    clock: Callable[[], datetime] | None = None,
    workers: int = 2,
    idle: Collection[str] = (),
) -> Jobs:
    """The jobs of a console on that database."""
    now = clock or (lambda: datetime.now(UTC))
    audit = open_audit(database, folder, Secret("k" * 64), now, [])
    sessions = Sessions(People(database), Tokens(database), now)
    switches = Switches(SwitchRows(database), now, always=False)
    gate = Gate({}, lambda *_: None, audit, sessions, switches)  # type: ignore[arg-type, return-value]
    return Jobs(database, works, gate, now, workers=workers, idle=idle)


def until(happened: Callable[[], Any]) -> Any:
    """Waits until it does, and returns what it returned; fails when it never does."""
    end = time.monotonic() + PATIENCE_S
    while not (found := happened()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return found
