"""Jobs while the store fails: they end honest, and are finished when the store is back."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from changes_rig import FRAME, ME, Rig
from fault_proxy import FaultProxy
from judging import by_chance, lost_upload_id
from killed_worker import let_15_seconds_pass

from storage.model.changes import Incoming
from storage.model.jobs import Job
from storage.s3 import parts
from storage.s3.uploads import abort_uploads

LARGE = FRAME * 21_000  # 8.4 MiB: two parts
FILES = {
    f"11111111-2222-4333-8444-{number:012X}.mp3": body
    for number, body in enumerate((LARGE, FRAME * 3, FRAME * 4))
}
STORED = {f"mastered/{name}": body for name, body in FILES.items()}
OBJECTS = {f"old/{number}.bin": b"old" * number for number in range(1, 7)}
MOVED = {key.replace("old/", "new/"): body for key, body in OBJECTS.items()}

Begin = Callable[[], Job]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the tries of a part."""
    monkeypatch.setattr(parts, "BACK_OFF_S", 0.0)


def _missing(rig: Rig) -> dict[str, bytes]:
    there = rig.keys("stage", "mastered/")
    return {name: body for name, body in FILES.items() if f"mastered/{name}" not in there}


def _upload(rig: Rig, folder: Path, *, from_disk: bool) -> Begin:
    files = _missing(rig)
    incoming = [Incoming(name, len(body), body[:65_536]) for name, body in files.items()]
    plan = rig.changes.plan_upload(ME, "ssi", "stage", "mastered/", incoming)
    paths = [folder / name for name in files]
    for path in paths:
        path.write_bytes(files[path.name])
    sources = paths if from_disk else [io.BytesIO(body) for body in files.values()]
    return lambda: rig.changes.upload(ME, plan, sources)


def _move(rig: Rig, _folder: Path) -> Begin:
    plan = rig.changes.plan_transfer(
        ME, "ssi", "stage", rig.keys("stage", "old/"),
        target_layout="ssi", target_role="stage", target="new/", move=True,
    )  # fmt: skip
    return lambda: rig.changes.transfer(ME, plan)


def _delete(rig: Rig, _folder: Path) -> Begin:
    plan = rig.changes.plan_prefix(ME, "ssi", "stage", "old/")
    return lambda: rig.changes.delete_prefix(ME, plan)


@dataclass(frozen=True)
class Kind:
    """A job: how it is planned, and what is there when it is finished."""

    plan: Callable[[Rig, Path], Begin]
    finished: Mapping[str, bytes]


KINDS = {
    "upload": Kind(partial(_upload, from_disk=False), OBJECTS | STORED),
    "upload-files": Kind(partial(_upload, from_disk=True), OBJECTS | STORED),
    "move": Kind(_move, MOVED),
    "delete-prefix": Kind(_delete, {}),
}


def _there(rig: Rig) -> dict[str, bytes]:
    return {key: rig.body("stage", key) for key in rig.keys("stage")}


def _honest(job: Job, there: Mapping[str, bytes], kind: str) -> None:
    """What the job says of each object is so."""
    gone = kind in ("move", "delete-prefix")
    for row in job.result.get("items", ()):
        key = row["key"]
        assert (key not in there) if gone else (key in there), f"{key} is not done: {job}"
    for row in job.result.get("failures", ()):
        if row["code"] != "unconfirmed":
            key = row["key"]
            assert (key in there) if gone else (key not in there), f"{key} did not fail: {job}"


def _play(rig: Rig, proxy: FaultProxy, place: Path, name: str, seed: int) -> str:
    """One job under faults by chance, then with the store back; returns how it ended before."""
    kind, folder = KINDS[name], place / f"files-{seed}"
    folder.mkdir()
    for key in rig.keys("stage"):
        rig.store.client.delete_object(Bucket=rig.buckets["stage"], Key=key)
    for key, body in OBJECTS.items():
        rig.put("stage", key, body)
    begin = kind.plan(rig, folder)
    proxy.seen.clear()
    proxy.plan = by_chance(seed, 0.3)
    ended = rig.wait(begin())
    proxy.recover()
    there = _there(rig)
    assert there.items() <= (OBJECTS | STORED | MOVED).items(), "something half-written is there"
    _honest(ended, there, name)
    if ended.state == "failed" and ended.resumable:
        assert rig.wait(rig.jobs.resume(ME, ended.id)).state == "done"
    elif _there(rig) != kind.finished:  # it said so, and the person does the rest again
        assert ended.state == "failed" or ended.result["failed"], ended
        assert rig.wait(kind.plan(rig, folder)()).state == "done"
    assert _there(rig) == kind.finished
    let_15_seconds_pass(place)
    rig.jobs.take_over()  # tidies up where the store did not let it
    assert rig.uploads("stage") == [] or lost_upload_id(proxy)
    for key in rig.uploads("stage"):
        abort_uploads(rig.store, rig.buckets["stage"], key)
    return ended.state


@pytest.mark.parametrize("name", KINDS)
def test_a_job_ends_honest_and_can_be_finished(
    rig: Rig, proxy: FaultProxy, tmp_path: Path, name: str
) -> None:
    """What it says is done is done, and when the store is back all of it is, with no part left."""
    for seed in range(2):
        _play(rig, proxy, tmp_path, name, seed)
    assert not rig.audit.verify().findings


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", KINDS)
def test_many_jobs_under_faults(rig: Rig, proxy: FaultProxy, tmp_path: Path, name: str) -> None:
    """The same, often."""
    ended = [_play(rig, proxy, tmp_path, name, seed) for seed in range(100, 112)]
    assert "done" in ended
    assert not rig.audit.verify().findings
