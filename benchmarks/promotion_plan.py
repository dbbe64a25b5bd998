"""A plan for 200,000 references against two buckets of 1,000,000 keys each.

`python -m benchmarks.promotion_plan`: the listings are given, as inventories are; half of prod is
as stage, four tenths are other bytes, the rest is not there. Memory is what the plan needs on top
of the listings, and that of the whole process.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
import uuid

import numpy as np
import pyarrow as pa

from storage.config import Config
from storage.layout.load import load_layouts
from storage.model.promotion import ROWS_SCHEMA, Header, Scope
from storage.promotion.comparing import compared
from storage.promotion.gates import Heard, Said, Sound
from storage.promotion.planning import planned
from storage.settings import Settings

KEYS, REFERENCES = 1_000_000, 200_000  # issue 7
BAR_S, BAR_MIB = 5.0, 1_024


def bucket(keys: pa.Array, seed: int) -> pa.Table:
    """A listing of clips; another seed is other bytes."""
    chance, count = np.random.default_rng(seed), len(keys)
    columns = {
        "key": keys,
        "etag": pa.array([chance.bytes(16).hex() for _ in range(count)]),
        "size": pa.array(chance.integers(5_000, 60_000, count)),
        "modified": pa.array(chance.integers(1_600_000_000_000, 1_700_000_000_000, count)).cast(
            ROWS_SCHEMA.field("modified").type
        ),
        "storage_class": pa.repeat("STANDARD", count),
        "checksum": pa.repeat("", count),
    }
    return pa.table(columns, schema=ROWS_SCHEMA)


def peak_mib() -> int:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    """Prints seconds and memory, and ends with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    chance = np.random.default_rng(0)
    names = [str(uuid.UUID(bytes=chance.bytes(16))).upper() for _ in range(KEYS)]
    keys = pa.array([f"mastered/{name}.mp3" for name in names])
    stage = bucket(keys, 1)
    half, most = KEYS // 2, KEYS * 9 // 10
    prod = pa.concat_tables([stage.slice(0, half), bucket(keys.slice(half, most - half), 2)])
    prod = prod.combine_chunks()
    wanted = keys.take(pa.array(chance.choice(KEYS, REFERENCES, replace=False)))
    layout = load_layouts(Settings(), Config(), {})["ssi"]
    assert layout.promotion is not None
    header = Header("promotion", "ssi", "stage", "s", "prod", "p", Scope("course", ("a_for_b",)))
    said = Said(Heard(0, "All heard."), Sound(0, 0))
    before, took = peak_mib(), []
    for _ in range(args.turns):
        began = time.perf_counter()
        rows = compared(wanted, stage, prod)
        plan = planned(layout, layout.promotion, header, rows, said)
        took.append(time.perf_counter() - began)
    assert sum(plan.counts.values()) == REFERENCES, plan.counts
    seconds, peak = statistics.median(took), peak_mib()
    print(
        f"plan of {REFERENCES:,} references: {seconds:.2f} s ({min(took):.2f} to {max(took):.2f})"
    )
    print(f"memory: {peak:,} MiB in all, {peak - before:,} on top of the listings")
    print(f"bars: {BAR_S:.0f} s, {BAR_MIB:,} MiB")
    return int(seconds > BAR_S or peak > BAR_MIB)


if __name__ == "__main__":
    sys.exit(main())
