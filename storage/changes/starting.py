"""Beginning a change that is long work: in the background, or here and now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.gate import Passage
from storage.jobs.running import OnProgress
from storage.jobs.service import Jobs
from storage.model.jobs import Job


def start(
    jobs: Jobs,
    where: Passage,
    kind: str,
    title: str,
    params: Mapping[str, Any],
    *,
    total: int,
    unit: str = "objects",
    attachment: Any = None,
    watch: OnProgress | None = None,
) -> Job:
    """The job, begun for the person who passed; with `watch` it is over when this returns.

    Raises Unavailable when the database cannot take it, and with `watch` what ended the job.
    """
    facts: dict[str, Any] = {
        "title": title,
        "layout": where.layout.name,
        "role": where.bucket.role,
        "total": total,
        "unit": unit,
        "attachment": attachment,
    }
    if watch is None:
        return jobs.start(where.actor, kind, params, **facts)
    return jobs.run_here(where.actor, kind, params, **facts, on_progress=watch)
