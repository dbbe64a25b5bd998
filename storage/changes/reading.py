"""What a plan needs to know of a bucket, read from the store. No permissions here."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from storage.errors import AccessDenied, InvalidInput, NotFound, Unsupported
from storage.gate import Passage
from storage.model.changes import Versioning
from storage.model.objects import ObjectHead
from storage.s3.bucket_state import versioning_of
from storage.s3.objects import head_object

KEYS_MAX = 1_000  # of one plan: what a person can still look through; more is a prefix or a job
_PARALLEL = 8


def heads(where: Passage, keys: Sequence[str]) -> list[ObjectHead | None]:
    """The facts of each key, None where nothing is. Raises InvalidInput for none or over 1,000."""
    if not 1 <= len(keys) <= KEYS_MAX:
        raise InvalidInput(
            f"{len(keys):,} objects cannot be planned at once.", f"Choose 1 to {KEYS_MAX:,}."
        )
    with ThreadPoolExecutor(min(_PARALLEL, len(keys))) as pool:
        return list(pool.map(lambda key: head(where, key), keys))


def head(where: Passage, key: str) -> ObjectHead | None:
    """The object's facts, None where nothing is."""
    try:
        return head_object(where.store, where.bucket.bucket, key)
    except NotFound:
        return None


def versioning(where: Passage) -> Versioning:
    """Whether the bucket keeps old versions, "unknown" where the store does not say."""
    try:
        return versioning_of(where.store, where.bucket.bucket)
    except (AccessDenied, Unsupported):
        return "unknown"


def version_of(found: ObjectHead | None) -> str:
    """What the audit log calls that state: the version id where there are versions, else the ETag,
    "" for nothing."""
    return (found.version_id or found.etag) if found else ""
