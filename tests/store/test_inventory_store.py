"""Inventories of a real store, which lists as a tree and loses versions from page to page."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from inventory_rig import Rig, inventory_rig
from odd_keys import HELD_EVERYWHERE

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import NotFound, Unsupported
from storage.gate import Gate
from storage.inventory.files import CELLS_FILE, DAYS_FILE, FOLDERS_FILE, NAMES_FILE, ROWS_FILE
from storage.model.audit import AuditFilter
from storage.model.people import local_actor
from storage.s3.bucket import keep_versions
from storage.s3.client import Store
from storage.s3.scan_pages import list_objects

KEYS = sorted({*HELD_EVERYWHERE, "a/x.mp3", "a/\U0010ffff.mp3", "users/7/r/1", "users/8/r/2"})
ME = local_actor()
FILES = sorted([CELLS_FILE, DAYS_FILE, FOLDERS_FILE, NAMES_FILE, ROWS_FILE])


@pytest.fixture
def rig(  # noqa: PLR0917  fixtures
    weed_store: Store,
    bucket: str,
    gate_to: Callable[..., Gate],
    console_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    """Pages of seven rows, so that a few objects are many pages."""
    monkeypatch.setattr("storage.inventory.taking.PAGE_KEYS", 7)
    made = inventory_rig(weed_store, bucket, gate_to, console_database, tmp_path)
    yield made
    made.jobs.close()


def put(store: Store, bucket: str, *keys: str) -> None:
    for key in keys:
        store.client.put_object(Bucket=bucket, Key=key, Body=b"x" * (len(key) % 50))


def test_a_tree_starts_after_any_name(weed_store: Store, bucket: str) -> None:
    """Also after the name of a folder, whose content a plain request passes over: whatever follows
    in the tree's own order is listed."""
    put(weed_store, bucket, *KEYS)

    def place(key: str) -> str:
        return key.replace("/", "\0")

    every = sorted(KEYS, key=place)
    starts = {*KEYS, *(key.split("/")[0] for key in KEYS), *(key[:2] for key in KEYS)}
    for after in sorted(starts | {"users/7", "users/7/", "users/\U0010ffff", "a\U0010ffff"}):
        found = list_objects(weed_store, bucket, "", after).rows["key"].to_pylist()
        assert found == [key for key in every if place(key) > place(after)], after


def test_an_inventory_has_every_object_in_order_of_bytes(rig: Rig) -> None:
    """With its size, ETag and time; counted to the request; its totals are kept, its files too."""
    put(rig.store, rig.bucket, *KEYS)
    job = rig.inventories.start(ME, "ssi", "stage", watch=lambda *_: None)
    found = rig.inventories.newest(ME, "ssi", "stage")
    assert found is not None
    rows = pq.read_table(found.rows_path)
    assert rows["key"].to_pylist() == sorted(KEYS, key=str.encode)
    listed = rig.store.client.list_objects_v2(Bucket=rig.bucket)["Contents"]
    expected = {
        row["Key"]: (row["Size"], row["ETag"].strip('"'), row["LastModified"]) for row in listed
    }
    assert {
        row["key"]: (row["size"], row["etag"], row["modified"]) for row in rows.to_pylist()
    } == expected
    assert job.result["rows"] == found.rows == len(KEYS)
    assert job.result["bytes"] == found.bytes == sum(len(key) % 50 for key in KEYS)
    assert pc.sum(found.cells()["objects"]).as_py() == len(KEYS)
    history = rig.inventories.history(ME, "ssi", "stage")
    assert pc.sum(history["bytes"]).as_py() == found.bytes
    assert sorted(path.name for path in found.rows_path.parent.iterdir()) == FILES


