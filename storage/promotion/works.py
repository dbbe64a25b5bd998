"""The kinds of long work that releases are, for the job system to know at start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage.gate import Gate
from storage.jobs.work import Work
from storage.promotion.rechecking import VerifyWork
from storage.promotion.shelf import ReleaseShelf
from storage.promotion.work import ReleaseWork


def works(gate: Gate, shelf: ReleaseShelf, clock: Callable[[], datetime]) -> tuple[Work, ...]:
    """Running a release, and verifying one again."""
    return ReleaseWork(gate, shelf, clock), VerifyWork(gate, shelf, clock)
