"""Finding what was deleted and can be restored. No permissions here."""

from __future__ import annotations

from storage.gate import Passage
from storage.model.deleted import DeletedPage
from storage.s3.deleted import list_deleted

REQUESTS = 10  # 10,000 versions: a few seconds; further down, people open a folder


def find_deleted(where: Passage, prefix: str) -> DeletedPage:
    """What was deleted below `prefix` and is still kept, newest deletion first."""
    with where.read("deleted", prefix):
        return list_deleted(where.store, where.bucket.bucket, prefix, requests=REQUESTS)
