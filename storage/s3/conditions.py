"""What must hold before a write: stated with every one, and what to say when it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from storage.errors import Conflict, Unsupported
from storage.s3.client import Store, translating


@dataclass(frozen=True, slots=True)
class IfAbsent:
    """Write only where nothing is."""


@dataclass(frozen=True, slots=True)
class IfMatch:
    """Write only over the bytes that were read: their `etag`, without quotes."""

    etag: str


Precondition = IfAbsent | IfMatch


def asked(precondition: Precondition) -> dict[str, Any]:
    """The parameters by which S3 is told of `precondition`."""
    if isinstance(precondition, IfAbsent):
        return {"IfNoneMatch": "*"}
    return {"IfMatch": quoted(precondition.etag)}


def quoted(etag: str) -> str:
    """`etag` as S3 wants it in a condition."""
    return f'"{etag}"'


def changed(bucket: str, key: str) -> Conflict:
    """What to say where the object is another one than was read, and nothing was written."""
    return Conflict(
        "The object changed after it was read, so nothing was written.",
        "Reload, look at the newer version, and try again.",
        bucket=bucket,
        key=key,
    )


def deleted(bucket: str, key: str) -> Conflict:
    """What to say where nothing is any more, and nothing was written."""
    return Conflict(
        "The object was deleted after it was read, so nothing was written.",
        "Reload the list.",
        bucket=bucket,
        key=key,
    )


def ended(bucket: str, key: str) -> Conflict:
    """What to say where a multipart upload is no longer there to be gone on with."""
    return Conflict(
        "The upload was ended by somebody else before it was complete; nothing was written.",
        "Begin it again.",
        bucket=bucket,
        key=key,
    )


_MISSING = {"NoSuchKey": deleted, "NoSuchUpload": ended}


@contextmanager
def writing(action: str, bucket: str, key: str) -> Iterator[None]:
    """As `translating`; where what the write was about is missing, that is a Conflict: it was
    there when it was read. So answers S3 to If-Match where nothing is."""
    with translating(action, bucket, key):
        try:
            yield
        except ClientError as error:
            conflict = _MISSING.get(error.response.get("Error", {}).get("Code", ""))
            if conflict is None:
                raise
            raise conflict(bucket, key) from error


def refuse_unholdable(store: Store, bucket: str, key: str) -> None:
    """Raises Unsupported for a key this server would take for another one: also in a delete."""
    reason = store.capabilities.unholdable(key)
    if reason is not None:
        raise Unsupported(
            f"This store cannot hold that name: {reason}",
            "Choose another name, or another store.",
            bucket=bucket,
            key=key,
        )
