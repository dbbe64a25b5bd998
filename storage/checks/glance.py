"""A quick look at a bucket for Home: what one page of it says about what waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from storage.access import require
from storage.errors import AccessDenied, NotFound, StorageError, Unsupported
from storage.layout.profile import Bucket, Layout
from storage.layout.rules import check_keys
from storage.model.findings import Finding
from storage.model.people import Actor, Can
from storage.s3.bucket import count_unfinished_uploads
from storage.s3.client import Store
from storage.s3.listing import list_page

GLANCE_KEYS = 1_000  # ListObjectsV2: max-keys ceiling, so a glance is one request


@dataclass(frozen=True, slots=True)
class Glance:
    """What the first `GLANCE_KEYS` objects of a bucket say. `more`: the bucket holds others too."""

    bucket: Bucket
    objects: int = 0
    size_bytes: int = 0
    more: bool = False
    empty: int = 0
    newest_key: str = ""
    newest: datetime | None = None
    findings: tuple[Finding, ...] = ()
    unfinished_uploads: int | None = None  # None: not asked (a prefix), or the store does not tell
    error: StorageError | None = None


def glance_all(
    actor: Actor,
    layout: Layout,
    places: Sequence[tuple[str, str]],
    store_for: Callable[[Layout, Bucket], Store],
) -> list[Glance]:
    """A glance at each (bucket role, prefix), at once. A bucket that fails carries its `error`.

    Under a prefix only what is of some kind of the layout counts.
    Raises AccessDenied where the actor may not list one of them.
    """
    for role, _ in places:
        require(actor, Can.OBJECT_LIST, layout, role)

    def look(place: tuple[str, str]) -> Glance:
        bucket = layout.bucket(place[0])
        try:
            return _glance(layout, bucket, place[1], store_for(layout, bucket))
        except StorageError as error:
            return Glance(bucket, error=error)

    with ThreadPoolExecutor(max(len(places), 1)) as pool:
        return list(pool.map(look, places))


def _glance(layout: Layout, bucket: Bucket, prefix: str, store: Store) -> Glance:
    page = list_page(store, bucket.bucket, prefix, limit=GLANCE_KEYS, delimiter="")
    rows = page.objects
    if prefix:  # a stray file beside the clips is no clip
        kinds = layout.classify_many(bucket.role, rows["key"].to_pylist())
        rows = rows.filter(pa.array([kind != "" for kind in kinds], pa.bool_()))
    newest = pc.index(rows["modified"], pc.max(rows["modified"])).as_py() if rows.num_rows else -1
    return Glance(
        bucket=bucket,
        objects=rows.num_rows,
        size_bytes=pc.sum(rows["size"]).as_py() or 0,
        more=not page.complete,
        empty=pc.sum(pc.equal(rows["size"], 0)).as_py() or 0,
        newest_key=rows["key"][newest].as_py() if rows.num_rows else "",
        newest=rows["modified"][newest].as_py() if rows.num_rows else None,
        findings=check_keys(layout, bucket.role, rows["key"].to_pylist()),
        unfinished_uploads=None if prefix else _unfinished(store, bucket.bucket),
    )


def _unfinished(store: Store, bucket: str) -> int | None:
    try:
        return count_unfinished_uploads(store, bucket)[0]
    except (AccessDenied, Unsupported, NotFound):
        return None  # a viewer's credentials need not see uploads; the card leaves the line out
