"""What the commands that change objects share: where they work, and what they say."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage.cli import show
from storage.cli.session import actor_of, chosen_layout
from storage.errors import InvalidInput
from storage.layout.paths import parse_place
from storage.layout.profile import Layout
from storage.model.findings import Finding
from storage.model.jobs import Job
from storage.model.objects import ObjectHead, Place
from storage.model.people import Actor
from storage.units import human_bytes

if TYPE_CHECKING:
    from storage.services import Services


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    services: Services
    layout: Layout
    actor: Actor

    @classmethod
    def of(cls, services: Services, args: argparse.Namespace) -> Desk:
        """By --layout, and for whom commands act."""
        layout = chosen_layout(args, services.settings, services.layouts)
        return cls(services, layout, actor_of(services))

    def place(self, text: str) -> Place:
        """What a person means by `text`."""
        return parse_place(text, self.layout)

    def places(self, texts: Sequence[str]) -> tuple[str, list[str]]:
        """The bucket role and the keys of places that must all be in one bucket."""
        found = [self.place(text) for text in texts]
        roles = {place.role for place in found}
        if len(roles) > 1:
            raise InvalidInput(
                "These places are in different buckets.", "Take one bucket at a time."
            )
        return found[0].role, [place.key for place in found]


# -- what they say --------------------------------------------------------------------------------


def refusals(
    rows: Iterable[tuple[str, Sequence[Finding], ObjectHead | None]],
) -> list[dict[str, str]]:
    """For each name what refuses it: an error, or what is there and may not be replaced."""
    refused = []
    for name, findings, existing in rows:
        errors = [finding for finding in findings if finding.severity == "error"]
        refused += [
            {"name": name, "why": finding.text, "remedy": finding.remedy} for finding in errors
        ]
        if existing is not None and not errors:
            when = f"{existing.modified:%Y-%m-%d %H:%M} UTC"
            why = f"{existing.key} exists ({human_bytes(existing.size)}, {when})."
            refused.append({"name": name, "why": why, "remedy": "Give --replace to replace it."})
        for finding in findings:
            if finding.severity == "warning":
                show.note(f"Warning: {name}: {finding.text} {finding.remedy}")
    return refused


def refuse(args: argparse.Namespace, refused: Sequence[dict[str, str]]) -> int:
    """Says why nothing was done; the exit status."""
    if args.json:
        show.document({"done": 0, "refused": refused})
    for row in refused:
        show.note(f"{row['name']}: {row['why']} {row['remedy']}")
    show.note("Nothing was done.")
    return 1


def report(args: argparse.Namespace, job: Job, what: str) -> int:
    """Says what a job did; the exit status: 1 where something failed or was left."""
    result: dict[str, Any] = dict(job.result)
    if args.json:
        show.document({"job": job.id, "refused": [], **result})
    else:
        show.line(f"{what}: {result['done']:,} ({human_bytes(result['bytes'])})")
        for row in result["failures"]:
            show.note(f"{row['key']}: {row['what']} {row['remedy']}")
        for row in result["left_out"]:
            show.note(f"{row['key']} was left: {row['why']}")
    return 1 if result["failed"] or result["left"] else 0
