"""The database locked, full or gone: a change is refused before it reaches the store."""

from __future__ import annotations

import io
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from changes_rig import CLIP, LONGER_MP3, ME, MP3, OTHER_CLIP, Rig
from fault_proxy import Fault, FaultProxy, Request
from sqlalchemy import event

from storage.audit.log import Audit
from storage.db import engine
from storage.db.engine import Database, open_database
from storage.errors import Unavailable
from storage.model.audit import AuditEvent
from storage.model.changes import Deletion, Incoming, Undone
from storage.model.jobs import Job
from storage.s3.objects import IfAbsent, head_object, list_versions


@pytest.fixture
def console_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The console's database in SQLite; it waits for a lock no longer than a test wants to."""
    monkeypatch.setattr(engine, "WAIT_S", 0.2)
    database = open_database(tmp_path / "console.db")
    yield database
    database.close()


@contextmanager
def locked(_database: Database, file: Path, _audit: Audit) -> Iterator[None]:
    """Another program holds the lock and does not let go."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(database: Database, file: Path, audit: Audit) -> Iterator[None]:
    """No page more on the disk, and the last ones are filled."""
    with closing(sqlite3.connect(file)) as other:
        pages = other.execute("PRAGMA page_count").fetchone()[0]

    def bound(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(database._engine, "checkout", bound)
    with pytest.raises(Unavailable, match="full"):
        audit.append(*[AuditEvent.by(ME, "x", result="allowed")] * 1_000)
    with suppress(Unavailable):  # the last page has room for some more
        while True:
            audit.append(AuditEvent.by(ME, "x", result="allowed"))
    yield
    event.remove(database._engine, "checkout", bound)


@contextmanager
def gone(_database: Database, file: Path, _audit: Audit) -> Iterator[None]:
    """Its files were deleted."""
    for part in file.parent.glob("console.db*"):
        part.unlink()
    yield


Failing = Callable[[Database, Path, Audit], AbstractContextManager[None]]


def _calls(rig: Rig) -> Mapping[str, Callable[[], object]]:
    """Every change there is, planned while the database was there."""
    changes, place = rig.changes, (ME, "ssi", "stage")
    for key, body in ((CLIP, MP3), (CLIP, LONGER_MP3), (OTHER_CLIP, MP3), ("old/a.txt", b"a")):
        rig.put("stage", key, body, ContentType="audio/mpeg")
    deletion = changes.delete(ME, changes.plan_delete(*place, [OTHER_CLIP]))
    head = head_object(rig.store, rig.buckets["stage"], CLIP)
    old = list_versions(rig.store, rig.buckets["stage"], CLIP)[1].version_id
    upload = changes.plan_upload(*place, "new/", [Incoming("b.txt", 1, b"b")])
    move = changes.plan_transfer(
        *place, ["old/a.txt"],
        target_layout="ssi", target_role="stage", target="new/", move=True,
    )  # fmt: skip
    delete = changes.plan_delete(*place, [CLIP])
    prefix = changes.plan_prefix(*place, "old/")
    return {
        "put": lambda: changes.put(*place, "new/c.txt", b"c", precondition=IfAbsent()),
        "upload": lambda: changes.upload(ME, upload, [io.BytesIO(b"b")]),
        "move": lambda: changes.transfer(ME, move),
        "edit": lambda: changes.edit(*place, CLIP, expected=head, metadata={"a": "1"}),
        "set_tags": lambda: changes.set_tags(
            *place, CLIP, {"a": "1"}, expected=head, expected_tags={}
        ),
        "delete": lambda: changes.delete(ME, delete),
        "undo": lambda: changes.undo(ME, deletion),
        "delete_prefix": lambda: changes.delete_prefix(ME, prefix),
        "restore": lambda: changes.restore(*place, CLIP, old, etag=head.etag),
        "upload_link": lambda: changes.upload_link(
            *place, "new/d.txt", content_type="text/plain", max_bytes=10
        ),
    }


@pytest.mark.parametrize("failing", [locked, full, gone])
def test_nothing_changes_unaudited(
    rig: Rig, proxy: FaultProxy, console_database: Database, tmp_path: Path, failing: Failing
) -> None:
    """Every change is refused, in words about the database, and the store is asked for no write."""
    calls = _calls(rig)
    proxy.seen.clear()
    with failing(console_database, tmp_path / "console.db", rig.audit):
        for name, call in calls.items():
            assert "database" in _refusal(rig, call), f"{name} was not refused"
    assert [one for one in proxy.seen if one.writes] == []


def _refusal(rig: Rig, call: Callable[[], object]) -> str:
    """What a call raised, or what it tells of its job or its objects instead; "" for nothing."""
    try:
        returned = call()
    except Unavailable as error:
        return error.what
    told: list[Mapping[str, str] | None] = []
    if isinstance(returned, Job):
        told = [rig.wait(returned).error]
    elif isinstance(returned, Deletion):
        told = [row.error for row in returned.rows]
    elif isinstance(returned, Undone):
        told = list(returned.failed.values())
    return " ".join(error["what"] for error in told if error)


@dataclass
class LockedAt:
    """A plan that locks the database while the store does its write number `at`."""

    at: int
    file: Path
    writes: int = 0
    lock: sqlite3.Connection | None = None

    def __call__(self, request: Request) -> Fault:
        self.writes += request.writes
        if request.writes and self.writes == self.at:
            self.lock = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
            self.lock.execute("BEGIN IMMEDIATE")
        return Fault.NONE


@pytest.mark.parametrize("kind", ["upload", "move", "delete_prefix"])
def test_a_database_that_fails_in_the_middle_of_a_job_stops_it(
    rig: Rig, proxy: FaultProxy, tmp_path: Path, kind: str
) -> None:
    """Whatever the store was asked for is in the log as allowed, and the job says how it ended."""
    keys = [f"old/{number}.txt" for number in range(3)]
    for key in keys:
        rig.put("stage", key, b"old")
    begin = _jobs(rig, keys)[kind]
    proxy.seen.clear()
    proxy.plan = plan = LockedAt(2 if kind == "move" else 1, tmp_path / "console.db")
    job = begin()
    until = time.monotonic() + 20
    while plan.lock is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(1)  # more than the console waits for a lock
    writes = plan.writes
    plan.lock.execute("ROLLBACK")
    plan.lock.close()
    assert writes == plan.at, "it went on without the log"
    ended = rig.wait(job)
    assert ended.state in ("failed", "done"), ended
    allowed = {row.key for row in rig.told(result="allowed")}
    asked = {key for one in proxy.seen if one.writes for key in _keys(one)}
    assert asked <= allowed
    assert asked


def _keys(request: Request) -> list[str]:
    """What a request writes to: the key in its address, or those that DeleteObjects lists."""
    _, _bucket, *key = request.target.partition("?")[0].split("/", 2)
    return [one for one in key if one] or re.findall("<Key>(.*?)</Key>", request.body.decode())


def _jobs(rig: Rig, keys: list[str]) -> Mapping[str, Callable[[], Job]]:
    changes, place = rig.changes, (ME, "ssi", "stage")
    upload = changes.plan_upload(*place, "new/", [Incoming(f"{n}.txt", 1, b"b") for n in range(3)])
    move = changes.plan_transfer(
        *place, keys, target_layout="ssi", target_role="stage", target="new/", move=True
    )
    prefix = changes.plan_prefix(*place, "old/")
    return {
        "upload": lambda: changes.upload(ME, upload, [io.BytesIO(b"b") for _ in range(3)]),
        "move": lambda: changes.transfer(ME, move),
        "delete_prefix": lambda: changes.delete_prefix(ME, prefix),
    }
