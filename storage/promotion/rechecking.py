"""The job that verifies a live release again. It changes nothing but what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from storage.gate import Gate
from storage.jobs.work import Running
from storage.promotion.ends import Ends, running_can, unlike, verify
from storage.promotion.shelf import ReleaseShelf

KIND = "verify-release"


class VerifyWork:
    """The job "verify-release"."""

    kind = KIND
    resumable = True

    def __init__(self, gate: Gate, shelf: ReleaseShelf, clock: Callable[[], datetime]) -> None:
        self._gate = gate
        self._shelf = shelf
        self._clock = clock

    def run(self, job: Running) -> Mapping[str, Any]:
        """From the beginning. Raises VerifyFailed where something is not as it should be."""
        release = self._shelf.get(job.params["layout"], job.params["release"])
        ends = Ends.entered(self._gate, job.actor, release, running_can(release))
        rows = self._shelf.plan_rows(release.id)
        found = verify(job, self._shelf, release, rows, ends, now=self._clock())
        if found.wrong:
            raise unlike(release, found)
        return {"release": release.id, "state": release.state, **found.as_json()}

    def tidy(self, job: Running) -> None:
        """It leaves nothing."""
