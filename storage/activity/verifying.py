"""Checking the whole log as a job: a long log takes minutes, and a page must not wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.activity.service import VERIFY, Activity
from storage.jobs.work import Running


class Verifying:
    """The work; its result is `Verdict.as_json()`."""

    kind = VERIFY
    resumable = False  # the chain is checked from its first row on, whatever was read before

    def __init__(self, activity: Activity) -> None:
        self._activity = activity

    def run(self, job: Running) -> Mapping[str, Any]:
        """Reads every row."""

        def tell(done: int, total: int) -> None:
            job.stop_if_asked()
            job.progress(done, total)

        return self._activity.verify(job.actor, tell).as_json()

    def tidy(self, job: Running) -> None:
        """Nothing: it only reads."""
