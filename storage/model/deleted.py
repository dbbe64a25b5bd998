"""Objects that were deleted and can be brought back, as a page lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeletedObject:
    """A key whose newest version is a delete marker, and the newest version of it with bytes."""

    key: str
    deleted_at: datetime
    version_id: str  # what to restore
    size: int
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class DeletedPage:
    """Deleted objects below a prefix, newest deletion first.

    Not `complete` where the search ended early: then there may be more of them.
    """

    rows: tuple[DeletedObject, ...]
    complete: bool
    looked_at: int  # versions and markers
