"""kill -9 in the middle of a release, then resumed: prod equals the plan, the journal equals prod."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fault_proxy import Fault, FaultProxy, Request
from killed_worker import let_15_seconds_pass
from promotion_rig import remove_bucket
from released_worker import ME, Worker, configure

from storage import bootstrap
from storage.bootstrap import Services
from storage.model.promotion import Scope
from storage.model.releases import Release
from storage.promotion.service import Promotions
from storage.s3.bucket import keep_versions
from storage.s3.client import Store
from storage.s3.objects import list_versions


def key(number: int) -> str:
    name = uuid.UUID(bytes=hashlib.md5(str(number).encode()).digest())
    return f"clips/{str(name).upper()}.mp3"


@dataclass
class Scene:
    """Two buckets and a data folder; every third object is changed, the others new."""

    store: Store
    draft: str
    prod: str
    folder: Path
    objects: int

    def environ(self, endpoint_url: str = "") -> dict[str, str]:
        there = self.store.connection
        return {
            "STORAGE_CONFIG": str(self.folder / "soundstage.toml"),
            "STORAGE_DATA": str(self.folder / "data"),
            "S3_ENDPOINT_URL": endpoint_url or there.endpoint_url,
            "AWS_REGION": there.region,
            "AWS_ACCESS_KEY_ID": there.access_key_id,
            "AWS_SECRET_ACCESS_KEY": str(there.secret_access_key),
        }

    def fill(self) -> None:
        def one(number: int) -> None:
            self._put(self.draft, number, b"new")
            if number % 3 == 0:
                self._put(self.prod, number, b"old")

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(one, range(self.objects)))

    def _put(self, bucket: str, number: int, words: bytes) -> None:
        self.store.client.put_object(
            Bucket=bucket, Key=key(number), Body=words + str(number).encode(),
            ContentType="audio/mpeg", Metadata={"number": str(number)},
        )  # fmt: skip

    def content(self, bucket: str, prefix: str = "clips/") -> dict[str, str]:
        pages = self.store.client.get_paginator("list_objects_v2")
        rows = pages.paginate(Bucket=bucket, Prefix=prefix)
        return {
            row["Key"]: row["ETag"].strip('"') for page in rows for row in page.get("Contents", [])
        }

    def versions(self, bucket: str) -> int:
        """Of all keys, asked one by one: SeaweedFS loses some between pages."""
        keys = list(self.content(bucket))
        with ThreadPoolExecutor(16) as pool:
            found = pool.map(lambda one: list_versions(self.store, bucket, one), keys)
            return sum(len(one) for one in found)


@contextmanager
def scenes(store: Store, folder: Path, objects: int, *, versions: bool) -> Iterator[Scene]:
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{role}-{uuid.uuid4().hex[:12]}" for role in ("draft", "prod")]
    for name in names:
        store.client.create_bucket(Bucket=name)
    if versions:
        keep_versions(store, names[1])
    scene = Scene(store, *names, folder, objects)
    configure(folder, *names)
    scene.fill()
    yield scene
    for name in names:
        remove_bucket(store, name)


def approved(promotions: Promotions) -> Release:
    release = promotions.plan(ME, "pod", Scope("prefix", ("clips/",)))
    return promotions.approve(ME, "pod", release.id, release.hash)


def killed_and_resumed(scene: Scene, kills: int, chance: random.Random) -> Release:
    """Runs a release and kills it so often, each time at some request or a moment later."""
    with closing(bootstrap.build(scene.environ())) as services:
        release = approved(services.promotions)
    for _ in range(kills):
        with FaultProxy(scene.store.connection.endpoint_url) as proxy:
            worker = Worker(scene.environ(proxy.url), release.id)
            point = chance.randrange(3, 3 + 2 * scene.objects)
            fatal = threading.Timer(chance.random() * 0.05, worker.kill)

            def plan(request: Request, at: int = point, fatal: threading.Timer = fatal) -> Fault:
                if request.number == at:
                    fatal.start()
                return Fault.NONE

            proxy.seen.clear()
            proxy.plan = plan
            worker.begin()
            worker.join()
        let_15_seconds_pass(scene.folder / "data")
    with closing(bootstrap.build(scene.environ())) as services:
        services.jobs.take_over()
        return finished(services, release)


def finished(services: Services, release: Release) -> Release:
    """As an operator goes on with it, if there is something to go on with."""
    promotions = services.promotions
    now = promotions.show(ME, "pod", release.id)
    if now.state == "approved":  # killed before its job had begun
        promotions.run(ME, "pod", release.id, typed=now.header.scope.text, watch=lambda *_: None)
    elif now.state != "live":
        promotions.resume(ME, "pod", release.id, watch=lambda *_: None)
    return promotions.show(ME, "pod", release.id)


def play(store: Store, folder: Path, objects: int, seed: int, *, kills: int = 1) -> None:
    """One release killed and resumed, and all that must hold then; rolled back at the end."""
    chance, versions = random.Random(seed), seed % 2 == 0
    with scenes(store, folder, objects, versions=versions) as scene:
        before = scene.content(scene.prod)
        release = killed_and_resumed(scene, kills, chance)
        assert (release.state, release.done, release.failed) == ("live", objects, 0), release
        assert scene.content(scene.prod) == scene.content(scene.draft), "prod is not as the plan"
        if versions:
            assert scene.versions(scene.prod) == objects + len(before), "a step had a second effect"
        with closing(bootstrap.build(scene.environ())) as services:
            steps = services.promotions._shelf.rows.steps(release.id)
            told = {step.key: step.after_etag for step in steps}
            assert told == scene.content(scene.prod), "the journal is not as prod"
            assert {step.before_etag for step in steps} - {""} == set(before.values())
            assert not services.audit.verify().findings
            back = services.promotions.plan_rollback(ME, "pod", release.id)
            services.promotions.approve(ME, "pod", back.id, back.hash)
            services.promotions.run(
                ME, "pod", back.id, typed=back.header.scope.text, watch=lambda *_: None
            )
        assert scene.content(scene.prod) == before, "the rollback did not bring back what was there"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_killed_and_resumed(weed_store: Store, tmp_path: Path, seed: int) -> None:
    """At some moment, twice in the last case."""
    play(weed_store, tmp_path, 60, seed, kills=2 if seed == 2 else 1)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_killed_at_many_points(weed_store: Store, tmp_path: Path) -> None:
    """Up to three times in a row; with the profile "full" at 50 points of 2,000 objects."""
    points, objects = (50, 2_000) if os.environ.get("HYPOTHESIS_PROFILE") == "full" else (5, 300)
    for seed in range(points):
        play(weed_store, tmp_path / str(seed), objects, seed, kills=1 + seed % 3)
