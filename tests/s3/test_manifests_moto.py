"""Course manifests from a store and from files: the newest counts, and is read once."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.audit.log import Audit
from storage.config import Config
from storage.db.engine import Database
from storage.db.manifests import ManifestRows
from storage.errors import InvalidInput, NotFound
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.manifests import service
from storage.manifests.service import Manifests
from storage.manifests.shelf import Shelf
from storage.model.audit import AuditFilter
from storage.model.people import local_actor
from storage.s3.client import Store
from storage.settings import Settings
from tests import manifests

ME = local_actor()
ITA, KEY = "ita_for_eng", "courses/ita_for_eng/course_manifest.json"


@dataclass
class Desk:
    """The service over a bucket of the test's own, and what others put there."""

    store: Store
    bucket: str
    folder: Path
    make: Callable[[], Manifests]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.service = self.make()

    def put(self, course: str = ITA, **facts: Any) -> bytes:
        """A manifest in the store, as the course compiler left it."""
        data = manifests.as_bytes(manifests.manifest(**facts))
        key = f"courses/{course}/course_manifest.json"
        self.store.client.put_object(Bucket=self.bucket, Key=key, Body=data)
        return data


@pytest.fixture
def desk(
    moto_store: Store,
    moto_bucket: str,
    gate_to: Callable[..., Gate],
    console_database: Database,
    tmp_path: Path,
) -> Desk:
    layouts = load_layouts(Settings(), Config(), {})
    ssi = layouts["ssi"]
    own = tuple(
        replace(one, bucket=moto_bucket if one.role == "canonical" else f"no-{uuid.uuid4().hex}")
        for one in ssi.buckets
    )
    layouts = {**layouts, "ssi": replace(ssi, buckets=own)}
    gate, rows = gate_to(layouts, moto_store), ManifestRows(console_database)
    folder = tmp_path / "manifests"

    def make() -> Manifests:
        return Manifests(gate, layouts, rows, Shelf(rows, folder), lambda: made.now)

    made = Desk(moto_store, moto_bucket, folder, make)
    return made


