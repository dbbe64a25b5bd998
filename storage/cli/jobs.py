"""`jobs list|show|cancel|resume`, and how other commands tell how far their job is."""

from __future__ import annotations

import argparse
import time

from storage.cli import show
from storage.cli.session import actor_of, opened
from storage.jobs.running import OnProgress
from storage.model.jobs import Job

_TELL_EVERY_S = 2.0


def list_jobs(args: argparse.Namespace) -> int:
    """The newest jobs: one's own, or everybody's."""
    with opened(args) as services:
        found = services.jobs.list(
            actor_of(services), everyone=args.all, limit=args.limit, before=args.before
        )
    older = found[-1].id if len(found) == args.limit else None
    if args.json:
        show.document({"jobs": [job.as_json() for job in found], "next": older})
        return 0
    for job in found:
        show.line(
            f"{job.id}  {job.created_at[:19]}Z  {job.state:<11} {_count(job):>20}  {job.title}"
        )
    if older:
        show.note(f"There may be older ones. Go on with --before {older}.")
    elif not found:
        show.note("Nothing is there.")
    return 0


def show_job(args: argparse.Namespace) -> int:
    """One job as it is now."""
    with opened(args) as services:
        _tell(services.jobs.get(actor_of(services), args.id), args)
    return 0


def cancel(args: argparse.Namespace) -> int:
    """Asks the job to stop, wherever it runs; one that runs nowhere is tidied up here."""
    with opened(args) as services:
        services.jobs.cancel(actor_of(services), args.id)
        services.jobs.take_over()
        _tell(services.jobs.get(actor_of(services), args.id), args)
    return 0


def resume(args: argparse.Namespace) -> int:
    """Goes on where the job stopped, in this command, and ends with it."""
    with opened(args) as services:
        before = services.jobs.get(actor_of(services), args.id)
        _tell(services.jobs.resume_here(actor_of(services), args.id, progress(before.unit)), args)
    return 0


def progress(unit: str) -> OnProgress:
    """Tells on stderr how far a job is, every two seconds."""
    told_at = time.monotonic()

    def tell(done: int, total: int, text: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _TELL_EVERY_S:
            told_at = time.monotonic()
            show.note(f"{done:,}{f' of {total:,}' if total else ''} {unit}  {text}".rstrip())

    return tell


def _tell(job: Job, args: argparse.Namespace) -> None:
    if args.json:
        show.document(job.as_json())
        return
    state = "cancelling" if job.cancelling else job.state
    show.line(f"{job.title}: {state}, {_count(job)}")
    for label, value in (
        ("id", job.id),
        ("by", f"{job.actor_name} ({job.actor_id})"),
        ("created", job.created_at),
        ("started", job.started_at),
        ("finished", job.finished_at),
        ("now", job.text if job.active else ""),
        ("error", job.error["what"] if job.error else ""),
        ("remedy", job.error["remedy"] if job.error else ""),
    ):
        if value:
            show.line(f"  {label:<9} {value}")
    if job.resumable:
        show.note(f"Go on with: python -m storage jobs resume {job.id}")


def _count(job: Job) -> str:
    of = f" of {job.total:,}" if job.total else ""
    return f"{job.done:,}{of} {job.unit}"
