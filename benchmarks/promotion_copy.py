"""5,000 new objects of 10 KB from one bucket to another, beside `s5cmd cp` and `aws s3 sync`.

`python -m benchmarks.promotion_copy`: a SeaweedFS of its own, the contenders in turns, each into a
place of its own. Ours is a release as a console runs it, from the start of its job to its last
copy: it states what it expects of source and target with every copy, and journals each before and
after; the others do neither. Its verification is told apart, and so are its copies alone.
Afterwards every copy is compared with its source by size and ETag.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from benchmarks.own_store import connected, put_all
from benchmarks.promotion_same import environment
from storage import bootstrap
from storage.model.people import local_actor
from storage.model.promotion import Scope
from storage.s3.bucket import create_bucket
from storage.s3.client import Store
from storage.s3.conditions import IfAbsent
from storage.s3.direct import Task
from storage.s3.embedded import EmbeddedStore, acquire
from storage.s3.listing import list_pages
from storage.s3.many_copies import VOLLEY, WORKERS, Copied, Copies

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv-bench" / "bin"
OBJECTS, SIZE_BYTES = 5_000, 10_000  # issue 7
OURS, BARE = "a release's copies", "without its journal"
S5CMD, SYNC = "s5cmd cp", "aws s3 sync"
BARS = {S5CMD: 1.0, SYNC: 2.0}  # issue 7: so many times as many objects a second

Copy = Callable[[str], float]
"""Copies everything below that prefix of its own bucket; the seconds it took."""


def everything(store: Store, bucket: str, prefix: str = "") -> pa.Table:
    """What is below the prefix."""
    return pa.Table.from_batches(page.objects for page in list_pages(store, bucket, prefix))


def fill(store: Store, bucket: str, objects: int) -> None:
    """That many clips."""
    keys = (f"clips/{str(uuid.uuid4()).upper()}.mp3" for _ in range(objects))
    put_all(store, bucket, ((key, os.urandom(SIZE_BYTES)) for key in keys))


def release(embedded: EmbeddedStore, folder: Path, source: str, target: str) -> tuple[float, float]:
    """Seconds from the start of a release's job to its last copy, and those of the verification."""
    actor, copied = local_actor(), list[float]()
    with closing(bootstrap.build(environment(embedded, folder, (source, target)))) as services:
        promotions = services.promotions
        made = promotions.plan(actor, "same", Scope("prefix", ("clips/",)))
        promotions.approve(actor, "same", made.id, made.hash)

        def watch(done: int, total: int, _text: str) -> None:
            if done == total and not copied:
                copied.append(time.perf_counter())

        began = time.perf_counter()
        promotions.run(actor, "same", made.id, typed=made.header.scope.text, watch=watch)
        ended = time.perf_counter()
        assert promotions.show(actor, "same", made.id).state == "live"
    return copied[0] - began, ended - copied[0]


def bare(store: Store, source: str, target: str) -> Copy:
    """As a release copies; the list of what is to be copied is its plan."""

    def copy(prefix: str) -> float:
        rows = everything(store, source).to_pylist()
        tasks = [
            Task(
                source_key=row["key"],
                source_version="",
                etag=row["etag"],
                size=row["size"],
                storage_class=row["storage_class"],
                target_key=f"{prefix}{row['key']}",
                precondition=IfAbsent(),
                plain=True,
            )
            for row in rows
        ]
        began = time.perf_counter()
        volleys = [tasks[at : at + VOLLEY] for at in range(0, len(tasks), VOLLEY)]
        with ThreadPoolExecutor(WORKERS) as pool:
            some = Copies(store, source, target).some
            outcomes = [one for done in pool.map(some, volleys) for one in done]
        took = time.perf_counter() - began
        assert all(isinstance(one, Copied) for one in outcomes), outcomes[:3]
        return took

    return copy


