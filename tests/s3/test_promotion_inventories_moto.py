"""Plans made from inventories: what they say, and what the run makes of what changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from promotion_rig import CLIPS, COURSE, ME, Rig, clip, rigged

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import NotFound
from storage.gate import Gate
from storage.inventory.files import Files
from storage.inventory.query import Inventory
from storage.inventory.rows_file import write_rows
from storage.model.inventory import ROW_SCHEMA, Scanned
from storage.model.promotion import Scope
from storage.s3.client import Store


@pytest.fixture
def rig(
    moto_store: Store, gate_to: Callable[..., Gate], audit: Audit, console_database: Database
) -> Iterator[Rig]:
    with rigged(moto_store, gate_to, audit, console_database) as made:
        yield made


def measured(rig: Rig, folder: Path, role: str, prefix: str = "", *, hours: int = 3) -> None:
    """Keeps an inventory of what the bucket holds now, as old as that."""
    at, bucket = datetime.now(UTC) - timedelta(hours=hours), rig.buckets[role]
    listed = rig.store.client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
    rows = [
        {
            "key": row["Key"], "kind": "clip", "version_id": "", "is_latest": True,
            "is_delete_marker": False, "size": row["Size"], "etag": row["ETag"].strip('"'),
            "modified": row["LastModified"], "storage_class": "STANDARD",
            "checksum_algorithm": "", "upload_id": "",
        }
        for row in listed
    ]  # fmt: skip
    files = Files(folder / role / str(len(rig.told.kept.get(role, []))))
    write_rows(files, bucket, pa.Table.from_pylist(rows, ROW_SCHEMA).to_batches())
    scanned = Scanned(
        f"{role}-{hours}", "ssi", role, bucket, prefix, "listing", at, versions=False,
        uploads=False, rows=len(rows), bytes=0, requests=1, seconds=1.0,
    )  # fmt: skip
    rig.told.kept.setdefault(role, []).insert(0, Inventory(scanned, files))


def test_the_plan_is_the_same_and_lists_nothing(rig: Rig, tmp_path: Path) -> None:
    """Of a folder, of keys and of a course: the rows of a plan by listing, but for what HEAD says,
    with the age of both inventories; `deep` asks for that, too."""
    rig.fill("stage", range(12), seed=1)
    rig.fill("prod", range(4), seed=1)
    rig.fill("prod", range(3, 6), seed=2)
    rig.told.clips = list(range(8))
    measured(rig, tmp_path, "stage", hours=3)
    measured(rig, tmp_path, "prod", "mastered/", hours=50)
    for scope in (CLIPS, Scope("keys", (clip(1), clip(7))), Scope("course", (COURSE,))):
        asked, listed = rig.plan(scope, inventories=True), rig.plan(scope)
        rows = [
            rig.promotions.rows(ME, "ssi", one.id).drop_columns(["facts", "modified"])
            for one in (asked, listed)
        ]
        assert rows[0].equals(rows[1])
        ages = asked.notes[0].partition("3 hours old")[2]
        assert "2 days old" in ages, asked.notes
        assert not any("inventories" in note for note in listed.notes)
    assert rig.plan(CLIPS, inventories=True, deep=True).hash == rig.plan(CLIPS).hash


def test_the_run_asks_for_what_the_plan_did_not(rig: Rig, tmp_path: Path) -> None:
    """Type, metadata and tags go along; what was changed since, in stage or in prod, is not
    written; nor is what has another type than its kind; the rest is."""
    rig.fill("stage", range(8), seed=1)
    rig.put("stage", clip(8), b"a page", ContentType="text/html")
    rig.fill("prod", range(2), seed=2)
    for role in ("stage", "prod"):
        measured(rig, tmp_path, role)
    rig.fill("stage", [2], seed=3)
    rig.fill("prod", [0, 3], seed=4)
    rig.delete("stage", clip(4))
    before = rig.content("prod")
    release = rig.plan(inventories=True)
    [gate] = [one for one in release.gates if one.name == "types"]
    assert (gate.ok, "the run asks" in gate.reason) == (True, True)
    rig.approve(release)
    rig.run(release)
    ended = rig.get(release)
    assert ended.state == "stopped"
    assert {key for key, _ in ended.failures} == {clip(n) for n in (0, 2, 3, 4, 8)}
    told = dict(ended.failures)
    assert "content type" in told[clip(8)]
    live, stage = rig.content("prod"), rig.content("stage")
    assert {key for key, etag in live.items() if before.get(key) != etag} == {
        clip(n) for n in (1, 5, 6, 7)
    }
    assert all(live[clip(n)] == stage[clip(n)] for n in (1, 5, 6, 7))
    assert rig.facts("prod", clip(5)) == rig.facts("stage", clip(5))


@pytest.mark.parametrize("prefix", [None, "mastered/0"], ids=["none", "of another prefix"])
def test_without_an_inventory_it_is_said_what_to_do(
    rig: Rig, tmp_path: Path, prefix: str | None
) -> None:
    """One that is not there, or holds less than is asked for, makes no plan."""
    rig.fill("stage", range(3))
    measured(rig, tmp_path, "stage")
    if prefix is not None:
        measured(rig, tmp_path, "prod", prefix)
    with pytest.raises(NotFound, match="No inventory of Prod") as refused:
        rig.plan(inventories=True)
    assert "Measure the bucket" in refused.value.remedy
