"""A plan for 200,000 references against two buckets of 1,000,000 keys each, by their inventories.

`python -m benchmarks.promotion_plan`: a console plans a release of 200,000 named objects as
`promote plan --from-inventory` does, from inventories that lie on disk as a scan leaves them, to
the plan that is kept in its database. Half of prod is as stage, four tenths are other bytes, the
rest is not there. Memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.own_store import connected
from benchmarks.promotion_same import environment
from storage import bootstrap
from storage.db.engine import open_database
from storage.db.inventories import InventoryRows
from storage.inventory.files import Archive
from storage.inventory.keeping import keep
from storage.inventory.rows_file import write_rows
from storage.inventory.service import FOLDER
from storage.model.inventory import ROW_SCHEMA, Scanned
from storage.model.people import local_actor
from storage.model.promotion import Scope
from storage.s3.bucket import create_bucket
from storage.s3.embedded import acquire

KEYS, REFERENCES = 1_000_000, 200_000  # issue 7
BAR_S, BAR_MIB = 5.0, 1_024
_BATCH = 50_000


def batches(keys: list[str], seeds: list[int]) -> Iterator[pa.RecordBatch]:
    """A scan's rows of clips; another seed is other bytes."""
    for at in range(0, len(keys), _BATCH):
        names = keys[at : at + _BATCH]
        count = len(names)
        chance = np.random.default_rng([at, seeds[at]])
        columns = {
            "key": names,
            "kind": pa.repeat("clip", count),
            "version_id": pa.repeat("", count),
            "is_latest": pa.repeat(True, count),
            "is_delete_marker": pa.repeat(False, count),
            "size": chance.integers(5_000, 60_000, count),
            "etag": [chance.bytes(16).hex() for _ in range(count)],
            "modified": pa.array(chance.integers(1_600_000_000_000, 1_700_000_000_000, count)).cast(
                ROW_SCHEMA.field("modified").type
            ),
            "storage_class": pa.repeat("STANDARD", count),
            "checksum_algorithm": pa.repeat("", count),
            "upload_id": pa.repeat("", count),
        }
        yield from pa.table(columns, schema=ROW_SCHEMA).to_batches()


def keep_inventory(data: Path, role: str, bucket: str, keys: list[str], seeds: list[int]) -> None:
    """As a scan of that bucket leaves it."""
    archive = Archive(data / FOLDER)
    written = write_rows(archive.of("same", role, role), bucket, batches(keys, seeds))
    scanned = Scanned(
        role, "same", role, bucket, "", "listing", datetime.now(UTC), versions=False,
        uploads=False, rows=written.rows, bytes=written.bytes, requests=1, seconds=1.0,
    )  # fmt: skip
    database = open_database(data / "console.db")
    keep(scanned, written.cells.table(), InventoryRows(database), archive)
    database.close()


def peak_mib() -> int:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    """Prints seconds and memory, and ends with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    chance = np.random.default_rng(0)
    keys = sorted(
        f"clips/{str(uuid.UUID(bytes=chance.bytes(16))).upper()}.mp3" for _ in range(KEYS)
    )
    half, most = KEYS // 2, KEYS * 9 // 10
    wanted = [keys[at] for at in chance.choice(KEYS, REFERENCES, replace=False)]
    with tempfile.TemporaryDirectory() as text, acquire(Path(text), kind="seaweedfs") as lease:
        embedded, folder = lease.store, Path(text)
        buckets = (f"stage-{uuid.uuid4().hex[:8]}", f"prod-{uuid.uuid4().hex[:8]}")
        store = connected(embedded)
        for bucket in buckets:
            create_bucket(store, bucket, versioning=False)
        store.close()
        environ = environment(embedded, folder, buckets)
        with closing(bootstrap.build(environ)) as services:
            data = Path(environ["STORAGE_DATA"])
            keep_inventory(data, "stage", buckets[0], keys, [1] * KEYS)
            keep_inventory(data, "prod", buckets[1], keys[:most], [1] * half + [2] * KEYS)
            del keys
            scope, before, took = Scope("keys", tuple(wanted)), peak_mib(), []
            for _ in range(args.turns):
                began = time.perf_counter()
                plan = services.promotions.plan(local_actor(), "same", scope, inventories=True)
                took.append(time.perf_counter() - began)
    counts = {name: count for name, count in plan.counts.items() if count}
    assert sum(count for name, count in counts.items() if name != "blocked") == REFERENCES, counts
    assert abs(counts["same"] - REFERENCES // 2) < REFERENCES // 20, counts
    seconds, peak = statistics.median(took), peak_mib()
    print(
        f"plan of {REFERENCES:,} references: {seconds:.2f} s ({min(took):.2f} to {max(took):.2f})"
    )
    print(f"memory: {peak:,} MiB in all; {before:,} before the first plan")
    print(f"bars: {BAR_S:.0f} s, {BAR_MIB:,} MiB")
    return int(seconds > BAR_S or peak > BAR_MIB)


if __name__ == "__main__":
    sys.exit(main())
