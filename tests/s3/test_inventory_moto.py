"""Inventories where the store holds every key AWS holds; AWS's own reports; CloudWatch's sizes."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from inventory_rig import Rig, inventory_rig
from odd_keys import HELD_EVERYWHERE, ONLY_FLAT_STORES

from storage.db.engine import Database
from storage.errors import InvalidInput, NotFound, StorageError, Unsupported, VerifyFailed
from storage.gate import Gate
from storage.inventory.files import CELLS_FILE, DAYS_FILE, FOLDERS_FILE, NAMES_FILE, ROWS_FILE
from storage.inventory.query import Inventory
from storage.model.people import local_actor
from storage.s3.bucket import keep_versions
from storage.s3.client import Store

ME = local_actor()
FILES = sorted([CELLS_FILE, DAYS_FILE, FOLDERS_FILE, NAMES_FILE, ROWS_FILE])
# moto cannot hold line feeds, and writes returns into its lists as they are, which XML reads as feeds
KEYS = [key for key in (*HELD_EVERYWHERE, *ONLY_FLAT_STORES) if not {"\n", "\r"} & set(key)]
MADE = datetime(2026, 11, 26, 1, tzinfo=UTC)


@pytest.fixture
def rig(  # noqa: PLR0917  fixtures
    moto_store: Store,
    moto_bucket: str,
    gate_to: Callable[..., Gate],
    console_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    monkeypatch.setattr("storage.inventory.taking.PAGE_KEYS", 6)
    made = inventory_rig(moto_store, moto_bucket, gate_to, console_database, tmp_path)
    yield made
    made.jobs.close()


def newest(rig: Rig) -> Inventory:
    found = rig.inventories.newest(ME, "ssi", "stage")
    assert found is not None
    return found


def test_every_legal_key_is_in_the_inventory(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order of bytes: with all versions of each, and what is there now over many pages."""
    # moto 5.2.5 answers 500 to some pages of versions
    monkeypatch.setattr("storage.inventory.taking.PAGE_KEYS", 1_000)
    keep_versions(rig.store, rig.bucket)
    written = set()
    for number, key in enumerate(KEYS):
        for body in range(1 + number % 3):
            answer = rig.store.client.put_object(Bucket=rig.bucket, Key=key, Body=b"x" * body)
            written.add((key, answer["VersionId"]))
    gone = rig.store.client.delete_object(Bucket=rig.bucket, Key=KEYS[0])
    written.add((KEYS[0], gone["VersionId"]))
    rig.inventories.start(ME, "ssi", "stage", versions=True, watch=lambda *_: None)
    rows = pq.read_table(newest(rig).rows_path).to_pylist()
    assert sorted((row["key"], row["version_id"]) for row in rows) == sorted(written)
    keys = [row["key"] for row in rows]
    assert keys == sorted(keys, key=str.encode)
    monkeypatch.setattr("storage.inventory.taking.PAGE_KEYS", 6)
    rig.inventories.start(ME, "ssi", "stage", watch=lambda *_: None)
    living = [row["key"] for row in pq.read_table(newest(rig).rows_path).to_pylist()]
    assert living == sorted(KEYS[1:], key=str.encode)


# -- AWS S3 Inventory ---------------------------------------------------------------------------

# as AWS writes them: no header, everything quoted, keys in URL form, a delete marker has no size
_CSV_SCHEMA = (
    "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, "
    "StorageClass, IsMultipartUploaded, ReplicationStatus, ChecksumAlgorithm"
)
_WRITTEN = [
    ("mastered/b c+d.mp3", "v2", True, False, 7, "2026-11-20T08:00:00.000Z", "e" * 32, "GLACIER", "CRC32"),
    ("mastered/b c+d.mp3", "v1", False, False, 5, "2026-10-20T08:00:00.000Z", "d" * 32, "STANDARD", ""),
    ("mastered/\u00e9\"quoted\".mp3", "v3", True, True, None, "2026-11-21T08:00:00.000Z", "", "", ""),
    ("a.mp3", "null", True, False, 0, "2024-02-29T08:00:00.000Z", "f" * 32, "STANDARD", "SHA256"),
]  # fmt: skip


