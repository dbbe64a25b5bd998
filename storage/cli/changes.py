"""`put`, `cp` and `mv`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from storage.changes.uploading import head_and_size
from storage.cli import show
from storage.cli.desk import Desk, refusals, refuse, report
from storage.cli.jobs import progress
from storage.cli.session import opened
from storage.errors import Conflict, InvalidInput
from storage.model.changes import Incoming, UploadPlan
from storage.model.jobs import Job

_LOOK_EVERY_S = 1.0
_DEAD_AFTER_S = 20.0  # a killed run is known to be dead after 15 seconds without a sign


# -- put ------------------------------------------------------------------------------------------


def put(args: argparse.Namespace) -> int:
    """Stores all files, or none when one is refused or exists. An earlier run goes on."""
    with opened(args) as services:
        desk = Desk.of(services, args)
        plan = _planned(desk, args)
        sources: list[Path] = args.files
        job = _gone_on(desk, plan, sources)
        if job is None:
            refused = refusals(
                (item.name, item.findings, None if args.replace else item.existing)
                for item in plan.items
            )
            if refused:
                return refuse(args, refused)
            job = services.changes.upload(
                desk.actor,
                plan,
                sources,
                replace=frozenset(item.key for item in plan.conflicts),
                note=args.note,
                watch=progress("bytes"),
            )
    return report(args, job, "stored")


def _planned(desk: Desk, args: argparse.Namespace) -> UploadPlan:
    place = desk.place(args.place)
    name = place.key.rpartition("/")[2]
    prefix = place.key.removesuffix(name)  # "/" too, which no name may begin with: then it is said
    if name and len(args.files) > 1:
        raise InvalidInput(
            f"{len(args.files):,} files cannot all become {name!r}.",
            "Give a folder, with / at its end.",
        )
    files = []
    for path in args.files:
        head, size = head_and_size(path)
        files.append(Incoming(name or path.name, size, head, args.type))
    return desk.services.changes.plan_upload(desk.actor, place.layout, place.role, prefix, files)


def _gone_on(desk: Desk, plan: UploadPlan, sources: Sequence[Path]) -> Job | None:
    """What became of an earlier run of the same command, gone on with; None where there is none."""
    give_up_at = time.monotonic() + _DEAD_AFTER_S
    while (job := desk.services.changes.unfinished(desk.actor, plan, sources)) is not None:
        if job.resumable:
            show.note(f"Going on with what was begun at {job.created_at[:19]}Z.")
            return desk.services.jobs.resume_here(desk.actor, job.id, progress("bytes"))
        if time.monotonic() > give_up_at:
            raise Conflict(
                "These files are being stored just now, by another command.",
                f"See `jobs show {job.id}`.",
            )
        time.sleep(_LOOK_EVERY_S)
    return None


# -- cp and mv ------------------------------------------------------------------------------------


def copy(args: argparse.Namespace) -> int:
    """Copies within the project, also from bucket to bucket."""
    return _transfer(args, move=False)


def move(args: argparse.Namespace) -> int:
    """Copies, compares, and then deletes what was copied."""
    return _transfer(args, move=True)


def _transfer(args: argparse.Namespace, *, move: bool) -> int:
    with opened(args) as services:
        desk = Desk.of(services, args)
        role, keys = desk.places(args.places)
        to = desk.place(args.target)
        plan = services.changes.plan_transfer(
            desk.actor,
            desk.layout.name,
            role,
            keys,
            target_layout=to.layout,
            target_role=to.role,
            target=to.key,
            move=move,
        )
        refused = refusals(
            (step.key, step.findings, None if args.replace else step.existing)
            for step in plan.steps
        )
        if refused:
            return refuse(args, refused)
        job = services.changes.transfer(
            desk.actor,
            plan,
            replace=frozenset(step.target_key for step in plan.conflicts),
            note=args.note,
            watch=progress("objects"),
        )
    return report(args, job, "moved" if move else "copied")
