"""kill -9 during an upload, a move, a deletion: afterwards nothing is lost, orphaned or stuck."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from fault_proxy import FaultProxy
from killed_worker import Worker, finish, let_15_seconds_pass

from storage import bootstrap
from storage.model.jobs import Job
from storage.s3.client import Store

FRAME = b"\xff\xfb\x90\x00" + b"\0" * 413  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz
LARGE = FRAME * 22_000  # 8.7 MiB: two parts
REQUESTS = {"upload": 14, "upload-files": 14, "move": 20, "delete-prefix": 7}
"""The jobs, and how many requests each needs at least."""
OUTSIDE = {"kept/one.txt": b"one", "mastered-not/two.txt": b"two"}


@dataclass
class Scene:
    """Two buckets, a data folder, and what is to be done with some files."""

    kind: str
    store: Store
    stage: str
    other: str
    folder: Path
    data: Path

    @property
    def environ(self) -> dict[str, str]:
        there = self.store.connection
        return {
            "STORAGE_DATA": str(self.data),
            "STORAGE_LAYOUT": "ssi",
            "S3_ENDPOINT_URL": there.endpoint_url,
            "AWS_REGION": there.region,
            "AWS_ACCESS_KEY_ID": there.access_key_id,
            "AWS_SECRET_ACCESS_KEY": str(there.secret_access_key),
            "S3_STAGE_BUCKET": self.stage,
            "S3_CANONICAL_BUCKET": self.other,
        }

    @property
    def files(self) -> dict[str, bytes]:
        below = "drafts" if self.kind == "move" else "mastered"
        return {f"{below}/{one.name}": one.read_bytes() for one in self.folder.iterdir()}

    def prepare(self) -> None:
        sizes = {"move": [3] * 4, "delete-prefix": [1] * 40}.get(self.kind, [22_000, 2, 3])
        for number, size in enumerate(sizes):
            clip = f"11111111-2222-4333-8444-{number:012X}.mp3"  # which only leaves by promotion
            name = f"{number}.bin" if self.kind == "move" else clip
            (self.folder / name).write_bytes(FRAME * size + bytes([number]))
        for key, body in OUTSIDE.items():
            self.store.client.put_object(Bucket=self.stage, Key=key, Body=body)
        if not self.kind.startswith("upload"):
            for key, body in self.files.items():
                self.store.client.put_object(
                    Bucket=self.stage, Key=key, Body=body, ContentType="audio/mpeg"
                )

    def bodies(self, bucket: str) -> dict[str, bytes]:
        """What is in a bucket, but for what must stay there and does.

        The store may still be at work on the dead process's last request (a deletion of many
        keys), so a key that was listed may be gone by the time it is read.
        """
        client = self.store.client
        found = {}
        for row in client.list_objects_v2(Bucket=bucket).get("Contents", []):
            with suppress(client.exceptions.NoSuchKey):
                found[row["Key"]] = client.get_object(Bucket=bucket, Key=row["Key"])["Body"].read()
        if bucket == self.stage:
            assert OUTSIDE.items() <= found.items(), "what it had nothing to do with is gone"
        return {key: body for key, body in found.items() if key not in OUTSIDE}

    def uploads(self) -> list[str]:
        return [
            row["Key"]
            for bucket in (self.stage, self.other)
            for row in self.store.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        ]

    def nothing_lost(self) -> None:
        """Right after the kill: whatever is there is whole, and nothing is nowhere."""
        stage, other, files = self.bodies(self.stage), self.bodies(self.other), self.files
        assert stage.items() <= files.items(), "something half-written is there"
        assert other.items() <= files.items(), "something half-written is there"
        if self.kind == "move":
            assert stage.keys() | other.keys() == files.keys(), "lost on its way"

    def finished(self, job: Job | None) -> None:
        """After a restart and a resume: all is done; or nothing, where no job had begun."""
        stage, other, files = self.bodies(self.stage), self.bodies(self.other), self.files
        assert self.uploads() == [], "parts are left over"
        if job is None:
            assert (stage, other) == ({} if self.kind.startswith("upload") else files, {})
        elif self.kind == "upload" and job.state == "interrupted":  # the bytes died with it
            assert stage.items() <= files.items()
            assert not job.resumable
        else:
            assert job.state == "done", job
            assert job.result["failed"] == 0, job.result
            assert job.result["done"] == len(files), job.result
            where = {"move": ({}, files), "delete-prefix": ({}, {})}
            assert (stage, other) == where.get(self.kind, (files, {}))


@contextmanager
def scenes(kind: str, store: Store, place: Path) -> Iterator[Scene]:
    """A scene of its own, prepared; its buckets go again."""
    names = [f"test-{uuid.uuid4().hex[:16]}" for _ in range(2)]
    scene = Scene(kind, store, names[0], names[1], place / "files", place / "data")
    scene.folder.mkdir(parents=True)
    scene.data.mkdir()
    for name in names:
        store.client.create_bucket(Bucket=name)
    scene.prepare()
    yield scene
    for name in names:
        for row in store.client.list_objects_v2(Bucket=name).get("Contents", []):
            store.client.delete_object(Bucket=name, Key=row["Key"])
        store.client.delete_bucket(Bucket=name)


def play(kind: str, store: Store, place: Path, *, point: int | None, seed: int = 0) -> int:
    """One job, killed at `point` (None: not at all), a restart, and all that must hold then."""
    with scenes(kind, store, place) as scene:
        with FaultProxy(store.connection.endpoint_url) as proxy:
            worker = Worker(scene.environ, kind, scene.folder, proxy)
            requests = worker.run(point, random.Random(seed))
        scene.nothing_lost()
        let_15_seconds_pass(scene.data)
        with closing(bootstrap.build(scene.environ)) as services:
            scene.finished(finish(services))
            verdict = services.audit.verify()
        assert not verdict.findings, verdict
    return requests


@pytest.mark.parametrize("kind", REQUESTS)
def test_killed_in_the_middle(weed_store: Store, tmp_path: Path, kind: str) -> None:
    """Once, at any of its requests."""
    point = random.Random(kind).randrange(REQUESTS[kind])
    play(kind, weed_store, tmp_path, point=point, seed=1)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", REQUESTS)
def test_killed_at_20_points(weed_store: Store, tmp_path: Path, kind: str) -> None:
    """At each of its requests, and by chance at some of them again; and not at all."""
    assert play(kind, weed_store, tmp_path / "whole", point=None) >= REQUESTS[kind]
    for seed in range(20):
        point = seed if seed < REQUESTS[kind] else random.Random(seed).randrange(REQUESTS[kind])
        play(kind, weed_store, tmp_path / str(seed), point=point, seed=seed)