def csv_file(bucket: str) -> bytes:
    lines = []
    for key, version, latest, marker, size, when, etag, storage_class, checksum in _WRITTEN:
        cells = [
            bucket, quote_plus(key, safe="/"), version, str(latest).lower(), str(marker).lower(),
            "" if size is None else str(size), when, etag, storage_class, "false", "", checksum,
        ]  # fmt: skip
        lines.append(",".join(f'"{cell}"' for cell in cells))
    return gzip.compress("\n".join(lines).encode())


def parquet_file(bucket: str, path: Path) -> bytes:
    columns: dict[str, Any] = {
        "bucket": [bucket] * len(_WRITTEN),
        **dict(zip(("key", "version_id", "is_latest", "is_delete_marker"), zip(*_WRITTEN, strict=True), strict=False)),
        "size": [row[4] for row in _WRITTEN],
        "last_modified_date": pa.array(
            [datetime.fromisoformat(row[5]) for row in _WRITTEN], pa.timestamp("ms")
        ),
        "e_tag": [row[6] or None for row in _WRITTEN],
        "storage_class": [row[7] or None for row in _WRITTEN],
        "is_multipart_uploaded": [False] * len(_WRITTEN),
        "checksum_algorithm": [row[8] or None for row in _WRITTEN],
    }  # fmt: skip
    pq.write_table(pa.table(columns), path)
    return path.read_bytes()


def put_report(rig: Rig, form: str, data: bytes, **changed: Any) -> str:
    """Writes a report as AWS lays it out, and returns the place of its manifest."""
    client, reports = rig.store.client, f"{rig.bucket}-reports"
    client.create_bucket(Bucket=reports)
    key = f"all/{rig.bucket}/data/1.{form.lower()}"
    client.put_object(Bucket=reports, Key=key, Body=data)
    md5 = hashlib.md5(data).hexdigest()
    manifest = {
        "sourceBucket": rig.bucket,
        "destinationBucket": f"arn:aws:s3:::{reports}",
        "version": "2016-11-30",
        "creationTimestamp": str(int(MADE.timestamp() * 1000)),
        "fileFormat": form,
        "fileSchema": _CSV_SCHEMA if form == "CSV" else "message s3.inventory { … }",
        "files": [{"key": key, "size": len(data), "MD5checksum": md5}],
        **changed,
    }
    body = json.dumps(manifest).encode()
    folder = f"all/{rig.bucket}/2026-11-26T01-00Z"
    client.put_object(Bucket=reports, Key=f"{folder}/manifest.json", Body=body)
    checksum = hashlib.md5(body).hexdigest().encode()
    client.put_object(Bucket=reports, Key=f"{folder}/manifest.checksum", Body=checksum)
    return f"s3://{reports}/{folder}/manifest.json"


def read_report(rig: Rig, place: str) -> Any:
    return rig.inventories.import_report(ME, "ssi", "stage", place, watch=lambda *_: None)


@pytest.mark.parametrize("form", ["CSV", "Parquet"])
def test_a_report_becomes_an_inventory(rig: Rig, form: str, tmp_path: Path) -> None:
    """Rows in our columns and order, kinds by the layout; it says its source and its own time."""
    data = csv_file(rig.bucket) if form == "CSV" else parquet_file(rig.bucket, tmp_path / "r")
    job = read_report(rig, put_report(rig, form, data))
    found = newest(rig)
    assert (found.source, found.at, found.versions, found.rows) == ("s3-inventory", MADE, True, 4)
    assert job.result["requests"] == 3
    expected = [
        (key, version, latest, marker, size or 0, datetime.fromisoformat(when), etag,
         storage_class or "STANDARD", checksum)
        for key, version, latest, marker, size, when, etag, storage_class, checksum in _WRITTEN
    ]  # fmt: skip
    names = (
        *("key", "version_id", "is_latest", "is_delete_marker", "size", "modified", "etag"),
        *("storage_class", "checksum_algorithm"),
    )
    rows = pq.read_table(found.rows_path).to_pylist()
    assert [tuple(row[name] for name in names) for row in rows] == [
        expected[3],
        *expected[:3],
    ]
    assert sorted(path.name for path in found.rows_path.parent.iterdir()) == FILES


