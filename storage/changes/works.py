"""The kinds of long work that changes are, for the job system to know at start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from storage.audit.log import Audit
from storage.changes.arrivals import ArrivalWork
from storage.changes.moving import TransferWork
from storage.changes.prefixes import PrefixWork
from storage.changes.storing import UploadWork
from storage.gate import Gate
from storage.jobs.work import Work
from storage.layout.profile import Bucket, Layout
from storage.s3.client import Store

IDLE = frozenset({ArrivalWork.kind})
"""Kinds that wait for others most of the time."""


def works(
    gate: Gate,
    layouts: Mapping[str, Layout],
    store_for: Callable[[Layout, Bucket], Store],
    audit: Audit,
    clock: Callable[[], datetime],
) -> tuple[Work, ...]:
    """Uploads of both kinds, copies and moves, deletions of a prefix, arrivals by link."""
    return (
        UploadWork(gate, layouts, store_for, from_disk=False),
        UploadWork(gate, layouts, store_for, from_disk=True),
        TransferWork(gate, layouts, store_for),
        PrefixWork(gate),
        ArrivalWork(layouts, store_for, audit, clock),
    )
