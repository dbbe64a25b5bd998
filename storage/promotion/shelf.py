"""Releases as the database keeps them, and back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from storage.db.engine import Database
from storage.db.releases import Releases, Row
from storage.errors import NotFound
from storage.model.promotion import PLAN_SCHEMA, STATES, Gate, Header, Plan
from storage.model.releases import Approval, Person, Published, Release, Verified

FAILURES_NAMED = 100


def as_text(when: datetime) -> str:
    """A time as releases bear it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class ReleaseShelf:
    """Releases by id, with their plans."""

    def __init__(self, rows: Releases) -> None:
        self.rows = rows

    @classmethod
    def of(cls, database: Database) -> ReleaseShelf:
        """The releases in that database."""
        return cls(Releases(database))

    def add(self, plan: Plan, planned: Person) -> Release:
        """A new release of the plan."""
        moment = datetime.fromisoformat(planned.at)
        release_id = f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        self.rows.add(
            {
                "id": release_id,
                "layout": plan.header.layout,
                "kind": plan.header.kind,
                "of": plan.header.of,
                "state": "planned",
                "wanted": "",
                "hash": plan.hash,
                "job": "",
                "plan": json.dumps({**plan.as_json(), "todo": plan.todo}),
                "planned": json.dumps(planned.as_json()),
                **dict.fromkeys(("approval", "run", "verified"), "null"),
                "published": "[]",
                **dict.fromkeys(("why", "finished_at"), ""),
            },
            _packed(plan.rows),
        )
        return self.get(plan.header.layout, release_id)

    def get(self, layout: str, release_id: str) -> Release:
        """Raises NotFound where the project has no such release."""
        row = self.rows.get(release_id)
        if row is None or row["layout"] != layout:
            raise NotFound("There is no such release.", "See `promote history`.")
        return self.made(row)

    def made(self, row: Row) -> Release:
        """A row with what the journal counts."""
        counts = self.rows.counts([row["id"]])
        release = _release(row, counts)
        if release.done == release.todo or release.state in ("planned", "approved"):
            return release
        steps = self.rows.failures(row["id"], FAILURES_NAMED)
        named = tuple((step.key, json.loads(step.error)["what"]) for step in steps)
        return replace(release, failures=named)

    def newest(self, layout: str, *, before: str, limit: int) -> tuple[Release, ...]:
        """Newest first."""
        found = self.rows.newest(layout, before=before, limit=limit)
        counts = self.rows.counts([row["id"] for row in found])
        return tuple(_release(row, counts) for row in found)

    def plan_rows(self, release_id: str) -> pa.Table:
        """The rows of its plan (PLAN_SCHEMA)."""
        with pa.ipc.open_stream(pa.BufferReader(self.rows.rows(release_id))) as reader:
            return reader.read_all().combine_chunks()

    def plan(self, release: Release) -> Plan:
        """Its plan as it was frozen."""
        counts = {name: release.counts[name] for name in STATES if release.counts.get(name)}
        return Plan(
            release.header,
            self.plan_rows(release.id),
            release.gates,
            counts,
            release.newer_in_prod,
            release.bytes,
            release.requests,
            release.hash,
            release.notes,
        )

    def change(
        self, release: Release, values: Mapping[str, Any], **expected: str | Collection[str]
    ) -> Release | None:
        """As it is afterwards; None where it was not as expected. Objects are kept as JSON."""
        texts = {name: _kept(value) for name, value in values.items()}
        row = self.rows.change(release.id, texts, **expected)
        return self.made(row) if row else None


def _kept(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return json.dumps([one.as_json() for one in value])
    return json.dumps(value and value.as_json())


def _packed(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, PLAN_SCHEMA, options=options) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def _release(row: Row, counts: Mapping[tuple[str, str], int]) -> Release:
    plan = json.loads(row["plan"])
    header = Header.from_json({name: plan[name] for name in Header.__dataclass_fields__})
    approval, run, verified = (json.loads(row[name]) for name in ("approval", "run", "verified"))
    gates = tuple(Gate(**{**one, "examples": tuple(one["examples"])}) for one in plan["gates"])
    return Release(
        id=row["id"],
        header=header,
        hash=row["hash"],
        counts=plan["counts"],
        newer_in_prod=plan["newer_in_prod"],
        bytes=plan["bytes"],
        requests=plan["requests"],
        gates=gates,
        notes=tuple(plan["notes"]),
        todo=plan["todo"],
        state=row["state"],
        planned=Person(**json.loads(row["planned"])),
        approval=Approval.from_json(approval) if approval else None,
        run=Person(**run) if run else None,
        finished_at=row["finished_at"],
        verified=Verified.from_json(verified) if verified else None,
        job=row["job"],
        wanted=row["wanted"],
        published=tuple(Published(**one) for one in json.loads(row["published"])),
        why=row["why"],
        done=sum(counts.get((row["id"], phase), 0) for phase in ("done", "found")),
        failed=counts.get((row["id"], "failed"), 0),
    )
