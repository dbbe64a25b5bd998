"""The plan that undoes a release, from its journal. Pure.

Everything it wrote goes back to what was there before: an earlier version, or its backup, or
nothing. What somebody wrote since is left, and holds the rollback back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from storage.model.promotion import CODE, PLAN_SCHEMA, Gate, Header, Plan, Scope, State
from storage.model.releases import Release, Step
from storage.promotion.comparing import in_order
from storage.promotion.planning import frozen

_EXAMPLES = 5
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def plan_rollback(
    release: Release,
    plan_rows: pa.Table,
    steps: Sequence[Step],
    *,
    prod: Mapping[str, tuple[str, int]],
    earlier: Mapping[tuple[str, str], tuple[str, int]],
    later: Mapping[str, Sequence[str]],
) -> Plan:
    """The plan. `prod` is what lies there now (key to ETag and size), `earlier` what the versions
    and backups hold that it needs (key and version to ETag and size); `later` the releases that
    wrote some of the keys afterwards, with these keys.
    """
    meant = {
        row["seq"]: row
        for row in ({"seq": at, **row} for at, row in enumerate(plan_rows.to_pylist()))
    }
    rows = [
        row
        for step in steps
        if (row := _row(step, meant[step.seq], prod.get(step.key), earlier)) is not None
    ]
    columns = {field.name: [row[field.name] for row in rows] for field in PLAN_SCHEMA}
    table = in_order(pa.table(columns, schema=PLAN_SCHEMA))
    header = release.header
    bucket, role = header.target_bucket, header.target_role
    back = Header(
        "rollback",
        header.layout,
        role,
        bucket,
        role,
        bucket,
        Scope(header.scope.kind, header.scope.names),
        of=release.id,
    )
    return frozen(back, table, _gates(table, later))


def _row(
    step: Step,
    meant: Mapping[str, Any],
    now: tuple[str, int] | None,
    earlier: Mapping[tuple[str, str], tuple[str, int]],
) -> dict[str, Any] | None:
    """How a step is undone; None where nothing of it is there."""
    etag = now[0] if now else ""
    wrote = step.phase == "done" or (step.phase == "begun" and etag != step.before_etag)
    if not wrote:
        return None
    # of a step whose end nobody saw, what it meant to write is what it wrote
    left = step.after_etag if step.phase == "done" else meant["etag"]
    place = (step.backup or step.key, step.before_version)
    size = 0
    before = ""
    state: State = "removed"
    if etag != left:
        state = "left"
    elif step.before_etag:
        before, size = earlier.get(place, ("", 0))
        state = "restored" if before == step.before_etag else "missing"
    elif not etag:
        return None  # it took away what was there, and nothing was
    return {
        "key": step.key,
        "state": CODE[state],
        "size": size,
        "etag": before,
        "checksum": "",
        "storage_class": meant["storage_class"],
        "modified": _NEVER,
        "source_key": place[0],
        "source_version": step.before_version,
        "prod_etag": etag,
        "prod_size": now[1] if now else 0,
        "newer_in_prod": False,
        "facts": "",
    }


def _gates(rows: pa.Table, later: Mapping[str, Sequence[str]]) -> tuple[Gate, ...]:
    found = {
        name: [
            key
            for key, state in zip(rows["key"].to_pylist(), rows["state"].to_pylist(), strict=True)
            if state == CODE[name]
        ]
        for name in ("left", "missing")
    }
    return (
        _gate("something", [] if rows.num_rows else [""], "nothing is left to be undone",
              "There is something to undo."),
        _gate("as-left", found["left"], "were written since by somebody else",
              "Everything is as the release left it."),
        _gate("kept", found["missing"], "are no longer kept as they were before",
              "What was there before is kept."),
        _gate("later-releases", sorted({key for keys in later.values() for key in keys}),
              f"were written by later releases: undo {', '.join(sorted(later))} first",
              "No later release wrote the same objects."),
    )  # fmt: skip


def _gate(name: str, keys: Sequence[str], wrong: str, fine: str) -> Gate:
    if name == "something":
        return Gate(name, not keys, f"{wrong.capitalize()}." if keys else fine)
    text = f"{len(keys):,} objects {wrong}." if keys else fine
    return Gate(name, not keys, text, len(keys), tuple(keys[:_EXAMPLES]))