def test_a_manifest_in_the_store_is_read_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the first who asks for its clips; another console finds it kept."""
    desk.put(clips=40)
    (entry,) = desk.service.courses(ME, "ssi")
    assert (entry.course, entry.source, entry.read, entry.clips) == (ITA, "store", False, 0)
    assert entry.title == "Italian for English speakers"
    clips = desk.service.clips(ME, "ssi", ITA).clips
    assert clips.num_rows > 40
    monkeypatch.setattr(service, "parse", None)  # nobody needs it any more
    for again in (desk.service, desk.make()):
        assert again.clips(ME, "ssi", ITA).clips == clips
        (entry,) = again.courses(ME, "ssi")
        assert (entry.read, entry.clips, entry.version) == (True, clips.num_rows, "1.1.0")


def test_another_manifest_under_the_key_is_read_anew(desk: Desk) -> None:
    """And while it was not, the list says so; one that was removed is no course."""
    desk.put(clips=10)
    first = desk.service.clips(ME, "ssi", ITA)
    desk.put(clips=20, seed=2)
    assert [one.read for one in desk.service.courses(ME, "ssi")] == [False]
    second = desk.service.clips(ME, "ssi", ITA)
    assert second.digest != first.digest
    assert second.clips.num_rows > first.clips.num_rows
    desk.store.client.delete_object(Bucket=desk.bucket, Key=KEY)
    assert desk.service.courses(ME, "ssi") == ()
    with pytest.raises(NotFound, match="has no manifest"):
        desk.service.clips(ME, "ssi", ITA)


def test_a_file_counts_until_the_store_has_a_newer_one(desk: Desk, audit: Audit) -> None:
    """By the time it was given; the audit log has who gave which."""
    desk.put(clips=10)
    desk.now += timedelta(hours=1)
    data = manifests.as_bytes(manifests.manifest(clips=20, seed=2))
    given = desk.service.put(ME, "ssi", ITA, data, name="ita.json")
    assert (given.source, given.read) == ("file", True)
    assert desk.service.clips(ME, "ssi", ITA).digest == given.digest
    (row,) = [r.event for r in audit.search(AuditFilter(action="course:put", result="done")).rows]
    assert (row.key, row.detail["file"], row.detail["digest"]) == (KEY, "ita.json", given.digest)
    desk.now -= timedelta(hours=2)
    desk.service.put(ME, "ssi", ITA, data)
    assert desk.service.clips(ME, "ssi", ITA).digest != given.digest


def test_a_file_of_another_course_is_refused(desk: Desk) -> None:
    """Italian clips under Welsh: nobody would find out before hearing them."""
    data = manifests.as_bytes(manifests.manifest(clips=5))
    with pytest.raises(InvalidInput, match="manifest of ita_for_eng, not of cym_for_eng"):
        desk.service.put(ME, "ssi", "cym_for_eng", data)
    with pytest.raises(InvalidInput, match="no course code"):
        desk.service.put(ME, "ssi", "../etc", data)
    with pytest.raises(InvalidInput, match="has no courses"):
        desk.service.put(ME, "yoto", ITA, data)
    assert desk.service.courses(ME, "ssi") == ()
    assert desk.service.put(ME, "ssi", "ita_for_eng_10seeds", data).clips > 5


def test_a_malformed_one_says_where(desk: Desk) -> None:
    """Other courses are not disturbed by it."""
    desk.put("cym_for_eng", target="ita", clips=5)
    desk.store.client.put_object(Bucket=desk.bucket, Key=KEY, Body=b'{"slices": [3]}')
    with pytest.raises(InvalidInput, match=r"slices\[0\] is 3"):
        desk.service.clips(ME, "ssi", ITA)
    assert desk.service.clips(ME, "ssi", "cym_for_eng").clips.num_rows
    for _ in range(2):
        assert [one.target for one in desk.service.every(ME, "ssi")] == ["ita"]
    desk.put(clips=5)
    assert len(desk.service.every(ME, "ssi")) == 2
    desk.store.client.put_object(Bucket=desk.bucket, Key=KEY, Body=b'{"slices": [3]}')
    assert [(one.course, one.read) for one in desk.service.courses(ME, "ssi")] == [
        *(("cym_for_eng", True), ("ita_for_eng", False)),
    ]


def test_phrases_of_all_courses_are_found(desk: Desk) -> None:
    """To their clips; a course that nobody read yet is named instead of passed over."""
    desk.put(clips=300)
    desk.put("cmn_for_eng", target="cmn", clips=60, seed=3)
    for course in (ITA, "cmn_for_eng"):
        desk.service.clips(ME, "ssi", course)
    desk.put("jpn_for_eng", target="jpn", clips=5)
    found = desk.service.search(ME, "ssi", "VOGLIO", limit=3)
    assert found.unread == ("jpn_for_eng",)
    assert len(found.hits) == 3 < found.total
    clips = desk.service.clips(ME, "ssi", ITA).clips.to_pylist()
    for hit in found.hits:
        assert "voglio" in hit.phrase
        assert hit.course == ITA
        assert set(hit.ids) == {row["id"] for row in clips if row["phrase"] == hit.phrase}
    assert desk.service.search(ME, "ssi", "想", course=ITA).hits == ()
    assert {hit.course for hit in desk.service.search(ME, "ssi", "想").hits} == {"cmn_for_eng"}


def test_files_that_were_deleted_or_damaged_are_made_again(desk: Desk) -> None:
    """The database has it all; a full disk is no reason to fail either."""
    desk.put(clips=10)
    clips = desk.service.clips(ME, "ssi", ITA).clips
    for file in desk.folder.rglob("*.arrow"):
        file.write_bytes(b"junk")
    assert desk.make().clips(ME, "ssi", ITA).clips == clips
    shutil.rmtree(desk.folder)
    assert desk.make().clips(ME, "ssi", ITA).clips == clips
    shutil.rmtree(desk.folder)
    desk.folder.write_bytes(b"a file where the folder should be")
    assert desk.make().clips(ME, "ssi", ITA).clips == clips
    assert desk.make().search(ME, "ssi", "a").hits
