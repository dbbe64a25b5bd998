"""Two clients save one object at the same time: nobody's acknowledged work is lost."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest
from fault_proxy import FaultProxy
from judging import by_chance

from storage.errors import Conflict, StorageError, Unavailable, Unconfirmed
from storage.s3.client import Store, connect
from storage.s3.objects import IfMatch, head_object, list_versions, put_object, read_range

SAVES = 200
THREADS = 4  # of each client
KEY = "registry.json"


class Saver:
    """Reads the list of saves, adds one of its own, saves it; keeps what it was told."""

    def __init__(self, store: Store, bucket: str) -> None:
        self.store, self.bucket = store, bucket
        self.acknowledged: dict[str, str] = {}  # id of the save -> etag
        self.conflicts: list[str] = []
        self.unconfirmed: list[str] = []
        self.failed: list[str] = []

    def save(self, name: str) -> None:
        """One attempt, told to one of the four."""
        try:
            head = head_object(self.store, self.bucket, KEY)
            body = read_range(self.store, self.bucket, KEY, 0, head.size, if_match=head.etag)
        except (Conflict, Unavailable):
            self.failed.append(name)  # nothing was saved yet
            return
        saves = [*json.loads(body), name]
        try:
            written = put_object(
                self.store, self.bucket, KEY, json.dumps(saves).encode(),
                precondition=IfMatch(head.etag), content_type="application/json",
            )  # fmt: skip
            self.acknowledged[name] = written.etag
        except Conflict:
            self.conflicts.append(name)
        except Unconfirmed:
            self.unconfirmed.append(name)
        except StorageError:
            self.failed.append(name)


@pytest.fixture
def versioned(weed_store: Store, bucket: str) -> str:
    """A bucket that keeps versions, with an empty list of saves in it."""
    weed_store.client.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    weed_store.client.put_object(Bucket=bucket, Key=KEY, Body=b"[]")
    return bucket


def _run(savers: list[Saver], saves: int) -> None:
    with ThreadPoolExecutor(THREADS * len(savers)) as pool:
        barrier = threading.Barrier(THREADS * len(savers))

        def work(saver: Saver, thread: str, many: int) -> None:
            barrier.wait()
            for number in range(many):
                saver.save(f"{thread}-{number}")

        jobs = [
            pool.submit(work, saver, f"{client}-{thread}", saves // (THREADS * len(savers)))
            for client, saver in enumerate(savers)
            for thread in range(THREADS)
        ]
        for job in jobs:
            job.result()


def _check(store: Store, bucket: str, savers: list[Saver]) -> None:
    """The versions are one chain, each one save longer; every acknowledged save is a link of it."""
    rows = list_versions(store, bucket, KEY, limit=1_000)
    bodies = {
        row.etag: json.loads(
            store.client.get_object(Bucket=bucket, Key=KEY, VersionId=row.version_id)["Body"].read()
        )
        for row in rows
    }
    assert len(bodies) == len(rows), "a save was written twice"
    chain = bodies[rows[0].etag]
    assert sorted(bodies.values(), key=len) == [chain[:n] for n in range(len(chain) + 1)]
    told = {name: etag for saver in savers for name, etag in saver.acknowledged.items()}
    for name, etag in told.items():
        assert bodies[etag][-1] == name, f"{name} was acknowledged and is no version"
    perhaps = {name for saver in savers for name in saver.unconfirmed}
    assert set(chain) - perhaps <= set(told), "what was told to have failed was saved"


def test_200_saves_of_one_object_by_two_clients(weed_store: Store, versioned: str) -> None:
    """Each save is acknowledged and a version, or told as a conflict: nothing between, none lost."""
    with ExitStack() as opened:
        savers = []
        for _ in range(2):
            store = connect(weed_store.connection)
            opened.callback(store.close)
            savers.append(Saver(store, versioned))
        _run(savers, SAVES)
    assert not any(saver.unconfirmed for saver in savers)
    acknowledged = sum(len(saver.acknowledged) for saver in savers)
    turned_away = sum(len(saver.conflicts) + len(saver.failed) for saver in savers)
    assert acknowledged + turned_away == SAVES
    assert all(saver.acknowledged and saver.conflicts for saver in savers)
    _check(weed_store, versioned, savers)


@pytest.mark.parametrize(
    ("seed", "saves"),
    [(1, 40), *(pytest.param(seed, SAVES, marks=pytest.mark.long) for seed in range(10, 20))],
)
def test_saves_while_the_store_fails(
    impatient: None, weed_store: Store, versioned: str, seed: int, saves: int
) -> None:
    """Lost answers, late requests and refusals by chance: still one chain, and no wrong word."""
    with ExitStack() as opened:
        savers, proxies = [], []
        for client in range(2):
            proxy = opened.enter_context(FaultProxy(weed_store.connection.endpoint_url))
            store = connect(replace(weed_store.connection, endpoint_url=proxy.url))
            opened.callback(store.close)
            assert store.capabilities.put_if_match
            proxy.plan = by_chance(seed * 10 + client, 0.15)
            proxies.append(proxy)
            savers.append(Saver(store, versioned))
        _run(savers, saves)
        assert any(saver.acknowledged for saver in savers)
        for proxy in proxies:
            proxy.recover()
    _check(weed_store, versioned, savers)
