"""Releases in words. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from storage.model.money import Estimate, money
from storage.model.releases import Person, Release
from ui import times
from ui.text import plain_markdown

_GATES: Mapping[str, str] = {
    "manifest": "Manifest",
    "rules": "Rules of the project",
    "references": "Everything referred to is there",
    "content": "Content is known",
    "heard": "Heard by QA",
    "audio": "Audio without errors",
    "limits": "Count and size",
    "types": "Content types",
    "something": "Something to undo",
    "as-left": "As the release left it",
    "kept": "What was there before is kept",
    "later-releases": "No later release",
}
_RELEASE = re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b")


def gate_title(name: str) -> str:
    """A gate by its name, in words."""
    return _GATES.get(name, name)


def releases_in(text: str) -> list[str]:
    """The ids of releases that a reason names."""
    return list(dict.fromkeys(_RELEASE.findall(text)))


def person(who: Person) -> str:
    """`Ann, 2026-11-27 12:00`, as markdown; with the note where there is one."""
    note = f" (“{who.note}”)" if who.note else ""
    return plain_markdown(f"{who.name}, {when(who.at)}{note}")


def when(at: str) -> str:
    """A moment of a release in the zone of who looks."""
    return times.local(datetime.fromisoformat(at))


def people(release: Release) -> str:
    """Who planned, approved and ran it, as markdown."""
    parts = [f"Planned by {person(release.planned)}"]
    approval = release.approval
    if approval:
        how = "Self-approved" if approval.alone and not approval.override else "Approved"
        parts.append(f"{how} by {person(approval.by)}")
        if approval.countersigned:
            parts.append(f"Countersigned by {person(approval.countersigned)}")
    if release.run:
        parts.append(f"Run by {person(release.run)}")
    return " · ".join(parts)


def costs(cost: Estimate) -> str:
    """What running a release costs, plain text."""
    if cost.missing:
        return "The price book has no price for some of it: see Costs, Prices."
    total = money(cost.total, cost.book.currency)
    return f"About {total}: copies and checks, once, by {cost.book.name} of {cost.book.date}."


def trouble(error: str) -> str:
    """What a step failed by, as the journal has it."""
    told = json.loads(error)
    return f"{told['what']} {told['remedy']}".strip()
