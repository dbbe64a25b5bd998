"""What the console works with, wired by `storage.bootstrap`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from storage.audit.log import Audit
from storage.changes.service import Changes
from storage.config import Config
from storage.console.service import Console
from storage.costs.ledger import Ledger
from storage.costs.service import Costs
from storage.costs.watching import Watching
from storage.inventory.service import Inventories
from storage.jobs.service import Jobs
from storage.layout.profile import Bucket, Layout
from storage.manifests.service import Manifests
from storage.measurements.service import Measurements
from storage.objects.service import Objects
from storage.objects.tickets import Tickets
from storage.office import Office
from storage.promotion.looking import Lookback
from storage.promotion.service import Promotions
from storage.review.service import Review
from storage.s3 import embedded
from storage.s3.client import Store
from storage.s3.presign import origin
from storage.sessions import Sessions
from storage.switches import Switches
from storage.welcomes.encouragements import Encouragements
from storage.welcomes.service import Welcomes

Mode = Literal["seaweedfs", "moto", "own"]


@dataclass(frozen=True)
class Services(Office):
    """Everything a page, a route or a command works with."""

    config: Config
    layouts: Mapping[str, Layout]
    objects: Objects
    tickets: Tickets
    audit: Audit
    sessions: Sessions
    switches: Switches
    jobs: Jobs
    changes: Changes
    welcomes: Welcomes
    inventories: Inventories
    costs: Costs
    ledger: Ledger
    budgets: Watching
    encouragements: Encouragements
    promotions: Promotions
    lookback: Lookback
    console: Console
    manifests: Manifests
    measurements: Measurements
    review: Review
    mode: Mode
    store_for: Callable[[Layout, Bucket], Store]
    close: Callable[[], None] = field(repr=False)
    embedded: embedded.EmbeddedStore | None = None

    def origins(self) -> tuple[str, ...]:
        """Where a browser fetches objects from, for the console's Content-Security-Policy."""
        found = {
            origin(self.store_for(layout, bucket), bucket.bucket)
            for layout in self.layouts.values()
            for bucket in layout.buckets
        }
        return tuple(sorted(found))
