"""The services as HTTP sees them: started in the background, so that the port answers at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from storage.errors import StorageError, Unavailable

if TYPE_CHECKING:
    from storage.bootstrap import Services

ANY_LOCAL_PORT = "http://127.0.0.1:*"
"""Where the embedded store will be; its port is not known before it has started."""


class State(StrEnum):
    """How far the services are."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


class Startup:
    """Calls `start` once in a thread of its own; a failed start is tried again when asked for.

    `close` ends what `start` made. Nothing here waits for the services unless it says so.
    """

    def __init__(self, start: Callable[[], Services], close: Callable[[], None]) -> None:
        self._start = start
        self._close = close
        self._lock = threading.Lock()
        self._attempt_over = threading.Event()
        self._running = False
        self._services: Services | None = None
        self._failure: StorageError | None = None

    def begin(self) -> None:
        """Start in the background, unless that is under way or done."""
        with self._lock:
            if self._running or self._services is not None:
                return
            self._running = True
            self._attempt_over.clear()
        # a daemon: Ctrl-C must not wait for a store that does not come up
        threading.Thread(target=self._attempt, name="console-startup", daemon=True).start()

    def _attempt(self) -> None:
        services: Services | None = None
        failure: StorageError | None = None
        try:
            services = self._start()
        except StorageError as error:
            failure = error
            sys.stderr.write(f"The console could not start: {error.what} {error.remedy}\n")
        finally:
            with self._lock:
                self._services, self._failure = services, failure
                self._running = False
            self._attempt_over.set()

    def end(self) -> None:
        """Close the services. Blocks until they are closed."""
        self._close()

    @property
    def state(self) -> State:
        """Starting, ready or failed, right now."""
        with self._lock:
            if self._services is not None:
                return State.READY
            return State.STARTING if self._running else State.FAILED

    @property
    def mode(self) -> str:
        """Which store the console runs on, "" while that is not known."""
        return self._services.mode if self._services is not None else ""

    def services(self) -> Services:
        """The services. Raises Unavailable while they start, or why they could not."""
        with self._lock:
            services, failure, running = self._services, self._failure, self._running
        if services is not None:
            return services
        if not running:
            self.begin()
        raise failure or Unavailable(
            "The console is still starting.", "Wait a few seconds, then try again."
        )

    def origins(self, wait_s: float) -> tuple[str, ...]:
        """The S3 origins a page plays from, after waiting at most `wait_s` for the services.

        While they are unknown: any port of this machine, where the embedded store will be. A page
        is loaded once and keeps its policy, so it must not miss the store that comes up later.
        """
        self.begin()
        self._attempt_over.wait(wait_s)
        services = self._services
        if services is None:
            return (ANY_LOCAL_PORT,)
        try:
            return services.origins()
        except StorageError:
            # the page itself asks the store too and shows what is wrong
            return (ANY_LOCAL_PORT,)
