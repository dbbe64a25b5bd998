"""What a bucket held when it was last measured: inventories in the place of listings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import NotFound
from storage.inventory.query import Inventory
from storage.layout.profile import Bucket
from storage.model.promotion import ROWS_SCHEMA


def covering(
    kept: Iterable[Inventory], bucket: Bucket, prefixes: Sequence[str]
) -> Inventory | None:
    """The first of those kept that holds every key below the prefixes; None without one."""
    for one in kept:
        mine = one.bucket == bucket.bucket and one.has_rows
        if mine and all(prefix.startswith(one.prefix) for prefix in prefixes):
            return one
    return None


def lacking(bucket: Bucket, prefixes: Sequence[str]) -> NotFound:
    """What to say where there is none."""
    what = f"what lies below {prefixes[0]}" if prefixes and prefixes[0] else "it"
    return NotFound(
        f"No inventory of {bucket.title} holds {what}.",
        f"Measure the bucket on Costs (or by `scan {bucket.role} --out FILE`), or plan from what "
        "both buckets hold now.",
        bucket=bucket.bucket,
    )


def stored(inventory: Inventory, wanted: pa.Array | None, prefixes: Sequence[str]) -> pa.Table:
    """What it holds under the keys `wanted`, or else below the prefixes (ROWS_SCHEMA)."""
    if wanted is not None:
        found = [inventory.by_keys(pc.unique(wanted))]
    else:
        found = [inventory.below(prefix) for prefix in prefixes]
    rows = pa.concat_tables(found)
    rows = rows.append_column("checksum", pa.repeat("", rows.num_rows))
    return rows.select(ROWS_SCHEMA.names).cast(ROWS_SCHEMA).combine_chunks()


def age(at: datetime, now: datetime) -> str:
    """`3 hours old`."""
    since = (now - at).total_seconds()
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(since // length)
        if count:
            return f"{count} {name}{'' if count == 1 else 's'} old"
    return "less than a minute old"


def note(both: Sequence[tuple[Bucket, Inventory]], now: datetime) -> str:
    """What a plan says of the inventories that it was made from."""
    told = " and ".join(
        f"{bucket.title} at {one.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {age(one.at, now)}"
        for bucket, one in both
    )
    return (
        f"Planned from inventories: {told}. What was written since is not in it: the run asks for "
        "each object, and does not touch what is another by now."
    )