def test_a_report_without_versions_has_only_what_is_there(rig: Rig) -> None:
    """A report on current versions has fewer columns."""
    line = f'"{rig.bucket}","a%20b.mp3","5","2026-11-20T08:00:00.000Z","STANDARD"\n'
    schema = "Bucket, Key, Size, LastModifiedDate, StorageClass"
    read_report(rig, put_report(rig, "CSV", gzip.compress(line.encode()), fileSchema=schema))
    found = newest(rig)
    assert not found.versions
    assert found.search("a b").rows["size"].to_pylist() == [5]


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"files": [{"key": "all/gone", "size": 1, "MD5checksum": "0" * 32}]}, NotFound, "no"),
        ({"sourceBucket": "another"}, InvalidInput, "another"),
        ({"fileFormat": "ORC"}, InvalidInput, "ORC"),
        ({"fileSchema": "Bucket, Key, Size"}, InvalidInput, "modified"),
        ({"files": "none"}, InvalidInput, "not the manifest"),
        ({"creationTimestamp": "yesterday"}, InvalidInput, "not the manifest"),
    ],
)
def test_a_report_that_cannot_be_read_says_why(
    rig: Rig, changed: dict[str, Any], error: type[StorageError], says: str
) -> None:
    """And there is no inventory afterwards, nor anything of it on disk."""
    place = put_report(rig, "CSV", csv_file(rig.bucket), **changed)
    with pytest.raises(error, match=says):
        read_report(rig, place)
    assert rig.inventories.newest(ME, "ssi", "stage") is None
    assert not list(rig.inventories._archive.root.rglob("*.parquet"))


def test_files_that_were_changed_are_refused(rig: Rig) -> None:
    """Each file, and the manifest itself, by their MD5."""
    place = put_report(rig, "CSV", csv_file(rig.bucket))
    client, reports = rig.store.client, f"{rig.bucket}-reports"
    key = f"all/{rig.bucket}/data/1.csv"
    client.put_object(Bucket=reports, Key=key, Body=gzip.compress(b'"b","x"\n'))
    with pytest.raises(VerifyFailed, match=r"1\.csv"):
        read_report(rig, place)
    manifest = place.removeprefix(f"s3://{reports}/")
    client.put_object(Bucket=reports, Key=manifest, Body=b"{}")
    with pytest.raises(VerifyFailed, match="manifest"):
        read_report(rig, place)
    for other in ("s3://x", "stage:manifest.json", "s3://b/report.csv", ""):
        with pytest.raises(InvalidInput, match="place of a report"):
            read_report(rig, other)


# -- CloudWatch ---------------------------------------------------------------------------------


def test_daily_sizes_are_an_inventory_of_totals(rig: Rig) -> None:
    """Bytes by class, all objects, the day they are of; and no rows, which it says."""
    for number in range(12):  # moto counts its own objects, once a day, as Standard
        rig.store.client.put_object(Bucket=rig.bucket, Key=str(number), Body=b"x" * 100)
    metrics = rig.store.service_of("cloudwatch", rig.bucket)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for kind, value in (
        ("IntelligentTieringFAStorage", 300),
        ("IntelligentTieringIAStorage", 40),
        ("StandardIASizeOverhead", 9_999),
    ):
        dimensions = [
            {"Name": "BucketName", "Value": rig.bucket},
            {"Name": "StorageType", "Value": kind},
        ]
        for days, factor in ((1, 1), (2, 50)):
            point = {"MetricName": "BucketSizeBytes", "Dimensions": dimensions}
            point |= {"Value": value * factor, "Timestamp": today - timedelta(days=days)}
            metrics.put_metric_data(Namespace="AWS/S3", MetricData=[point])
    found = rig.inventories.take_cloudwatch(ME, "ssi", "stage")
    assert (found.source, found.rows, found.at) == ("cloudwatch", 12, today)
    cells = {row["storage_class"]: row for row in found.cells().to_pylist()}
    assert cells.keys() == {"STANDARD", "INTELLIGENT_TIERING", ""}
    assert cells["INTELLIGENT_TIERING"]["bytes"] == 340, "both tiers, of the newest day"
    assert cells["STANDARD"]["bytes"] == found.bytes - 340 > 0
    assert cells[""]["objects"] == 12
    assert cells[""]["day"] is None
    assert newest(rig).id == found.id
    with pytest.raises(Unsupported, match="only totals"):
        found.search("x")


def test_a_bucket_that_cloudwatch_does_not_know(rig: Rig) -> None:
    """Is no empty one."""
    with pytest.raises(NotFound, match="no sizes"):
        rig.inventories.take_cloudwatch(ME, "ssi", "prod")
