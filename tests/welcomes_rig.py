"""Welcomes over a store of the tests: the courses' layout in buckets of the test's own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import sounds

from storage.audit.log import Audit
from storage.config import Config
from storage.db.engine import Database
from storage.db.live_requests import LiveRequests
from storage.gate import Gate
from storage.jobs.service import Jobs
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.model.jobs import Job
from storage.model.people import Actor, local_actor
from storage.model.welcome_plans import Saved
from storage.model.welcome_sync import SyncPlan
from storage.model.welcomes import Welcome
from storage.s3.bucket import keep_versions
from storage.s3.client import Store
from storage.settings import Settings
from storage.welcomes.copies import Copies
from storage.welcomes.publishing import PublishWork
from storage.welcomes.service import Welcomes

ME = local_actor()
REGISTRY = "canonical/welcomes.json"
ITA, WELSH = "72D5C1E6-97DB-57D0-BBA6-D40800344F40", "637B0979-2DEB-5D23-86EA-5583B2394A07"


@cache
def take(seconds: float = 1.0, seed: int = 1) -> bytes:
    """A WAV of something like speech; another one for each seed."""
    return sounds.wav(sounds.speech(seconds, 16_000, seed=seed))


def entry(**fields: Any) -> dict[str, Any]:
    """An entry of the registry."""
    return {
        "text": "Welcome.",
        "id": None,
        "generated_date": "2025-09-02T08:30:00Z",
        "voice": None,
        "duration": 0,
        **fields,
    }


def registry_of(entries: Mapping[str, Any]) -> bytes:
    """As the team's script writes it."""
    return (json.dumps({"welcomes": entries}, indent=2) + "\n").encode()


@dataclass
class Clock:
    """A clock that goes a second further each time it is asked, so that no two saves are alike."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass
class Rig:
    """Welcomes and what is around them; `buckets` by bucket role."""

    welcomes: Welcomes
    copies: Copies
    jobs: Jobs
    audit: Audit
    store: Store
    layouts: Mapping[str, Layout]
    buckets: Mapping[str, str]
    clock: Clock

    @classmethod
    def over(
        cls,
        store: Store,
        buckets: Mapping[str, str],
        gate_to: Callable[..., Gate],
        audit: Audit,
        database: Database,
    ) -> Rig:
        ssi = load_layouts(Settings(), Config(), {})["ssi"]
        own = tuple(replace(one, bucket=buckets[one.role]) for one in ssi.buckets)
        layouts = {"ssi": replace(ssi, buckets=own)}
        gate, clock = gate_to(layouts, store), Clock()
        jobs = Jobs(database, (PublishWork(gate, layouts),), gate, clock, workers=2)
        welcomes = Welcomes(gate, jobs, layouts, LiveRequests(database), clock)
        copies = Copies(gate, layouts, clock)
        return cls(welcomes, copies, jobs, audit, store, layouts, buckets, clock)

    def another(self) -> Welcomes:
        """The service of another console: it remembers nothing of what this one saw."""
        mine = self.welcomes
        return Welcomes(mine._gate, self.jobs, self.layouts, mine._requests, Clock())

    def put(self, role: str, key: str, body: bytes, **facts: Any) -> str:
        """Stores past the console, as somebody else would; returns the ETag."""
        answer = self.store.client.put_object(
            Bucket=self.buckets[role], Key=key, Body=body, **facts
        )
        return answer["ETag"].strip('"')

    def body(self, role: str, key: str) -> bytes:
        return self.store.client.get_object(Bucket=self.buckets[role], Key=key)["Body"].read()

    def head(self, role: str, key: str) -> dict[str, Any]:
        return dict(self.store.client.head_object(Bucket=self.buckets[role], Key=key))

    def keys(self, role: str) -> list[str]:
        pages = self.store.client.get_paginator("list_objects_v2")
        rows = pages.paginate(Bucket=self.buckets[role])
        return [row["Key"] for page in rows for row in page.get("Contents", [])]

    def seed(
        self, entries: Mapping[str, Any], recordings: Mapping[str, bytes] | None = None
    ) -> None:
        """A registry, and WAVs by name, as the team's script left them."""
        self.put("canonical", REGISTRY, registry_of(entries))
        for name, body in (recordings or {}).items():
            self.put("canonical", f"canonical/welcomes/{name}.wav", body)

    def entries(self) -> dict[str, Any]:
        """The registry's entries as anybody reads them."""
        found: dict[str, Any] = json.loads(self.body("canonical", REGISTRY))["welcomes"]
        return found

    def row(self, course: str) -> Welcome:
        found = self.welcomes.list(ME, "ssi").get(course)
        assert found is not None
        return found

    def todos(self, course: str) -> list[str]:
        return [todo.code for todo in self.row(course).todos]

    def save(self, course: str, actor: Actor = ME, **changes: Any) -> Saved:
        plan = self.welcomes.plan_save(actor, "ssi", course, **changes)
        return self.welcomes.save(actor, plan, note="why")

    def publish(self, *courses: str, actor: Actor = ME) -> Job:
        plan = self.welcomes.plan_publish(actor, "ssi", courses)
        return self.welcomes.publish(actor, plan, note="why", watch=lambda *_: None)

    def promote(self, key: str) -> None:
        """As an operator does: copied with everything that belongs to it."""
        source = {"Bucket": self.buckets["stage"], "Key": key}
        self.store.client.copy_object(Bucket=self.buckets["prod"], Key=key, CopySource=source)


