"""Workers on this machine, over pebble, which can kill the process of one task and start another.

They are forked from a small server process, not from the console: a fork of a process with threads
can stop for ever at a lock that one of them held.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from storage.workers.bare import leave_main_alone
from storage.workers.holding import OUT_OF_TIME, OVER, hold_to, run_within
from storage.workers.interface import Failure, Limits, Outcome

_log = logging.getLogger("soundstage.workers")
_PATIENCE = 2  # times the limit, and half a minute: whoever waits so long waits for a lost task
_GRACE_S = 30.0
_FAILURES: Mapping[int | None, Failure] = {OVER: "memory", OUT_OF_TIME: "time"}  # by exit status
T = TypeVar("T")


class LocalWorkers:
    """`count` processes, started when first needed. `modules` are loaded before memory is counted,
    and once for all. Thread-safe.
    """

    def __init__(self, count: int, limits: Limits, modules: Sequence[str] = ()) -> None:
        self._count = count
        self._limits = limits
        self._modules = tuple(modules)
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._out: WeakSet[ProcessFuture[Any]] = WeakSet()  # tasks of that pool

    @property
    def count(self) -> int:
        """See `Workers`."""
        return self._count

    def submit(self, function: Callable[..., T], *args: object) -> LocalTicket[T]:
        """See `Workers`."""
        with self._lock:
            pool = self._pool = self._pool or self._started()
            try:
                future = self._scheduled(pool, function, args)
            except (RuntimeError, BrokenProcessPool):  # a pool that met a fault of its own
                self._drop(pool)
                pool = self._pool = self._started()
                future = self._scheduled(pool, function, args)
            self._out.add(future)
        return LocalTicket(future, self._limits, lambda: self.give_up(pool))

    def _scheduled(
        self, pool: ProcessPool, function: Callable[..., T], args: tuple[object, ...]
    ) -> ProcessFuture[T]:
        limited = (self._limits.seconds, function, args)
        return pool.schedule(run_within, limited, timeout=self._limits.clock_s)

    def give_up(self, pool: ProcessPool) -> None:
        """Ends a pool that lost a task: what waits in it is not carried out any more."""
        with self._lock:
            if self._pool is pool:
                self._drop(pool)

    def close(self) -> None:
        """See `Workers`."""
        with self._lock:
            if self._pool is not None:
                self._drop(self._pool)

    def _started(self) -> ProcessPool:
        leave_main_alone()
        method = (
            "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        )
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload(list(self._modules))
        settings = (self._modules, self._limits.memory_bytes)
        return ProcessPool(self._count, initializer=_begin, initargs=settings, context=context)

    def _drop(self, pool: ProcessPool) -> None:
        self._pool = None
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        for future in self._out:
            future.cancel()  # type: ignore[no-untyped-call]  # or who waits for it waits on
        self._out.clear()


class LocalTicket(Generic[T]):
    """See `Ticket`."""

    def __init__(
        self, future: ProcessFuture[T], limits: Limits, give_up: Callable[[], None]
    ) -> None:
        self._future = future
        self._limits = limits
        self._give_up = give_up

    def result(self) -> Outcome[T]:
        """See `Ticket`."""
        try:
            return Outcome(self._future.result(_PATIENCE * self._limits.clock_s + _GRACE_S))
        except TimeoutError:
            if not self._future.done():  # its worker ended between taking it and saying so
                self._give_up()
            failure: Failure = "time"
        except CancelledError:
            failure = "cancelled"
        except MemoryError:
            failure = "memory"
        except (ProcessExpired, BrokenProcessPool) as error:
            failure = _FAILURES.get(getattr(error, "exitcode", None), "crash")
            _log.warning("A worker ended amid a task: %r", error)
        # A task is foreign bytes in other rooms' code; one that fails must not end those behind it.
        except Exception as error:  # noqa: BLE001
            failure = "fault"
            told = f"{type(error).__name__}: {error}".encode("unicode_escape").decode("ascii")
            _log.error("A task met a fault: %s", told)
        return Outcome(None, failure)

    def cancel(self) -> None:
        """See `Ticket`."""
        self._future.cancel()  # type: ignore[no-untyped-call]


def _begin(modules: Sequence[str], memory_bytes: int) -> None:
    """The first thing a worker does."""
    for name in modules:
        importlib.import_module(name)
    hold_to(memory_bytes)
