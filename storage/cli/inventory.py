"""`scan`: a bucket, or what lies below a prefix, as a Parquet file."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from storage.cli import show
from storage.cli.desk import Desk
from storage.cli.jobs import progress
from storage.cli.session import opened
from storage.errors import ConfigError, InvalidInput, NotFound
from storage.model.jobs import Job
from storage.services import Services
from storage.units import human_bytes


def scan(args: argparse.Namespace) -> int:
    """Lists the bucket and writes its rows to --out; it stays the console's newest inventory."""
    if not args.out.parent.is_dir():
        raise InvalidInput(f"There is no folder {str(args.out.parent)!r}.", "Make it first.")
    with opened(args) as services:
        desk = Desk.of(services, args)
        desk.layout.bucket(args.role)
        job = _resumed(services, desk, args) if args.resume else _begun(services, desk, args)
        found = services.inventories.get(desk.actor, desk.layout.name, args.role, job.id)
        _copy(found.rows_path, args.out)
    told = {name: job.result[name] for name in ("rows", "bytes", "requests", "seconds")}
    if args.json:
        show.document({**told, "out": str(args.out), "findings": job.result["findings"]})
    else:
        show.line(
            f"{told['rows']:,} rows ({human_bytes(told['bytes'])}) in {told['seconds']:.1f} s by "
            f"{told['requests']:,} requests: {args.out}"
        )
    for finding in job.result["findings"]:
        show.note(f"{finding['severity'].capitalize()}: {finding['text']} {finding['remedy']}")
    return 0


def _begun(services: Services, desk: Desk, args: argparse.Namespace) -> Job:
    return services.inventories.start(
        desk.actor,
        desk.layout.name,
        args.role,
        args.prefix,
        versions=args.versions,
        uploads=args.uploads,
        watch=progress("objects"),
    )


def _resumed(services: Services, desk: Desk, args: argparse.Namespace) -> Job:
    """The newest stopped scan of the same, to its end."""
    asked = services.inventories.unfinished(
        desk.actor,
        desk.layout.name,
        args.role,
        args.prefix,
        versions=args.versions,
        uploads=args.uploads,
    )
    if asked is None:
        raise NotFound("There is no stopped scan of this to go on with.", "Leave out --resume.")
    return services.jobs.resume_here(desk.actor, asked.id, progress("objects"))


def _copy(rows: Path, out: Path) -> None:
    rough = out.with_name(f"{out.name}.{os.getpid()}")
    try:
        shutil.copyfile(rows, rough)
        rough.replace(out)
    except OSError as error:
        raise ConfigError(
            f"{out} cannot be written: {error.strerror}.", "Give another place with --out."
        ) from error
