"""A console that long work is killed in, and one that comes back after it."""

from __future__ import annotations

import functools
import io
import multiprocessing
import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Timer
from types import ModuleType
from unittest.mock import patch

from fault_proxy import Fault, FaultProxy, Request

from storage import bootstrap
from storage.bootstrap import Services
from storage.changes import prefixes
from storage.model.changes import Incoming
from storage.model.jobs import Job
from storage.model.people import local_actor

ME = local_actor()
PAGE_KEYS = 15  # of the prefix's deletion here, so that it takes several pages
LIMIT_S = 60.0


# -- what is killed -----------------------------------------------------------------------------


def work(environ: Mapping[str, str], kind: str, folder: Path, line: Connection) -> None:
    """Says when it is about to begin, begins when told, and ends when the job has ended."""
    prefixes.list_pages = functools.partial(prefixes.list_pages, limit=PAGE_KEYS)  # type: ignore[assignment]
    services = bootstrap.build(environ)
    begin = BEGINNERS[kind](services, folder)
    line.send("ready")
    line.recv()
    job = begin()
    while services.jobs.get(ME, job.id).active:
        time.sleep(0.005)
    os._exit(0)  # as abruptly as a kill: what counts is in the store and the database


def _upload(services: Services, folder: Path, *, from_disk: bool) -> Callable[[], Job]:
    paths = sorted(folder.iterdir())
    files = [Incoming(one.name, one.stat().st_size, one.read_bytes()[:65_536]) for one in paths]
    plan = services.changes.plan_upload(ME, "ssi", "stage", "mastered/", files)
    assert not any(item.blocked for item in plan.items), plan
    sources = paths if from_disk else [io.BytesIO(one.read_bytes()) for one in paths]
    return lambda: services.changes.upload(ME, plan, sources)


def _move(services: Services, folder: Path) -> Callable[[], Job]:
    keys = [f"drafts/{one.name}" for one in sorted(folder.iterdir())]
    plan = services.changes.plan_transfer(
        ME, "ssi", "stage", keys,
        target_layout="ssi", target_role="canonical", target="drafts/", move=True,
    )  # fmt: skip
    assert not any(step.blocked for step in plan.steps), plan
    return lambda: services.changes.transfer(ME, plan)


def _delete(services: Services, _folder: Path) -> Callable[[], Job]:
    plan = services.changes.plan_prefix(ME, "ssi", "stage", "mastered/")
    return lambda: services.changes.delete_prefix(ME, plan)


BEGINNERS: Mapping[str, Callable[[Services, Path], Callable[[], Job]]] = {
    "upload": functools.partial(_upload, from_disk=False),
    "upload-files": functools.partial(_upload, from_disk=True),
    "move": _move,
    "delete-prefix": _delete,
}

# -- who kills it -------------------------------------------------------------------------------

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["killed_worker"])  # the imports of a console take a second


class Worker:
    """A process that does one job through `proxy` and is killed where the test says."""

    def __init__(
        self, environ: Mapping[str, str], kind: str, folder: Path, proxy: FaultProxy
    ) -> None:
        self._proxy = proxy
        self._line, theirs = _processes.Pipe()
        there = {**environ, "S3_ENDPOINT_URL": proxy.url}
        self._process = _processes.Process(target=work, args=(there, kind, folder, theirs))
        with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
            # page tests leave a page there, which a new process would run as its own beginning
            self._process.start()
        theirs.close()

    def run(self, point: int | None, chance: random.Random) -> int:
        """Lets it begin, and kills it at its request number `point`: before the store has it,
        while the store does it, or a moment later. Returns how many requests there were.
        """
        assert self._line.poll(LIMIT_S), "the worker did not come up"
        self._line.recv()
        self._proxy.seen.clear()
        how = chance.choice(("before", "during", "after"))
        later_s = chance.random() * 0.03

        def plan(request: Request) -> Fault:
            if request.number != point:
                return Fault.NONE
            if how == "after":
                Timer(later_s, self.kill).start()
                return Fault.NONE
            self.kill()
            return Fault.RESET_BEFORE if how == "before" else Fault.NONE

        self._proxy.plan = plan
        self._line.send("begin")
        self._process.join(LIMIT_S)
        assert self._process.exitcode is not None, "the worker hangs"
        self._line.close()
        return len(self._proxy.seen)

    def kill(self) -> None:
        """kill -9, if it still runs."""
        with suppress(ValueError):
            self._process.kill()


def let_15_seconds_pass(data: Path) -> None:
    """So long a job must be silent before others may have it: its last sign becomes that old."""
    with closing(sqlite3.connect(data / "console.db")) as database, database:
        database.execute(
            "UPDATE jobs SET beat_at = '2020-01-01T00:00:00.000000Z' WHERE beat_at != ''"
        )


def finish(services: Services) -> Job | None:
    """What a console does at its start and a person then: takes over, resumes, waits."""
    services.jobs.take_over()
    job = next(iter(services.jobs.list(ME)), None)
    if job is None or job.state == "done" or not job.resumable:
        return job
    assert job.state == "interrupted", job
    services.jobs.resume(ME, job.id)
    until = time.monotonic() + LIMIT_S
    while (job := services.jobs.get(ME, job.id)).active:
        assert time.monotonic() < until, job
        time.sleep(0.01)
    return job
