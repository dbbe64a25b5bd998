"""Changes over the real store."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from changes_rig import Rig

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.gate import Gate
from storage.s3.bucket import keep_versions
from storage.s3.client import Store


@pytest.fixture
def rig(
    weed_store: Store,
    bucket: str,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
) -> Iterator[Rig]:
    """Stage keeps versions; canonical, under the name of `bucket`, does not."""
    stage = f"stage-{uuid.uuid4().hex[:12]}"
    weed_store.client.create_bucket(Bucket=stage)
    keep_versions(weed_store, stage)
    buckets = {"stage": stage, "canonical": bucket, "main": bucket, "dev": bucket}
    made = Rig.over(weed_store, buckets, gate_to, audit, console_database)
    yield made
    made.jobs.close()
