"""Clips, the services that measure them, and clips that no decoder survives."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import sounds

from storage.audio.analyse import ANALYSIS
from storage.config import Config
from storage.db.engine import Database
from storage.db.manifests import ManifestRows
from storage.db.measurements import MeasurementRows
from storage.gate import Gate
from storage.jobs.service import Jobs
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.manifests.service import Manifests
from storage.manifests.shelf import Shelf
from storage.measurements.service import Measurements
from storage.measurements.task import MODULES, Taken, take
from storage.measurements.work import MeasureWork
from storage.model.content import Content
from storage.model.jobs import Job
from storage.model.measuring import ClipFacts, MeasureScope
from storage.model.people import local_actor
from storage.s3.client import Store
from storage.settings import Settings
from storage.workers.interface import Limits, Ticket
from storage.workers.local import LocalWorkers

ME = local_actor()
T = TypeVar("T")
HANGS, CRASHES, EATS = b"\0hang", b"\0crash", b"\0eat"


@cache
def clip(seed: int = 1, seconds: float = 0.6) -> bytes:
    """An MP3 of something like speech; another one for each seed."""
    return sounds.packed(sounds.speech(seconds, 16_000, seed=seed), "mp3", kbps=32)


def hostile_take(data: bytes) -> Taken:
    """As `take`, but some bytes do to the worker what a decoder with a fault would."""
    if data == HANGS:
        while True:
            pass
    if data == CRASHES:
        os.abort()
    if data == EATS:
        return Taken("measured", digest=str(len([np.ones(2**20) for _ in range(1_000)])))
    return take(data)


class CountedWorkers(LocalWorkers):
    """Real processes, which met the hostile ones; `taken` is how many clips they were given."""

    def __init__(self, taken: list[int]) -> None:
        limits = Limits(seconds=1.0, memory_bytes=256 * 2**20)
        super().__init__(2, limits, (*MODULES, "tests.measuring_rig"))
        self._taken = taken

    def submit(self, function: Callable[..., T], *args: object) -> Ticket[T]:  # type: ignore[override]
        self._taken.append(len(args[0]))  # type: ignore[arg-type]
        return super().submit(hostile_take, *args)  # type: ignore[return-value]


@dataclass
class Rig:
    """The services over a store; `buckets` by role."""

    store: Store
    buckets: Mapping[str, str]
    layouts: Mapping[str, Layout]
    jobs: Jobs
    manifests: Manifests
    measurements: Measurements
    rows: MeasurementRows
    taken: list[int] = field(default_factory=list)

    @classmethod
    def over(
        cls, store: Store, gate_to: Callable[..., Gate], database: Database, folder: Path
    ) -> Rig:
        layouts = load_layouts(Settings(), Config(), {})
        buckets = {role: f"{role}-{uuid.uuid4().hex[:12]}" for role in ("stage", "prod")}
        buckets["canonical"] = f"canonical-{uuid.uuid4().hex[:12]}"
        for name in buckets.values():
            store.client.create_bucket(Bucket=name)
        own = tuple(replace(one, bucket=buckets[one.role]) for one in layouts["ssi"].buckets)
        layouts = {**layouts, "ssi": replace(layouts["ssi"], buckets=own)}
        gate, taken = gate_to(layouts, store), list[int]()

        def now() -> datetime:
            return datetime.now(UTC)

        kept, rows = ManifestRows(database), MeasurementRows(database, ANALYSIS)
        manifests = Manifests(gate, layouts, kept, Shelf(kept, folder), now)
        work = MeasureWork(gate, rows, lambda: CountedWorkers(taken), manifests.clips, now)
        jobs = Jobs(database, (work,), gate, now, workers=2)
        measurements = Measurements(gate, jobs, rows, manifests.clips)
        return cls(store, buckets, layouts, jobs, manifests, measurements, rows, taken)

    def put(self, key: str, body: bytes, role: str = "stage") -> Content:
        """Stores past the console."""
        answer = self.store.client.put_object(Bucket=self.buckets[role], Key=key, Body=body)
        return Content(answer["ETag"].strip('"'), len(body))

    def measure(self, scope: MeasureScope | None = None, role: str = "stage") -> dict[str, Any]:
        """Here and now; returns the job's result."""
        job = self.start(scope, role)
        assert job.state == "done", job.error
        return dict(job.result)

    def start(self, scope: MeasureScope | None = None, role: str = "stage") -> Job:
        wanted = scope or MeasureScope("prefix", prefix="mastered/")
        return self.measurements.start(ME, "ssi", role, wanted, watch=lambda *_: None)

    def facts(self, content: Content) -> ClipFacts:
        found = self.measurements.facts(ME, "ssi", "stage", [content])
        return found[content.etag, content.size]

    def manifest(self, value: Mapping[str, Any], course: str = "ita_for_eng") -> None:
        """A course's manifest in the store."""
        key = f"courses/{course}/course_manifest.json"
        self.put(key, json.dumps(value).encode(), "canonical")


def key(number: int) -> str:
    """Of a clip, as the course compiler names it."""
    name = str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))).upper()
    return f"mastered/{name}.mp3"
