"""Measuring clips as a job: by content, whatever a clip does, and going on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from measuring_rig import CRASHES, EATS, HANGS, ME, Rig, clip, key

from storage.audio.analyse import measure
from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import Cancelled, InvalidInput, NotFound, Unavailable
from storage.gate import Gate
from storage.jobs.running import Run
from storage.measurements import fetching, work
from storage.measurements.judging import findings_of
from storage.model.audit import AuditFilter
from storage.model.content import Content
from storage.model.measuring import MeasureScope
from storage.s3.client import Store


@pytest.fixture
def rig(
    moto_store: Store, gate_to: Callable[..., Gate], console_database: Database, tmp_path: Path
) -> Iterator[Rig]:
    made = Rig.over(moto_store, gate_to, console_database, tmp_path / "manifests")
    yield made
    made.jobs.close()


def test_a_clip_is_measured_as_probe_measures_it(rig: Rig) -> None:
    """The same facts and findings, with the digest of its bytes and its waveform."""
    content = rig.put(key(1), clip())
    assert rig.measure()["measured"] == 1
    found, wanted = rig.facts(content), measure(clip(), key(1))
    assert found.facts == wanted.facts
    assert found.sound is not None
    assert (found.sound.loudness, found.sound.duration_s) == (wanted.loudness, wanted.duration_s)
    assert found.digest == wanted.digest
    assert len(found.content.sha256) == 64
    assert findings_of(found, rig.layouts["ssi"].audio, key(1)) == wanted.findings
    peaks = rig.measurements.peaks(ME, "ssi", "stage", content)
    assert len(peaks) == 2 * 800
    assert set(peaks) != {0}
    assert rig.measurements.peaks(ME, "ssi", "stage", Content("other", 1)) == b""


def test_nothing_is_measured_twice(rig: Rig) -> None:
    """Not by a second job, not in prod, not under another ETag, not under another key."""
    for number in range(3):
        rig.put(key(number), clip(number))
    assert rig.measure() == {
        "total": 3,
        "known": 0,
        "measured": 3,
        "refused": 0,
        "failed": 0,
        "gone": 0,
        "unread": 0,
        "failures": [],
    }
    rig.put(key(9), clip(1))
    assert rig.measure()["known"] == 4
    rig.put(key(1), clip(1), "prod")
    made = rig.store.client.create_multipart_upload(Bucket=rig.buckets["prod"], Key=key(2))
    where = {"Bucket": rig.buckets["prod"], "Key": key(2), "UploadId": made["UploadId"]}
    part = rig.store.client.upload_part(**where, PartNumber=1, Body=clip(2))
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    done = rig.store.client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert done["ETag"].strip('"').endswith("-1")
    assert rig.measure(role="prod") == {**rig.measure(role="prod"), "known": 2, "measured": 0}
    assert len(rig.taken) == 3
    in_parts = Content(done["ETag"].strip('"'), len(clip(2)))
    assert rig.facts(in_parts).digest == measure(clip(2)).digest
    assert rig.measurements.peaks(ME, "ssi", "prod", in_parts)


@pytest.mark.long
def test_what_a_clip_does_to_a_worker_is_a_finding_on_that_clip(rig: Rig) -> None:
    """Hanging, crashing, eating memory: tried twice, told, and the job goes on."""
    bad = {HANGS: "hang", CRASHES: "crash", EATS: "memory"}
    contents = {data: rig.put(key(n), data) for n, data in enumerate(bad)}
    html = rig.put(key(10), b"<!doctype html><p>Not found")
    empty = rig.put(key(11), b"")
    for number in range(12, 24):
        rig.put(key(number), clip(number % 4))
    found = rig.measure()
    assert (found["measured"], found["refused"], found["failed"]) == (12, 2, 3)
    limits = rig.layouts["ssi"].audio
    for data, code in bad.items():
        (finding,) = findings_of(rig.facts(contents[data]), limits)
        assert (finding.code, finding.severity) == (code, "error")
    (finding,) = findings_of(rig.facts(html), limits)
    assert (finding.code, finding.text) == (
        *("unreadable", "This is no recording: it is an HTML page"),
    )
    assert "empty" in findings_of(rig.facts(empty), limits)[0].text
    assert rig.measure()["known"] == 17


def test_a_course_is_what_its_manifest_says(rig: Rig) -> None:
    """In either case of its UUIDs; other clips beside them are left alone."""
    row = {"cadence": "natural", "role": "target1"}
    ids = [key(number)[9:-4] for number in range(4)]
    samples = {"Voglio": [{**row, "id": ids[0]}, {**row, "id": ids[1].lower()}]}
    intro = {"id": ids[2], "cadence": "natural", "role": "presentation"}
    rig.manifest({"introduction": intro, "slices": [{"samples": samples}]})
    for name in (*ids, ids[1].lower()):
        rig.put(f"mastered/{name}.mp3", clip())
    rig.put("mastered/readme.txt", b"hello")
    scope = MeasureScope("course", course="ita_for_eng")
    rows = rig.measurements.rows(ME, "ssi", "stage", scope)
    assert sorted(rows["id"].to_pylist()) == sorted([*ids[:3], ids[1]])
    assert rig.measure(scope)["total"] == 4
    table = rig.measurements.table(ME, "ssi", "stage", rows)
    assert table["known"].to_pylist() == [True] * 4
    with pytest.raises(InvalidInput, match="no course clips in Canonical"):
        rig.start(scope, "canonical")
    with pytest.raises(NotFound, match="has no manifest"):
        rig.start(MeasureScope("course", course="cym_for_eng"))


def test_chosen_clips_are_measured_by_their_keys(rig: Rig) -> None:
    """Those and no others; a key of nothing and an empty choice are refused."""
    rig.put(key(1), clip(1))
    rig.put(key(2), clip(2))
    assert rig.measure(MeasureScope("keys", keys=(key(2), key(2))))["total"] == 1
    with pytest.raises(NotFound):
        rig.start(MeasureScope("keys", keys=(key(3),)))
    with pytest.raises(InvalidInput, match="0 clips"):
        rig.start(MeasureScope("keys"))
    with pytest.raises(InvalidInput, match="No course"):
        rig.start(MeasureScope("course"))


def test_what_changes_meanwhile_is_not_mistaken(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip that was removed or replaced since it was listed is told, and nothing is kept of it."""
    contents = [rig.put(key(number), clip(number)) for number in range(3)]
    real = work.fetch

    def meddled(where: Any, clips: Any) -> Any:
        rig.store.client.delete_object(Bucket=rig.buckets["stage"], Key=key(0))
        rig.put(key(1), clip(7))
        return real(where, clips)

    monkeypatch.setattr(work, "fetch", meddled)
    found = rig.measure()
    assert (found["measured"], found["gone"], found["unread"]) == (1, 2, 0)
    known = rig.measurements.facts(ME, "ssi", "stage", contents)
    assert set(known) == {(contents[2].etag, contents[2].size)}


