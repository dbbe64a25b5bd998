"""What a queue is made from: the bucket's listing, a course's manifest, what was measured."""

from __future__ import annotations

from dataclasses import dataclass

from storage.manifests.service import Manifests
from storage.measurements.service import Measurements
from storage.review.kept import KeptTables
from storage.review.listings import Listings


@dataclass(frozen=True)
class Sources:
    """All of it."""

    listings: Listings
    manifests: Manifests
    measurements: Measurements
    shelf: KeptTables
