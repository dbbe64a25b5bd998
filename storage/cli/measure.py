"""`measure`: having clips measured, by their content, as a job in this command."""

from __future__ import annotations

import argparse
from typing import Any

from storage.cli import show
from storage.cli.desk import Desk
from storage.cli.jobs import progress
from storage.cli.session import opened
from storage.model.measuring import MeasureScope


def measure(args: argparse.Namespace) -> int:
    """Measures; exit 1 where a clip could not be read or is no sound."""
    scope = MeasureScope("prefix", prefix=args.prefix)
    if args.course:
        scope = MeasureScope("course", course=args.course)
    with opened(args) as services:
        desk = Desk.of(services, args)
        job = services.measurements.start(
            desk.actor, desk.layout.name, args.role, scope, watch=progress("clips")
        )
    result: dict[str, Any] = dict(job.result)
    if args.json:
        show.document({"job": job.id, **result})
    else:
        _tell(result)
    return int(any(result[name] for name in ("refused", "failed", "unread")))


def _tell(result: dict[str, Any]) -> None:
    for name, told in (
        ("total", "clips are there"),
        ("known", "were known already"),
        ("measured", "measured now"),
        ("refused", "are no sound, or too broken to hear"),
        ("failed", "could not be measured"),
        ("gone", "went or changed meanwhile"),
        ("unread", "could not be read"),
    ):
        if result[name] or name == "total":
            show.line(f"{result[name]:>8,} {told}")
    for row in result["failures"]:
        show.note(f"{row['key']}: {row['what']} {row['remedy']}")
