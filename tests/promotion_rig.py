"""Promotions over a store of the tests: the courses' layout in buckets of the test's own."""

from __future__ import annotations

import hashlib
import random
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from storage.audit.log import Audit
from storage.config import Config
from storage.db.engine import Database
from storage.db.releases import Releases
from storage.gate import Gate
from storage.inventory.query import Inventory
from storage.jobs.service import Jobs
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.model.jobs import Job
from storage.model.people import Actor, Role, Session, local_actor
from storage.model.promotion import Origin, Scope
from storage.model.releases import Release
from storage.promotion.gates import Heard, Sound
from storage.promotion.outside import Course, Outside
from storage.promotion.rechecking import VerifyWork
from storage.promotion.service import Promotions
from storage.promotion.shelf import ReleaseShelf
from storage.promotion.work import ReleaseWork
from storage.s3.bucket import keep_versions
from storage.s3.client import Store
from storage.settings import Settings

ME = local_actor()
COURSE = "ita_for_eng"
MANIFEST = f"courses/{COURSE}/course_manifest.json"
RELEASED = f"released/{COURSE}/course_manifest.json"
CLIPS = Scope("prefix", ("mastered/",))


def clip(number: int) -> str:
    """The key of a clip; spread over all first digits, as UUIDs are."""
    name = str(uuid.UUID(bytes=hashlib.md5(str(number).encode()).digest())).upper()
    return f"mastered/{name}.mp3"


def person(name: str, *roles: Role) -> Actor:
    """Somebody who has signed in."""
    now = datetime.now(UTC)
    session = Session(now - timedelta(minutes=5), now + timedelta(hours=5), "login")
    return Actor(f"id.example.org/{name}", name, frozenset(roles), "session", session=session)


OPERATORS = tuple(person(name, Role.OPERATOR) for name in ("ann", "ben", "cat"))


@dataclass
class Told:
    """What the rooms beside promotion say; a test changes it."""

    manifest: bytes = b"{}"
    clips: list[int] = field(default_factory=list)
    etag: str = ""
    heard: Heard | None = field(default_factory=lambda: Heard(0, "Everything was heard."))
    sound: Sound | None = field(default_factory=lambda: Sound(0, 0))
    kept: dict[str, list[Inventory]] = field(default_factory=dict)

    def outside(self) -> Outside:
        return Outside(
            self._course,
            lambda *_: self.heard,
            lambda *_: self.sound,
            lambda _actor, _layout, role: self.kept.get(role, []),
        )

    def _course(self, _actor: Actor, _layout: str, course: str) -> Course:
        digest = hashlib.sha256(self.manifest).hexdigest()
        ids = [clip(number)[9:-4] for number in self.clips]
        key = MANIFEST if self.etag else ""
        origin = Origin(course, digest, "canonical" if key else "", key, self.etag)
        return Course(origin, pa.array(ids, pa.string()))


