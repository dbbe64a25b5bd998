"""Listening over a store of the tests, with a course and measurements that a test writes down."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from storage.audit.log import Audit
from storage.config import Config
from storage.db.engine import Database
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.model.audio import AudioFinding, AudioLimits
from storage.model.content import Content
from storage.model.listening import ClipToHear
from storage.model.people import Actor, Role
from storage.model.review import Judged, Judgement, Scope
from storage.review.listings import Listings
from storage.review.opening import Sources
from storage.review.scopes import Tables
from storage.review.service import Review
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


@dataclass(frozen=True)
class Course:
    """A manifest as the parser gives it."""

    clips: pa.Table
    target: str = "ita"
    known: str = "eng"
    digest: str = "digest"


def course_of(*rows: tuple[int, str, str, str]) -> Course:
    """Of (number, phrase, role, cadence)."""
    ids, phrases, roles, cadences = zip(*rows, strict=True)
    return Course(
        pa.table(
            {
                "id": [clip_id(number) for number in ids],
                "phrase": list(phrases),
                "role": list(roles),
                "cadence": list(cadences),
                "duration_s": [1.0] * len(rows),
                "slice": pa.array([0] * len(rows), pa.int32()),
            }
        )
    )


@dataclass
class Courses:
    """Manifests by course."""

    courses: dict[str, Course] = field(default_factory=dict)

    def clips(self, actor: Actor, layout: str, course: str) -> Course:
        return self.courses[course]


@dataclass(frozen=True)
class Sound:
    """What was measured of one clip."""

    loudness_lufs: float = -16.0
    sha256: str = ""
    texts: tuple[tuple[str, str], ...] = ()  # (severity, text)

    def findings(self, limits: AudioLimits, name: str = "") -> tuple[AudioFinding, ...]:
        return tuple(AudioFinding("x", severity, text) for severity, text in self.texts)  # type: ignore[arg-type]

    def as_json(self, limits: AudioLimits, name: str = "") -> dict[str, Any]:
        return {"loudness_lufs": self.loudness_lufs, "duration_s": 1.0}


@dataclass
class Sounds:
    """Measurements by (ETag, size)."""

    known: dict[tuple[str, int], Sound] = field(default_factory=dict)

    def put(self, body: bytes, sound: Sound) -> None:
        content = content_of(body)
        self.known[content.etag, content.size] = sound

    def table(self, actor: Actor, layout: str, role: str, contents: pa.Table) -> pa.Table:
        pairs = zip(*(contents.column(name).to_pylist() for name in ("etag", "size")), strict=True)
        sounds = [self.known.get(pair) for pair in pairs]
        severity = {"info": 1, "warning": 2, "error": 3}
        return pa.table(
            {
                "known": pa.array([one is not None for one in sounds], pa.bool_()),
                "sha256": pa.array([one and one.sha256 for one in sounds], pa.string()),
                "loudness_lufs": pa.array(
                    [one and one.loudness_lufs for one in sounds], pa.float64()
                ),
                "severity": pa.array(
                    [
                        max((severity[s] for s, _ in one.texts), default=0) if one else 0
                        for one in sounds
                    ],
                    pa.int8(),
                ),
            }
        )

    def facts(
        self, actor: Actor, layout: str, role: str, contents: Sequence[Content]
    ) -> Mapping[tuple[str, int], Sound]:
        pairs = [(one.etag, one.size) for one in contents]
        return {pair: self.known[pair] for pair in pairs if pair in self.known}

    def peaks(self, actor: Actor, layout: str, role: str, content: Content) -> bytes:
        return b"\x80\x7f" * 4


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
    courses: Courses
    sounds: Sounds
    clock: Clock
    audit: Audit
    gate: Gate
    database: Database
    store: Store
    layouts: Mapping[str, Layout]
    buckets: Mapping[str, str]

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
        courses, sounds = Courses(), Sounds()
        sources = Sources(Listings(clock), courses, sounds, lambda table, *_: table)
        review = Review(gate, Tables.of(database), sources, clock)
        return cls(review, courses, sounds, clock, audit, gate, database, store, layouts, buckets)

    def another(self) -> Review:
        """The service of another console on the same database: it remembers nothing."""
        sources = Sources(Listings(self.clock), self.courses, self.sounds, lambda table, *_: table)
        return Review(self.gate, Tables.of(self.database), sources, self.clock)

    def put(self, number: int, body: bytes, role: str = "stage", **facts: Any) -> Content:
        """Stores a clip past the console, as the generator does."""
        self.store.client.put_object(
            Bucket=self.buckets[role], Key=key_of(number), Body=body, **facts
        )
        return content_of(body)

    def next(self, actor: Actor, scope: Scope = COURSE, **options: Any) -> list[ClipToHear]:
        return list(self.review.next(actor, "ssi", "stage", scope, **options).clips)

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