@contextmanager
def rigged(
    store: Store, gate_to: Callable[..., Gate], audit: Audit, database: Database
) -> Iterator[Rig]:
    """A rig with three fresh buckets, which are removed; canonical keeps versions."""
    buckets = {role: f"{role}-{uuid.uuid4().hex[:12]}" for role in ("stage", "prod", "canonical")}
    for name in buckets.values():
        store.client.create_bucket(Bucket=name)
    keep_versions(store, buckets["canonical"])
    made = Rig.over(store, buckets, gate_to, audit, database)
    yield made
    made.jobs.close()
    for name in buckets.values():
        pages = store.client.get_paginator("list_object_versions").paginate(Bucket=name)
        for page in list(pages):
            for row in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                store.client.delete_object(Bucket=name, Key=row["Key"], VersionId=row["VersionId"])
        store.client.delete_bucket(Bucket=name)


@dataclass
class Copy:
    """A team member's folder, and what they do in it past the console."""

    rig: Rig
    folder: Path

    @property
    def registry(self) -> Path:
        return self.folder / "vfs/canonical/welcomes.json"

    def wav(self, name: str) -> Path:
        return self.folder / f"extracted-welcomes/welcome_{name}.wav"

    def record(self, name: str, data: bytes) -> None:
        self.wav(name).parent.mkdir(exist_ok=True)
        self.wav(name).write_bytes(data)

    def entries(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.registry.read_bytes())["welcomes"]
        return found

    def write(self, course: str, **fields: Any) -> None:
        """As by hand in an editor."""
        entries = self.entries() if self.registry.exists() else {}
        entries[course] = {**entries.get(course, entry()), **fields}
        self.registry.parent.mkdir(parents=True, exist_ok=True)
        self.registry.write_bytes(registry_of(entries))

    def push(self, **options: Any) -> SyncPlan:
        return self.rig.copies.push(ME, "ssi", self.folder, **options)

    def pull(self, **options: Any) -> SyncPlan:
        return self.rig.copies.pull(ME, "ssi", self.folder, **options)

    def status(self, **options: Any) -> SyncPlan:
        return self.rig.copies.status(ME, "ssi", self.folder, **options)

    def content(self) -> dict[str, Any]:
        """Everything in it, by content."""
        wavs = {path.name: path.read_bytes() for path in self.folder.glob("*/welcome_*.wav")}
        return {**wavs, **(self.entries() if self.registry.exists() else {})}


def moved(plan: SyncPlan) -> list[tuple[str, str, str, bool]]:
    """What moves which way, and whether it did."""
    return [(one.what, one.name, one.direction, one.done) for one in plan.actions]
