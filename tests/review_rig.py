"""Listening over a store of the tests: a course that lies in it, measurements put down at once."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storage.audio.analyse import ANALYSIS
from storage.audit.log import Audit
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
from storage.model.audio import AudioFacts, Loudness, Sound
from storage.model.content import Content
from storage.model.listening import ClipToHear
from storage.model.measuring import ClipFacts
from storage.model.people import Actor, Role
from storage.model.review import Judged, Judgement, Scope
from storage.review.kept import KeptTables
from storage.review.listings import Listings
from storage.review.scopes import Tables
from storage.review.service import Review
from storage.review.sources import Sources
from storage.s3.client import Store
from storage.settings import Settings

COURSE = Scope("course", "ita_for_eng")
ALL = Scope("prefix", "mastered/")
QA = frozenset({Role.QA})


def person(name: str, *roles: Role) -> Actor:
    """Somebody who listens."""
    return Actor(name.lower(), name, frozenset(roles) or QA, "session")


ANN, BEN = person("Ann"), person("Ben")


def clip_id(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number))).upper()


def key_of(number: int) -> str:
    return f"mastered/{clip_id(number)}.mp3"


def content_of(body: bytes) -> Content:
    return Content(hashlib.md5(body, usedforsecurity=False).hexdigest(), len(body))


def manifest_of(*rows: tuple[int, str, str, str]) -> bytes:
    """A course's manifest with clips of (number, phrase, role, cadence)."""
    samples: dict[str, list[dict[str, Any]]] = {}
    for number, phrase, role, cadence in rows:
        entry = {"id": clip_id(number), "cadence": cadence, "role": role, "duration": 0}
        samples.setdefault(phrase, []).append(entry)
    part = {"id": clip_id(99), "version": "1", "seeds": [], "samples": samples}
    introduction = {"id": "", "cadence": "natural", "role": "presentation", "duration": 0}
    document = {
        "id": "ita-eng",
        "version": "1",
        "target": "ita",
        "known": "eng",
        "status": "alpha",
        "introduction": introduction,
        "slices": [
            {**part, "pooledEncouragements": [], "orderedEncouragements": []},
        ],
    }
    return json.dumps(document).encode()


def measured(
    body: bytes, lufs: float = -16.0, *, sha256: str = "", trail_s: float = 0.1
) -> ClipFacts:
    """What the workers find of a sound clip, but for these."""
    content = content_of(body)
    loudness = Loudness(lufs, estimated=False, true_peak_dbtp=-3.0)
    return ClipFacts(
        content=Content(content.etag, content.size, sha256 or hashlib.sha256(body).hexdigest()),
        state="measured",
        at="2026-11-27T09:00:00.000000Z",
        facts=AudioFacts("MP3", "mp3", 44_100, 1, 64_000, "CBR", 1.0, len(body)),
        sound=Sound(
            duration_s=1.0,
            loudness=loudness,
            lead_silence_s=0.1,
            trail_silence_s=trail_s,
            inner_silence_s=0.0,
            clipped_runs=0,
            dc_offset=0.0,
        ),
        digest=content.etag,
        damage=(),
    )