@dataclass
class Rig:
    """Promotions and what is around them; `buckets` by bucket role."""

    promotions: Promotions
    jobs: Jobs
    shelf: ReleaseShelf
    audit: Audit
    store: Store
    buckets: Mapping[str, str]
    told: Told
    now: list[datetime]

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
        layouts: dict[str, Layout] = {"ssi": replace(ssi, buckets=own)}
        gate, told, ahead = gate_to(layouts, store), Told(), [timedelta(0)]
        lock = threading.Lock()
        late: list[datetime] = []

        def clock() -> datetime:
            """Later each time it is asked, so that no two releases are of one time."""
            with lock:
                at = datetime.now(UTC) + ahead[0]
                late.append(at)
                return at

        shelf = ReleaseShelf(Releases(database))
        works = (ReleaseWork(gate, shelf, clock), VerifyWork(gate, shelf, clock))
        jobs = Jobs(database, works, gate, clock, workers=2)
        promotions = Promotions(gate, jobs, layouts, shelf, clock=clock, outside=told.outside())
        made = cls(promotions, jobs, shelf, audit, store, buckets, told, late)
        made._ahead = ahead  # type: ignore[attr-defined]
        return made

    def wait(self, ahead: timedelta) -> None:
        """So much later."""
        self._ahead[0] += ahead  # type: ignore[attr-defined]

    # -- the buckets --

    def put(self, role: str, key: str, body: bytes, **facts: Any) -> str:
        """Stores past the console; returns the ETag."""
        given = {"ContentType": "audio/mpeg", **facts}
        answer = self.store.client.put_object(
            Bucket=self.buckets[role], Key=key, Body=body, **given
        )
        return answer["ETag"].strip('"')

    def delete(self, role: str, key: str) -> None:
        self.store.client.delete_object(Bucket=self.buckets[role], Key=key)

    def fill(self, role: str, numbers: Iterator[int] | range, seed: int = 0) -> None:
        """Clips by number; another seed is other bytes."""

        def one(number: int) -> None:
            body = random.Random(f"{number} {seed}").randbytes(200 + number % 50)
            self.put(role, clip(number), body, Metadata={"take": str(seed)}, Tagging=f"n={seed}")

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(one, numbers))

    def content(self, role: str, prefix: str = "") -> dict[str, str]:
        """What is there, by key and ETag."""
        pages = self.store.client.get_paginator("list_objects_v2")
        rows = pages.paginate(Bucket=self.buckets[role], Prefix=prefix)
        return {
            row["Key"]: row["ETag"].strip('"') for page in rows for row in page.get("Contents", [])
        }

    def facts(self, role: str, key: str) -> tuple[Any, ...]:
        """What belongs to an object besides its bytes."""
        head = self.store.client.head_object(Bucket=self.buckets[role], Key=key)
        tags = self.store.client.get_object_tagging(Bucket=self.buckets[role], Key=key)
        return head["ContentType"], head["Metadata"], tags["TagSet"]

    # -- releases --

    def plan(self, scope: Scope = CLIPS, actor: Actor = ME, **options: Any) -> Release:
        return self.promotions.plan(actor, "ssi", scope, **options)

    def approve(self, release: Release, actor: Actor = ME, **options: Any) -> Release:
        return self.promotions.approve(actor, "ssi", release.id, release.hash, **options)

    def run(self, release: Release, actor: Actor = ME, **options: Any) -> Job:
        return self.promotions.run(
            actor, "ssi", release.id, typed=release.header.scope.text,
            watch=lambda *_: None, **options,
        )  # fmt: skip

    def released(self, scope: Scope = CLIPS) -> Release:
        """Planned, approved, run."""
        release = self.plan(scope)
        self.approve(release)
        self.run(release)
        return self.get(release)

    def undone(self, release: Release) -> Release:
        """Rolled back; the rollback."""
        back = self.promotions.plan_rollback(ME, "ssi", release.id)
        self.approve(back)
        self.run(back)
        return self.get(back)

    def get(self, release: Release) -> Release:
        return self.promotions.show(ME, "ssi", release.id)


def remove_bucket(store: Store, name: str) -> None:
    """With all it holds; each time from the first page, as the later ones may begin anew."""

    def one(row: tuple[str, str]) -> None:
        store.client.delete_object(Bucket=name, Key=row[0], VersionId=row[1])

    for _ in range(100):
        page = store.client.list_object_versions(Bucket=name)
        rows = [
            (row["Key"], row["VersionId"])
            for row in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        ]
        if not rows:
            break
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(one, rows))
    store.client.delete_bucket(Bucket=name)


@contextmanager
def rigged(
    store: Store,
    gate_to: Callable[..., Gate],
    audit: Audit,
    database: Database,
    *,
    versions: bool = True,
) -> Iterator[Rig]:
    """A rig with three fresh buckets, which are removed; prod and canonical keep versions."""
    buckets = {role: f"{role}-{uuid.uuid4().hex[:12]}" for role in ("stage", "prod", "canonical")}
    for role, name in buckets.items():
        store.client.create_bucket(Bucket=name)
        if versions and role != "stage":
            keep_versions(store, name)
    made = Rig.over(store, buckets, gate_to, audit, database)
    yield made
    made.jobs.close()
    for name in buckets.values():
        remove_bucket(store, name)
