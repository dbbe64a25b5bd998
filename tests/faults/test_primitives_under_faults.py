"""Every write of storage/s3 while the store fails: what it says is what is there afterwards."""

from __future__ import annotations

import io
from typing import Any

import pytest
from judging import FAULTS, QUICK, Write, judge

from storage.errors import StorageError
from storage.s3 import multipart
from storage.s3.client import Store
from storage.s3.delete import delete_batch, delete_object, undo_delete
from storage.s3.multipart import MIB, upload_stream
from storage.s3.objects import IfAbsent, IfMatch, put_object
from storage.s3.tags import set_tags

OLD = b"old" * 1_000
LARGE = b"large" * (MIB + 20_000)  # a part of 5 MiB, and a small one

pytestmark = pytest.mark.usefixtures("impatient", "small_parts")


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 5 MiB, the least that S3 takes: the tests send some hundred."""
    monkeypatch.setattr(multipart, "PART_BYTES", 5 * MIB)


def _seed(store: Store, bucket: str, key: str) -> str:
    return put_object(
        store, bucket, key, OLD, precondition=IfAbsent(), content_type="text/plain",
        tags={"was": "1"},
    ).etag  # fmt: skip


def _upload(store: Store, bucket: str, key: str, etag: str | None) -> object:
    return upload_stream(
        store, bucket, key, io.BytesIO(LARGE), len(LARGE),
        precondition=IfMatch(etag) if etag else IfAbsent(),
        content_type="audio/mpeg", metadata={"who": "ann"}, sleep=lambda _s: None,
    )  # fmt: skip


def _delete(store: Store, bucket: str, key: str, etag: str) -> object:
    return delete_object(store, bucket, key, if_match=etag)


ROWS = ("/1", "/2", "/3")


def _seed_rows(store: Store, bucket: str, key: str) -> list[tuple[str, str]]:
    return [(key + row, _seed(store, bucket, key + row)) for row in ROWS]


def _delete_rows(
    store: Store, bucket: str, key: str, rows: list[tuple[str, str]]
) -> list[StorageError | None]:
    return [error for _, error in delete_batch(store, bucket, rows)]


def _tag(store: Store, bucket: str, key: str, _etag: Any) -> None:
    set_tags(store, bucket, key, {"is": "2"}, expected={"was": "1"})


def _seed_marker(store: Store, bucket: str, key: str) -> str:
    store.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return delete_object(store, bucket, key, if_match=_seed(store, bucket, key)).version_id or ""


def _undo(store: Store, bucket: str, key: str, marker: str) -> None:
    undo_delete(store, bucket, key, marker)


WRITES = (
    Write("upload in parts", _upload),
    Write("replace in parts", _upload, _seed),
    Write("delete", _delete, _seed),
    Write("delete a batch", _delete_rows, _seed_rows, ROWS),
    Write("set tags", _tag, _seed),
    Write("undo a delete", _undo, _seed_marker),
)
EACH = pytest.mark.parametrize("write", WRITES, ids=[one.name for one in WRITES])


@EACH
def test_a_sample_of_quick_faults(weed_store: Store, bucket: str, write: Write) -> None:
    """Done, cleanly failed or unconfirmed; no upload is left over."""
    ended = judge(write, weed_store, bucket, QUICK, at_most=6)
    assert len(set(ended.values())) > 1, "the faults did nothing"


@pytest.mark.long
@pytest.mark.timeout(900)
@EACH
def test_every_fault_at_every_request_and_many_by_chance(
    weed_store: Store, bucket: str, write: Write
) -> None:
    """Also with stalls and requests that arrive late."""
    judge(write, weed_store, bucket, FAULTS, seeds=range(100, 130))