@dataclass
class Clock:
    """Goes a second further each time it is asked; `skip` puts it forward."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def skip(self, **how_long: float) -> None:
        self.at += timedelta(**how_long)


@dataclass
class Rig:
    """Review and what is around it; `buckets` by bucket role."""

    review: Review
    measured: MeasurementRows
    sources: Sources
    clock: Clock
    audit: Audit
    gate: Gate
    database: Database
    store: Store
    layouts: Mapping[str, Layout]
    buckets: Mapping[str, str]
    folder: Path

    @classmethod
    def over(
        cls,
        store: Store,
        gate_to: Callable[..., Gate],
        audit: Audit,
        database: Database,
        folder: Path,
    ) -> Rig:
        """With buckets of its own."""
        buckets = {
            role: f"{role}-{uuid.uuid4().hex[:12]}" for role in ("stage", "prod", "canonical")
        }
        for name in buckets.values():
            store.client.create_bucket(Bucket=name)
        ssi = load_layouts(Settings(), Config(), {})["ssi"]
        own = tuple(replace(one, bucket=buckets[one.role]) for one in ssi.buckets)
        layouts = {"ssi": replace(ssi, buckets=own)}
        gate, clock = gate_to(layouts, store), Clock()
        rows, manifests = MeasurementRows(database, ANALYSIS), ManifestRows(database)
        shelf = Shelf(manifests, folder / "manifests")
        courses = Manifests(gate, layouts, manifests, shelf, clock)
        jobs = Jobs(database, (), gate, clock, workers=1)
        sounds = Measurements(gate, jobs, rows, courses.clips)
        kept = KeptTables(folder / "listings")
        sources = Sources(Listings(clock, kept), courses, sounds, kept)
        review = Review(gate, Tables.of(database), sources, clock)
        given = (audit, gate, database, store, layouts, buckets, folder)
        return cls(review, rows, sources, clock, *given)

    def another(self) -> Review:
        """The service of another console on the same database: it remembers nothing."""
        sources = self.sources
        listings = Listings(self.clock, sources.shelf)
        jobs = sources.measurements._jobs
        sounds = Measurements(self.gate, jobs, self.measured, sources.manifests.clips)
        sources = replace(sources, listings=listings, measurements=sounds)
        return Review(self.gate, Tables.of(self.database), sources, self.clock)

    def course(self, *rows: tuple[int, str, str, str]) -> None:
        """The manifest that lies in the store."""
        key = "courses/ita_for_eng/course_manifest.json"
        bucket, body = self.buckets["canonical"], manifest_of(*rows)
        self.store.client.put_object(Bucket=bucket, Key=key, Body=body)

    def measure(self, body: bytes, *args: float, **figures: Any) -> None:
        """As a job has found it."""
        self.measured.put([(measured(body, *args, **figures), b"\x80\x7f" * 4)])

    def put(self, number: int, body: bytes, role: str = "stage", **facts: Any) -> Content:
        """Stores a clip past the console, as the generator does."""
        self.store.client.put_object(
            Bucket=self.buckets[role], Key=key_of(number), Body=body, **facts
        )
        return content_of(body)

    def next(self, actor: Actor, scope: Scope = COURSE, **options: Any) -> list[ClipToHear]:
        """As a page asks: again while the bucket is being listed, on a busy machine."""
        until = time.monotonic() + 30
        while True:
            turn = self.review.next(actor, "ssi", "stage", scope, **options)
            if turn.listing.state == "ready" or time.monotonic() > until:
                return list(turn.clips)
            time.sleep(0.1)

    def judge(self, actor: Actor, *judgements: Judgement) -> tuple[Judged, ...]:
        return self.review.judge(actor, "ssi", "stage", judgements)

    def say(self, actor: Actor, number: int, body: bytes, decision: str = "approved") -> Judged:
        """One verdict on these bytes under that key."""
        reasons = ("artefact",) if decision == "rejected" else ()
        made = Judgement(
            uuid.uuid4().hex,
            key_of(number),
            content_of(body),
            decision,
            reasons,  # type: ignore[arg-type]
        )
        return self.judge(actor, made)[0]


def judgement(clip: ClipToHear, decision: str = "approved", **facts: Any) -> Judgement:
    """What somebody says of a clip they were handed."""
    reasons = ("artefact",) if decision == "rejected" else ()
    return Judgement(
        nonce=facts.pop("nonce", uuid.uuid4().hex),
        key=clip.place.key,
        content=clip.content,
        decision=decision,  # type: ignore[arg-type]
        reasons=facts.pop("reasons", reasons),
        version_id=clip.place.version_id,
        **facts,
    )
