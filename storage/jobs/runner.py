"""Carries out one run, from its claim to its end."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from typing import TypeVar

from storage.errors import Cancelled, StorageError
from storage.jobs.claims import Claims
from storage.jobs.running import Run
from storage.jobs.work import Work
from storage.model.jobs import JobState

_log = logging.getLogger("soundstage.jobs")
T = TypeVar("T")


def carry_out(run: Run, work: Work, claims: Claims) -> StorageError | None:
    """Does the work and writes how it ended; returns what ended it, None when all went well.

    When not even that can be written, the job is left to whoever finds it silent.
    """

    def work_on() -> str:
        claims.begin(run)
        run.stop_if_asked()
        return json.dumps(dict(work.run(run)))

    try:
        result, error = _guarded(run, work_on)
    except BaseException:  # Ctrl-C in a command
        run.ask("closing")
        _end(run, work, claims, "{}", Cancelled("Interrupted."))
        raise
    _end(run, work, claims, result or "{}", error)
    return error


def tidy_up(run: Run, work: Work, claims: Claims) -> None:
    """Cleans up after a run that has ended, and gives up its claim; if it fails, for later."""
    run.tidying = True
    _, error = _guarded(run, lambda: work.tidy(run))
    if run.why != "lost":
        _guarded(run, lambda: claims.tidied(run, well=error is None))


def _end(run: Run, work: Work, claims: Claims, result: str, error: StorageError | None) -> None:
    if run.why == "lost":
        return
    state = _state(run, error)
    tidy = state in ("failed", "cancelled") or (state == "interrupted" and not work.resumable)
    told = error if state == "failed" else None
    written, _ = _guarded(run, lambda: claims.end(run, state, result, told, tidy=tidy))
    if written and tidy:
        tidy_up(run, work, claims)


def _state(run: Run, error: StorageError | None) -> JobState:
    if error is None:
        return "done"
    if run.why == "closing":
        return "interrupted"
    return "cancelled" if run.why or isinstance(error, Cancelled) else "failed"


def _guarded(run: Run, call: Callable[[], T]) -> tuple[T | None, StorageError | None]:
    """The call's result, or why there is none. No failure of a job ends the thread that runs it."""
    try:
        return call(), None
    except StorageError as error:
        return None, error
    # Works are other rooms' code: whatever is wrong in one, its job must end, be tidied up and
    # say so, and the jobs behind it must have their turn. Nowhere else is everything caught.
    except Exception:  # noqa: BLE001
        told = traceback.format_exc().splitlines()
        # keys and file names may be part of it, and terminals obey some characters
        safe = "\n".join(line.encode("unicode_escape").decode("ascii") for line in told)
        _log.error("Job %s (%s) met a fault of the console:\n%s", run.id, run.kind, safe)
        return None, StorageError(
            "The job stopped because of a fault in the console.",
            "Tell whoever runs the console: its log has the details. What was done stays done.",
        )
