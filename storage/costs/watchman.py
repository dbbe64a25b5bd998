"""Telling of budgets by itself: at the start, after each scan and once a day."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from storage.errors import StorageError
from storage.model.people import Actor

LOOK_EVERY_S = 30.0
_DAY_S = 86_400.0
_AGAIN_S = 3_600.0  # after a webhook that took nothing
_CLOSE_WAIT_S = 5.0
_log = logging.getLogger("soundstage.budgets")


class Watchman:
    """A thread that calls `tell` where there is something new. Two consoles that do tell once: the
    database keeps what was told. `newest` names the newest inventory of all.
    """

    def __init__(
        self, tell: Callable[[Actor], object], newest: Callable[[], str], *, look_every_s: float
    ) -> None:
        self._tell = tell
        self._newest = newest
        self._look_every_s = look_every_s
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen: str | None = None
        self._due = 0.0

    def start(self, actor: Actor) -> None:
        """Begins; `actor` is who it is done for."""
        watch = threading.Thread(target=self._watch, args=(actor,), name="budgets", daemon=True)
        self._thread = watch
        watch.start()

    def close(self) -> None:
        """Ends it, and waits a moment for what it is at."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_WAIT_S)

    def _watch(self, actor: Actor) -> None:
        while True:
            try:
                self._look(actor)
            except StorageError as error:
                _log.warning("Budgets were not told: %s %s", error.what, error.remedy)
            if self._closed.wait(self._look_every_s):
                return

    def _look(self, actor: Actor) -> None:
        newest, now = self._newest(), time.monotonic()
        if newest == self._seen and now < self._due:
            return
        self._seen, self._due = newest, now + _AGAIN_S  # in an hour, should it fail
        self._tell(actor)
        self._due = now + _DAY_S
