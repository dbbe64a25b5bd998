"""The heads of the audit log in a store: one object a day, and what they find."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.audit.chain import sealed
from storage.audit.far_heads import FarHeads, FarPlace
from storage.audit.log import Audit, open_audit
from storage.db.engine import open_database
from storage.errors import Unavailable
from storage.model.audit import AuditEvent
from storage.model.people import local_actor
from storage.s3.client import Store
from storage.settings import Secret

KEY = Secret("k" * 64)
DAY = datetime(2026, 11, 21, 7, 36, tzinfo=UTC)
FIRST = "heads/audit-head-2026-11-21.json"


class Rig:
    """A log whose heads are also kept in a bucket; `now` is its clock."""

    def __init__(self, folder: Path, store: Store, bucket: str) -> None:
        self.folder, self.store, self.bucket = folder, store, bucket
        self.now = DAY
        self.down = False

    def open(self, key: Secret = KEY) -> Audit:
        """The log; what was opened before is closed by the test."""
        database = open_database(self.folder / "console.db")
        place = FarPlace(self.bucket, "heads/", self._store)
        return open_audit(database, self.folder, key, lambda: self.now, [], far=place)

    def _store(self) -> Store:
        if self.down:
            raise Unavailable("The store cannot be reached.", "Start it.")
        return self.store

    def keys(self) -> list[str]:
        """What is in the bucket."""
        found = self.store.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [one["Key"] for one in found]

    def body(self, key: str) -> bytes:
        """An object's bytes."""
        return self.store.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()


@pytest.fixture
def rig(tmp_path: Path, moto_store: Store, moto_bucket: str) -> Rig:
    return Rig(tmp_path, moto_store, moto_bucket)


@pytest.fixture
def opened(rig: Rig) -> Iterator[Callable[..., Audit]]:
    """`opened()`: the log of `rig`, closed after the test."""
    logs: list[Audit] = []

    def make(key: Secret = KEY) -> Audit:
        logs.append(rig.open(key))
        return logs[-1]

    yield make
    for log in logs:
        log.close()


def act(audit: Audit, key: str = "a.mp3") -> None:
    """One row, and the head that is being written, if any, written."""
    event = AuditEvent.by(local_actor(), "object:link", result="allowed", bucket="b", key=key)
    audit.append(event)
    assert audit._far_heads is not None
    writer = audit._far_heads._writer
    if writer is not None:
        writer.join(10)


def test_the_first_act_of_a_day_leaves_an_object(rig: Rig, opened: Callable[..., Audit]) -> None:
    """One a day, with the first act's head, never written again; it verifies."""
    audit = opened()
    act(audit)
    written = rig.body(FIRST)
    rig.now += timedelta(hours=3)
    act(audit)
    rig.now += timedelta(days=1)
    act(audit)
    assert rig.keys() == [FIRST, "heads/audit-head-2026-11-22.json"]
    assert rig.body(FIRST) == written
    state = audit.far_heads
    assert state is not None
    assert (str(state.kept), state.error) == ("2026-11-22", None)
    verdict = audit.verify()
    assert (verdict.rows, verdict.findings, verdict.unread) == (3, (), "")


def test_a_second_console_of_the_log_leaves_the_object_alone(
    rig: Rig, opened: Callable[..., Audit]
) -> None:
    """It finds the day's head there, and is content."""
    act(opened())
    written = rig.body(FIRST)
    second = opened()
    act(second)
    assert rig.body(FIRST) == written
    assert second.far_heads is not None
    assert second.far_heads.error is None
    assert second.far_heads.kept == DAY.date()


def test_who_restores_an_older_log_with_its_heads_file_is_found(
    rig: Rig, opened: Callable[..., Audit]
) -> None:
    """Database and heads file are put back to yesterday's: only the object remembers today."""
    audit = opened()
    act(audit)
    act(audit)
    for name in ("console.db", "audit-heads.jsonl"):
        (rig.folder / f"{name}.old").write_bytes((rig.folder / name).read_bytes())
    with closing(sqlite3.connect(rig.folder / "console.db")) as raw:
        raw.execute("VACUUM INTO ?", (str(rig.folder / "before.db"),))
    rig.now += timedelta(days=1)
    act(audit)
    for end in ("", "-wal", "-shm"):
        (rig.folder / f"console.db{end}").unlink(missing_ok=True)
    (rig.folder / "before.db").rename(rig.folder / "console.db")
    (rig.folder / "audit-heads.jsonl.old").replace(rig.folder / "audit-heads.jsonl")
    (finding,) = opened().verify().findings
    assert (finding.code, finding.seq) == ("cut", 3)


def test_an_object_that_was_changed_or_renamed_is_found(
    rig: Rig, opened: Callable[..., Audit]
) -> None:
    """Each is named; those of another day are no head of this one."""
    audit = opened()
    act(audit)
    body = rig.body(FIRST)
    put = rig.store.client.put_object
    put(Bucket=rig.bucket, Key="heads/audit-head-2026-11-20.json", Body=body)
    put(Bucket=rig.bucket, Key=FIRST, Body=body.replace(b'"seq": 1', b'"seq": 7'))
    found = audit.verify().findings
    assert [one.code for one in found] == ["heads-object", "heads-object"]
    assert FIRST in found[1].text


def test_a_head_of_another_log_is_not_overwritten(rig: Rig, opened: Callable[..., Audit]) -> None:
    """Two logs in one place: the second says so and leaves the first one's object alone."""
    rig.store.client.put_object(Bucket=rig.bucket, Key=FIRST, Body=b"{}")
    audit = opened()
    event = AuditEvent.by(local_actor(), "object:link", result="allowed")
    audit.append(event)
    audit.close()
    assert audit.far_heads is not None
    assert audit.far_heads.error is not None
    assert "no head of this log" in audit.far_heads.error.what
    assert rig.body(FIRST) == b"{}"


def test_a_store_that_is_away_stops_no_act(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """The row is written at once; the failure is told, tried again, and the head arrives."""
    rig.down = True
    heads = FarHeads(FarPlace(rig.bucket, "heads/", rig._store), KEY.encode(), retry_s=0.01)
    heads.offer(sealed(KEY.encode(), 1, "0" * 64), DAY)
    writer = heads._writer
    assert writer is not None
    while heads.state.error is None:
        writer.join(0.01)
    assert heads.state.kept is None
    assert "cannot be reached" in caplog.text
    rig.down = False
    writer.join(10)
    assert rig.keys() == [FIRST]
    assert (heads.state.kept, heads.state.error) == (DAY.date(), None)
    heads.close()


def test_verify_says_when_it_could_not_compare(rig: Rig, opened: Callable[..., Audit]) -> None:
    """Rows are checked all the same; that the heads were not is no silent success."""
    audit = opened()
    act(audit)
    rig.down = True
    verdict = audit.verify()
    assert verdict.rows == 1
    assert "Not compared with the heads in s3://" in verdict.unread
    assert "cannot be reached" in verdict.unread
