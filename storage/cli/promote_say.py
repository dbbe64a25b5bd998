"""What the commands on releases print, and the exit status that a release means."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from storage.cli import show as out
from storage.model.money import Estimate, money
from storage.model.promotion import STATES
from storage.model.releases import STATE_WORDS, Release, ReleaseState
from storage.units import human_bytes

# stopped, copied but not as it should be, and void are 1, as findings are
_EXITS: Mapping[ReleaseState, int] = {
    "live": 0,
    "undone": 0,
    "running": 4,
    "planned": 5,
    "approved": 5,
    "paused": 5,
}


def cost_json(cost: Estimate | None) -> dict[str, Any] | None:
    """`complete` is false where the price book lacks a price: then `total` lacks it, too."""
    return None if cost is None else {**cost.as_json(), "complete": not cost.missing}


def status(args: argparse.Namespace, release: Release) -> int:
    """Where a release stands and what went wrong; the exit status of that."""
    if args.json:
        out.document(release.as_json())
    else:
        out.line(
            f"{release.id}: {STATE_WORDS[release.state]}, {release.done:,} of {release.todo:,}"
            + (f", {release.failed:,} failed" if release.failed else "")
        )
        if release.why:
            out.note(release.why)
        for key, what in release.failures:
            out.note(f"{key}: {what}")
        for key, what in release.verified.findings if release.verified else ():
            out.note(f"{key}: {what}")
    return _EXITS.get(release.state, 1)


def tell(release: Release, cost: Estimate | None) -> None:
    """The plan with its gates."""
    header = release.header
    held = release.state == "planned" and release.blocked
    words = "held back" if held else STATE_WORDS[release.state]
    out.line(f"{release.id}  {release.kind} of {header.scope.text}: {words}")
    out.line(f"  hash      {release.hash}")
    out.line(f"  from      s3://{header.source_bucket} to s3://{header.target_bucket}")
    counts = ", ".join(f"{count:,} {name}" for name, count in release.counts.items() if count)
    out.line(f"  objects   {counts or 'none'}")
    out.line(f"  to write  {release.todo:,} objects, {human_bytes(release.bytes)}")
    if cost is not None:
        known = f"about {money(cost.total, cost.book.currency)}"
        out.line(f"  cost      {'not known for all of it' if cost.missing else known}")
    for gate in release.gates:
        mark = "off " if not gate.on else "ok  " if gate.ok else "SHUT"
        out.line(f"  {mark}      {gate.name}: {gate.reason}")
        for key in gate.examples if gate.on and not gate.ok else ():
            out.line(f"            {key}")
    for note in release.notes:
        out.note(note)


def tell_rows(rows: pa.Table) -> None:
    """Rows of a plan, a line each."""
    for row in rows.to_pylist():
        out.line(f"{STATES[row['state']]:<10} {row['size']:>10,}  {row['key']}")


def tell_plans(args: argparse.Namespace, told: dict[str, Any]) -> int:
    """Two plans compared; 1 where they differ."""
    if args.json:
        out.document(told)
    else:
        for name, count in told["counts"].items():
            out.line(f"{name:<12} {count:,}")
    return 0 if told["same"] else 1


def tell_places(args: argparse.Namespace, rows: pa.Table) -> int:
    """Two places compared; 1 where they differ."""
    codes = rows["state"].to_pylist()
    names = {"new": "only-one", "only-prod": "only-other"}
    counts: dict[str, int] = {}
    for code in codes:
        name = names.get(STATES[code], STATES[code])
        counts[name] = counts.get(name, 0) + 1
    unlike = [
        {"key": key, "state": names.get(STATES[code], STATES[code])}
        for key, code in zip(rows["key"].to_pylist(), codes, strict=True)
        if STATES[code] != "same"
    ]
    if args.json:
        out.document({"counts": counts, "differing": unlike[: args.limit]})
    else:
        for name, count in counts.items():
            out.line(f"{name:<12} {count:,}")
        for row in unlike[: args.limit]:
            out.line(f"  {row['state']:<10}  {row['key']}")
        if len(unlike) > args.limit:
            out.note(f"{len(unlike) - args.limit:,} more. See --limit.")
    return 1 if unlike else 0