def command(argv: Callable[[str], list[str]], embedded: EmbeddedStore) -> Copy:
    """One of the others, as one runs it."""
    environ = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": embedded.access_key_id,
        "AWS_SECRET_ACCESS_KEY": str(embedded.secret_access_key),
        "AWS_REGION": embedded.region,
        "AWS_DEFAULT_REGION": embedded.region,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    }

    def copy(prefix: str) -> float:
        began = time.perf_counter()
        subprocess.run(argv(prefix), env=environ, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    return copy


def contenders(
    store: Store, embedded: EmbeddedStore, source: str
) -> Mapping[str, tuple[str, Copy]]:
    """By name: its bucket, and how it copies."""
    url = embedded.endpoint_url
    buckets = {
        name: f"to-{at}-{uuid.uuid4().hex[:8]}" for at, name in enumerate((BARE, S5CMD, SYNC))
    }
    for bucket in buckets.values():
        create_bucket(store, bucket, versioning=False)
    s5, aws = str(BIN / "s5cmd"), str(BIN / "aws")

    def s5cmd(prefix: str) -> list[str]:
        to = f"s3://{buckets[S5CMD]}/{prefix}"
        return [s5, "--endpoint-url", url, "--log", "error", "cp", f"s3://{source}/*", to]

    def sync(prefix: str) -> list[str]:
        ends = [f"s3://{source}", f"s3://{buckets[SYNC]}/{prefix}"]
        return [aws, "s3", "sync", *ends, "--endpoint-url", url, "--only-show-errors"]

    return {
        BARE: (buckets[BARE], bare(store, source, buckets[BARE])),
        S5CMD: (buckets[S5CMD], command(s5cmd, embedded)),
        SYNC: (buckets[SYNC], command(sync, embedded)),
    }


def check(store: Store, source: str, target: str, prefix: str) -> None:
    """That every object is there as it is in the source."""
    wanted = everything(store, source)
    found = everything(store, target, prefix)
    told = {
        row["key"].removeprefix(prefix): (row["etag"], row["size"]) for row in found.to_pylist()
    }
    meant = {row["key"]: (row["etag"], row["size"]) for row in wanted.to_pylist()}
    assert told == meant, f"{target} is not as {source}"


def main() -> int:
    """Prints objects a second of each, and ends with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=OBJECTS)
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    rates: dict[str, list[float]] = {OURS: [], BARE: [], S5CMD: [], SYNC: []}
    verifying = []
    with tempfile.TemporaryDirectory() as data, acquire(Path(data), kind="seaweedfs") as lease:
        embedded = lease.store
        store = connected(embedded)
        source = f"from-{uuid.uuid4().hex[:8]}"
        create_bucket(store, source, versioning=False)
        fill(store, source, args.objects)
        found = contenders(store, embedded, source)
        for turn in range(args.turns):
            folder, target = Path(data) / f"console-{turn}", f"prod-{turn}-{uuid.uuid4().hex[:8]}"
            folder.mkdir()
            create_bucket(store, target, versioning=False)
            copied_s, verified_s = release(embedded, folder, source, target)
            rates[OURS].append(args.objects / copied_s)
            verifying.append(args.objects / verified_s)
            check(store, source, target, "")
            for name, (bucket, copy) in found.items():
                prefix = f"{turn}/"
                rates[name].append(args.objects / copy(prefix))
                check(store, source, bucket, prefix)
        store.close()
    middle = {name: statistics.median(each) for name, each in rates.items()}
    for name, each in rates.items():
        spread = ", ".join(f"{rate:,.0f}" for rate in each)
        print(f"{name:<20} {middle[name]:>8,.0f} objects/s   ({spread})")
    print(f"{'its verification':<20} {statistics.median(verifying):>8,.0f} objects/s")
    missed = False
    for name, bar in BARS.items():
        times = middle[OURS] / middle[name]
        missed |= times < bar
        print(f"{times:.2f} times {name}; the bar is {bar:.1f}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
