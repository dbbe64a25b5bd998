"""The console's services, made when they are asked for: one of each in a process.

`services()` is the process's lazy, locked singleton, called by ui, server and cli alike. A console
calls `start()` first: the store starts, and on its first start is filled, in the background, while
`status()` tells pages how far it is.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storage.configuration import Configuration, configure
from storage.demo.first_start import fill_once
from storage.errors import StorageError
from storage.model.people import Actor, Role
from storage.office import Office, office
from storage.services import Mode, Services
from storage.settings import environment
from storage.wiring import build

__all__ = [
    "Configuration",
    "Mode",
    "Office",
    "Services",
    "Status",
    "build",
    "close",
    "configure",
    "install",
    "office",
    "services",
    "start",
    "status",
]


@dataclass(frozen=True, slots=True)
class Status:
    """How far the console's start is. `error` says why it failed; `start()` tries again."""

    state: Literal["stopped", "starting", "filling", "ready", "failed"] = "stopped"
    done: int = 0
    total: int = 0
    text: str = ""
    error: StorageError | None = None


_CLOSE_WAIT_S = 1.0
_ITSELF = Actor("console", "The console", frozenset(Role))
_lock = threading.Lock()
_services: Services | None = None
_status = Status()
_status_lock = threading.Lock()


def services(config_path: Path | None = None) -> Services:
    """The process's services, built on the first call (a `.env` file beside it is read then)."""
    global _services  # noqa: PLW0603  the singleton this module exists for
    with _lock:
        if _services is None:
            _services = build(environment(), config_path)
        return _services


def install(ready: Services) -> None:
    """Makes `ready` the process's services: for tests, which bring their own store."""
    global _services  # noqa: PLW0603
    with _lock:
        _services = ready
    _set_status(Status("ready"))


def close() -> None:
    """Lets go of clients and of the embedded store; the next call builds anew."""
    global _services  # noqa: PLW0603
    # a start under way holds the lock; Ctrl-C does not wait for it, the lease ends with the process
    if not _lock.acquire(timeout=_CLOSE_WAIT_S):
        return
    try:
        if _services is not None:
            _services.close()
        _services = None
    finally:
        _lock.release()
    _set_status(Status())


def status() -> Status:
    """How far `start()` is."""
    with _status_lock:
        return _status


def start() -> None:
    """Builds the services and fills a new embedded store in the background; returns at once."""
    with _status_lock:
        if _status.state not in ("stopped", "failed"):
            return
        _put_status(Status("starting", text="Starting the store"))
    threading.Thread(target=_start, name="console-start", daemon=True).start()


def _start() -> None:
    # what is not a StorageError ends this thread and is in the log; pages must not wait for ever
    ended = Status(
        "failed", error=StorageError("The console could not start.", "Its log says why.")
    )
    try:
        ready = services()
        if ready.embedded is not None:
            data_dir = ready.settings.data_path
            fill_once(ready.embedded, data_dir, ready.layouts, ready.store_for, _filling)
        ready.jobs.recover()
        ready.budgets.watch(_ITSELF)
        ended = Status("ready")
    except StorageError as error:
        ended = Status("failed", error=error)
    finally:
        _set_status(ended)


def _filling(done: int, total: int, text: str) -> None:
    _set_status(Status("filling", done, total, text))


def _set_status(new: Status) -> None:
    with _status_lock:
        _put_status(new)


def _put_status(new: Status) -> None:
    global _status  # noqa: PLW0603
    _status = new