def test_a_stopped_job_goes_on_where_it_stopped(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured stays; the store going away is no finding on any clip."""
    monkeypatch.setattr(fetching, "_BATCH", 4)
    for number in range(16):
        rig.put(key(number), clip(number))
    real, asked = work.fetch, []

    def breaking(where: Any, clips: Any) -> Any:
        asked.append(len(clips))
        if len(asked) == 3:
            error = Unavailable("The store is not there.", "Try again.")
            return [fetching.Fetched(one, error=error) for one in clips]
        return real(where, clips)

    monkeypatch.setattr(work, "fetch", breaking)
    with pytest.raises(Unavailable, match="not there"):
        rig.start()
    (job,) = rig.jobs.list(ME)
    assert (job.state, job.resumable) == ("failed", True)
    done = rig.jobs.resume_here(ME, job.id)
    assert done.state == "done"
    assert done.result["known"] + done.result["measured"] == 16
    assert done.result["known"] >= 4
    assert (done.done, done.total) == (16, 16)


@pytest.mark.long
def test_a_cancelled_job_stops_and_leaves_no_process(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the next clip, and its workers are gone."""
    monkeypatch.setattr(fetching, "_BATCH", 4)
    for number in range(12):
        rig.put(key(number), clip(number))
    real = Run.progress

    def progress(run: Run, done: int, total: int | None = None, text: str = "") -> None:
        real(run, done, total, text)
        if done:
            run.ask("cancelled")

    monkeypatch.setattr(Run, "progress", progress)
    with pytest.raises(Cancelled):
        rig.start()
    (job,) = rig.jobs.list(ME)
    assert job.state == "cancelled"
    assert len(rig.taken) <= 12
    monkeypatch.setattr(Run, "progress", real)
    assert rig.measure()["known"] >= 4


def test_who_has_clips_measured_is_in_the_log(rig: Rig, audit: Audit) -> None:
    """What, where and by which job."""
    rig.put(key(1), clip())
    rig.measure()
    (job,) = rig.jobs.list(ME)
    (row,) = audit.search(AuditFilter(action="clip:measure", result="done")).rows
    assert (row.event.key, row.event.detail["job"]) == ("mastered/", job.id)
    assert job.title == "Measure everything below mastered/ in Stage (testing)"


def test_tens_of_thousands_are_read_in_the_order_asked(rig: Rig) -> None:
    """Known ones and unknown ones side by side; asked again, they come from memory."""
    content = rig.put(key(1), clip())
    rig.measure()
    etags = ["nobody", content.etag, content.etag, content.etag]
    sizes = [1, content.size, content.size + 1, content.size]
    wanted = pa.table({"etag": etags, "size": pa.array(sizes, pa.int64())})
    for _ in range(2):
        found = rig.measurements.table(ME, "ssi", "stage", wanted)
        assert found["known"].to_pylist() == [False, True, False, True]
        assert found["etag"].to_pylist() == [None, content.etag, None, content.etag]
        assert found["duration_s"].to_pylist()[1] == pytest.approx(0.6, abs=0.05)
