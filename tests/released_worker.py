"""A console that a release is killed in, for a project without QA."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from storage import bootstrap
from storage.model.people import local_actor
from storage.promotion import doing

ME = local_actor()
BATCH = 24  # of steps here, so that a few objects make several
LIMIT_S = 120.0
_LAYOUT = """
name = "pod"
title = "Podcast"
region = "us-east-1"
[buckets.draft]
title = "Drafts"
bucket = "{draft}"
[buckets.prod]
title = "Prod (live)"
bucket = "{prod}"
live = true
[kinds.clip]
title = "Clip"
in = ["draft", "prod"]
key = "clips/{{id:UUID}}.mp3"
[promotion]
from = "draft"
to = "prod"
kind = "clip"
approval = "one"
heard = "off"
audio = "off"
[access.admin]
draft = ["object:list", "object:read", "inventory:scan"]
prod = [
    "object:list", "object:read", "inventory:scan",
    "promote:plan", "promote:approve", "promote:run", "promote:rollback",
]
"""


def configure(folder: Path, draft: str, prod: str) -> Path:
    """The config file of a console with that one project."""
    (folder / "pod.toml").write_text(_LAYOUT.format(draft=draft, prod=prod))
    path = folder / "soundstage.toml"
    path.write_text('layout_files = ["pod.toml"]\nprojects = ["pod"]\n')
    return path


def work(environ: Mapping[str, str], release: str, line: Connection) -> None:
    """Says when it is about to begin, begins when told, and ends when the job has ended."""
    doing.BATCH = BATCH
    services = bootstrap.build(environ)
    line.send("ready")
    line.recv()
    found = services.promotions.show(ME, "pod", release)
    if found.state == "approved":
        job = services.promotions.run(ME, "pod", release, typed=found.header.scope.text)
    else:
        services.jobs.take_over()
        job = services.promotions.resume(ME, "pod", release)
    while services.jobs.get(ME, job.id).active:
        time.sleep(0.005)
    os._exit(0)  # as abruptly as a kill: what counts is in the store and the database


_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["released_worker"])  # the imports of a console take a second


class Worker:
    """A process that runs one release."""

    def __init__(self, environ: Mapping[str, str], release: str) -> None:
        self._line, theirs = _processes.Pipe()
        self._process = _processes.Process(target=work, args=(environ, release, theirs))
        with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
            # page tests leave a page there, which a new process would run as its own beginning
            self._process.start()
        theirs.close()
        assert self._line.poll(LIMIT_S), "the worker did not come up"
        self._line.recv()

    def begin(self) -> None:
        """Lets it begin."""
        self._line.send("begin")

    def kill(self) -> None:
        """kill -9, if it still runs."""
        with suppress(ValueError):
            self._process.kill()

    def join(self) -> None:
        """Until it has ended, by itself or not."""
        self._process.join(LIMIT_S)
        assert self._process.exitcode is not None, "the worker hangs"
        self._line.close()
