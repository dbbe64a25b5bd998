"""Inventories over one bucket, as stage of the language courses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.config import load_config
from storage.db.engine import Database
from storage.gate import Gate
from storage.inventory.service import Inventories, works
from storage.jobs.service import Jobs
from storage.layout.load import load_layouts
from storage.s3.client import Store
from storage.settings import Settings


@dataclass
class Rig:
    """The service, its jobs, and the bucket."""

    inventories: Inventories
    jobs: Jobs
    store: Store
    bucket: str


def inventory_rig(
    store: Store,
    bucket: str,
    gate_to: Callable[..., Gate],
    database: Database,
    folder: Path,
) -> Rig:
    """`bucket` is stage; the project's other buckets are not there."""

    def now() -> datetime:
        return datetime.now(UTC)

    own = {"S3_STAGE_BUCKET": bucket, "S3_BUCKET_NAME": bucket}
    layouts = load_layouts(Settings(layout="ssi"), load_config(None), own)
    assert layouts["ssi"].bucket("stage").bucket == bucket
    gate = gate_to(layouts, store)
    jobs = Jobs(database, works(gate, database, folder, now), gate, now, workers=1)
    return Rig(Inventories(gate, jobs, database, folder, now), jobs, store, bucket)