def test_versions_markers_and_parts_are_all_there(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the store loses versions between pages: each one that was written, once."""
    monkeypatch.setattr("storage.inventory.taking.PAGE_KEYS", 30)
    client, bucket = rig.store.client, rig.bucket
    keep_versions(rig.store, bucket)
    numbers = random.Random(5)
    names = [key for key in KEYS if len(key) < 100]
    written = set()
    for key in names:
        for body in range(numbers.randint(1, 3)):
            answer = client.put_object(Bucket=bucket, Key=key, Body=b"x" * body)
            written.add((key, answer["VersionId"], False))
    for key in numbers.sample(names, 9):
        written.add((key, client.delete_object(Bucket=bucket, Key=key)["VersionId"], True))
    upload = client.create_multipart_upload(Bucket=bucket, Key="b/left.mp3")["UploadId"]
    client.upload_part(
        Bucket=bucket, Key="b/left.mp3", UploadId=upload, PartNumber=1, Body=b"p" * 99
    )
    told: list[int] = []
    job = rig.inventories.start(
        ME, "ssi", "stage", versions=True, uploads=True, watch=lambda done, *_: told.append(done)
    )
    found = rig.inventories.newest(ME, "ssi", "stage")
    assert found is not None
    rows = pq.read_table(found.rows_path).to_pylist()
    assert told[-1] == len(rows), "what the job says in the end, although it listed them twice"
    parts = [row for row in rows if row["upload_id"]]
    assert [(row["key"], row["size"], row["upload_id"]) for row in parts] == [
        ("b/left.mp3", 99, upload)
    ]
    assert sorted(
        (row["key"], row["version_id"], row["is_delete_marker"])
        for row in rows
        if not row["upload_id"]
    ) == sorted(written)
    keys = [row["key"] for row in rows]
    assert keys == sorted(keys, key=str.encode)
    latest = [row["key"] for row in rows if row["is_latest"]]
    assert sorted(latest) == sorted(names)
    assert [one["rule"] for one in job.result["findings"]] == ["listed-by-parts"]
    states = found.sql("SELECT state, sum(objects)::INT AS n FROM cells GROUP BY 1 ORDER BY 1")
    assert states.to_pylist()[0] == {"state": "current", "n": len(names) - 9}
    assert {"state": "part", "n": 1} in states.to_pylist()


def test_objects_of_a_bucket_that_keeps_versions_are_all_there(rig: Rig) -> None:
    """There the store loses those whose name is the beginning of another's from page to page."""
    keep_versions(rig.store, rig.bucket)
    names = [f"{folder}{name}" for folder in ("", "f/") for name in ("b", "b-1", "b.x", "b.w", "c")]
    names += [f"b{number}" for number in range(30)]
    put(rig.store, rig.bucket, *names)
    rig.inventories.start(ME, "ssi", "stage", watch=lambda *_: None)
    found = rig.inventories.newest(ME, "ssi", "stage")
    assert found is not None
    assert found.sql("SELECT key FROM rows")["key"].to_pylist() == sorted(names)


def test_an_empty_bucket_and_a_missing_one(rig: Rig) -> None:
    """The first has an inventory without rows, the second has none and says so."""
    rig.inventories.start(ME, "ssi", "stage", watch=lambda *_: None)
    found = rig.inventories.newest(ME, "ssi", "stage")
    assert found is not None
    assert found.rows == 0
    assert found.search("x").total == 0
    assert found.cells().num_rows == 0
    with pytest.raises(NotFound):
        rig.inventories.start(ME, "ssi", "prod", watch=lambda *_: None)
    assert rig.inventories.newest(ME, "ssi", "prod") is None


def test_a_scan_is_in_the_audit_log(rig: Rig, audit: Audit) -> None:
    """Before it begins and when it is done, with what it cost."""
    put(rig.store, rig.bucket, "a.mp3")
    rig.inventories.start(ME, "ssi", "stage", "a", watch=lambda *_: None)
    rows = audit.search(AuditFilter(action="inventory:scan"))
    told = [(row.event.result, row.event.key) for row in rows.rows]
    assert told == [("done", "a"), ("allowed", "a")]
    assert rows.rows[0].event.detail["requests"] == 2  # the page, and whether versions are kept


def test_only_the_newest_rows_are_kept(rig: Rig) -> None:
    """Of older inventories there are totals; asking them for keys says so."""
    put(rig.store, rig.bucket, "a.mp3")
    first = rig.inventories.start(ME, "ssi", "stage", watch=lambda *_: None)
    put(rig.store, rig.bucket, "b.mp3")
    rig.inventories.start(ME, "ssi", "stage", watch=lambda *_: None)
    newest, *_ = rig.inventories.scans(ME, "ssi", "stage")
    assert newest.rows == 2
    old = rig.inventories.get(ME, "ssi", "stage", first.id)
    assert pc.sum(old.cells()["objects"]).as_py() == 1
    with pytest.raises(Unsupported, match="totals"):
        old.search("a")


def test_the_estimate_is_counted_or_known(rig: Rig) -> None:
    """A small bucket is counted by the first page; afterwards the last scan is what is known."""
    put(rig.store, rig.bucket, "a.mp3", "b.mp3")
    first = rig.inventories.estimate(ME, "ssi", "stage")
    assert (first.objects, first.requests, first.spent) == (2, 1, 1)
    rig.inventories.start(ME, "ssi", "stage", watch=lambda *_: None)
    second = rig.inventories.estimate(ME, "ssi", "stage", versions=True)
    assert (second.objects, second.spent) == (2, 1), "of versions nothing is known yet"
    assert "Old versions" in second.basis
