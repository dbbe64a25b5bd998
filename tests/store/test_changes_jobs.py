"""Long changes on the real store: copy, move, delete a prefix, receive by link, go on with a file."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from changes_rig import CLIP, LONGER_MP3, ME, MIB, MP3, OTHER_CLIP, Rig, now

from storage.changes import arrivals, moving, storing
from storage.changes.arrivals import ArrivalWork
from storage.changes.plan import target_keys
from storage.errors import AccessDenied, Conflict, InvalidInput, StorageError, Unavailable
from storage.jobs.running import OnProgress
from storage.model.changes import Incoming, PrefixPlan, TransferPlan, UploadLink, UploadPlan
from storage.model.jobs import Job
from storage.model.people import Actor, Role
from storage.s3.objects import list_versions


def plan(rig: Rig, keys: list[str], target: str, **where: Any) -> TransferPlan:
    asked = {"role": "stage", "target_role": "stage", "move": True, **where}
    role = asked.pop("role")
    return rig.changes.plan_transfer(
        ME, "ssi", role, keys, target_layout="ssi", target=target, **asked
    )


# -- copy and move --------------------------------------------------------------------------------


def test_a_copy_carries_everything(rig: Rig) -> None:
    """Bytes, type, metadata, cache-control and tags are at the target, and the source stays."""
    facts = {"Metadata": {"a": "b"}, "CacheControl": "no-cache", "ContentType": "audio/mpeg"}
    rig.put("stage", "drafts/one.mp3", MP3, Tagging="t=1", **facts)
    planned = plan(rig, ["drafts/one.mp3"], "kept/", move=False, target_role="canonical")
    assert [step.target_key for step in planned.steps] == ["kept/one.mp3"]
    job = rig.wait(rig.changes.transfer(ME, planned, note="for Bob"))
    assert (job.state, job.result["done"]) == ("done", 1)
    head = rig.head("canonical", "kept/one.mp3")
    assert {name: head[name] for name in facts} == facts
    assert head["TagCount"] == 1
    assert rig.body("canonical", "kept/one.mp3") == rig.body("stage", "drafts/one.mp3") == MP3
    assert rig.results("kept/one.mp3") == [("copy", "allowed"), ("copy", "done")]
    assert rig.told(key="kept/one.mp3")[0].detail["source"].endswith("/drafts/one.mp3")


def test_a_move_deletes_exactly_what_it_copied(rig: Rig) -> None:
    """Afterwards the object is there and not here; both ends are in the log."""
    rig.put("stage", CLIP, MP3)
    version = rig.head("stage", CLIP)["VersionId"]
    job = rig.wait(rig.changes.transfer(ME, plan(rig, [CLIP], OTHER_CLIP)))
    assert job.state == "done"
    assert rig.keys("stage") == [OTHER_CLIP]
    assert rig.results(CLIP) == [("move-away", "allowed"), ("move-away", "done")]
    assert rig.told(key=CLIP)[1].version_before == version
    assert rig.told(key=OTHER_CLIP)[1].result == "done"


def test_a_plan_names_what_speaks_against_it(rig: Rig) -> None:
    """Onto itself, twice to one name, gone, and what is at the target already."""
    for key in ("a/x.txt", "b/x.txt", "c/x.txt", "c/y.txt", "a/y.txt"):
        rig.put("stage", key, key.encode())
    keys = ["a/x.txt", "b/x.txt", "c/y.txt", "c/gone.txt", "a/y.txt"]
    planned = plan(rig, keys, "c/", move=False)
    against = [[finding.rule for finding in step.findings] for step in planned.steps]
    assert "double" in against[1]
    assert against[2] == ["same-place"]
    assert against[3] == ["gone"]
    assert [step.key for step in planned.conflicts] == ["a/x.txt"]
    with pytest.raises(InvalidInput, match="twice"):
        plan(rig, ["a/x.txt", "a/x.txt"], "c/")
    with pytest.raises(InvalidInput, match="cannot all become"):
        target_keys(["a", "b"], "c")


def test_the_target_is_replaced_only_when_asked_and_as_it_was_seen(rig: Rig) -> None:
    """What came to the target after the plan stays, and so does the source."""
    rig.put("stage", CLIP, MP3)
    rig.put("stage", OTHER_CLIP, b"old")
    planned = plan(rig, [CLIP], OTHER_CLIP)
    with pytest.raises(InvalidInput, match="nothing to copy"):
        rig.changes.transfer(ME, planned)
    rig.put("stage", OTHER_CLIP, b"newer")
    job = rig.wait(rig.changes.transfer(ME, planned, replace=frozenset({OTHER_CLIP})))
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["code"] == "conflict"
    assert rig.body("stage", CLIP) == MP3
    assert rig.body("stage", OTHER_CLIP) == b"newer"
    again = rig.wait(
        rig.changes.transfer(ME, plan(rig, [CLIP], OTHER_CLIP), replace=frozenset({OTHER_CLIP}))
    )
    assert again.state == "done"
    assert rig.body("stage", OTHER_CLIP) == MP3


def test_a_source_that_changed_is_not_copied(rig: Rig) -> None:
    """Exactly the planned bytes move; a newer object stays where it is."""
    rig.put("stage", CLIP, MP3)
    planned = plan(rig, [CLIP], OTHER_CLIP)
    rig.put("stage", CLIP, LONGER_MP3)
    job = rig.wait(rig.changes.transfer(ME, planned))
    assert (job.state, rig.keys("stage")) == ("failed", [CLIP])


def test_personal_data_does_not_leave_its_project(rig: Rig) -> None:
    """Who may read there and write here still may not, and it is in the log."""
    every = frozenset(Role)
    with pytest.raises(AccessDenied):
        rig.changes.plan_transfer(
            Actor("x", "X", every),
            "speech-coach",
            "main",
            ["users/u/recordings/r/audio.m4a"],
            target_layout="ssi",
            target_role="canonical",
            target="",
            move=False,
        )
    (row,) = rig.told()
    assert row.result == "refused"


@pytest.mark.parametrize("at", ["copied", "compared", "deleted", "after"])
def test_a_move_that_was_cut_off_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """Wherever it stopped, resuming ends with each object once, at the target, and none lost."""
    keys = [f"drafts/{number}.txt" for number in range(4)]
    for key in keys:
        rig.put("stage", key, key.encode())
    cut = _Cut(monkeypatch, at, nth=2)
    job = rig.changes.transfer(ME, plan(rig, keys, "moved/"))
    stopped = rig.wait(job)
    assert (cut.done, stopped.state, stopped.resumable) == (True, "failed", True)
    ended = rig.wait(rig.jobs.resume(ME, job.id))
    assert (ended.state, ended.result["done"], ended.result["failed"]) == ("done", 4, 0)
    assert rig.keys("stage") == [f"moved/{number}.txt" for number in range(4)]
    for number, key in enumerate(keys):
        assert rig.body("stage", f"moved/{number}.txt") == key.encode()


class _Cut:
    """Breaks a move off once, at its nth object: as when the process is gone at that place."""

    def __init__(self, patch: pytest.MonkeyPatch, at: str, nth: int) -> None:
        self.done = False
        self._left = nth
        if at == "copied":
            self._after(patch, "copy_object")
        elif at == "compared":
            self._before(patch, "delete_object")
        elif at == "deleted":
            self._after(patch, "delete_object")
        else:
            self._before(patch, "copy_object")

    def _now(self) -> None:
        self._left -= 1
        if not self._left:
            self.done = True
            raise Unavailable("Cut off.")

    def _after(self, patch: pytest.MonkeyPatch, name: str) -> None:
        real = getattr(moving, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            answer = real(*args, **kwargs)
            self._now()
            return answer

        patch.setattr(moving, name, call)

    def _before(self, patch: pytest.MonkeyPatch, name: str) -> None:
        real = getattr(moving, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._now()
            return real(*args, **kwargs)

        patch.setattr(moving, name, call)


# -- a whole prefix -------------------------------------------------------------------------------


def _fill(rig: Rig, role: str, prefix: str, count: int) -> None:
    for number in range(count):
        rig.put(role, f"{prefix}{number:05}.txt", b"x" * 10)


def test_a_prefix_is_counted_over_all_pages_and_deleted(rig: Rig) -> None:
    """1,050 objects are two pages; what is beside the prefix stays."""
    _fill(rig, "canonical", "old/", 1_050)
    rig.put("canonical", "older/kept.txt", b"k")
    planned = rig.changes.plan_prefix(ME, "ssi", "canonical", "old/")
    assert (planned.count, planned.bytes) == (1_050, 10_500)
    assert (planned.first, planned.last) == ("old/00000.txt", "old/01049.txt")
    assert "gone for good" in planned.text
    job = rig.wait(rig.changes.delete_prefix(ME, planned, note="tidy"))
    assert (job.state, job.result["done"], job.done) == ("done", 1_050, 1_050)
    assert rig.keys("canonical") == ["older/kept.txt"]
    assert rig.results("old/00007.txt") == [
        ("delete-prefix", "allowed"),
        ("delete-prefix", "done"),
    ]


def test_what_is_newer_than_the_plan_stays_and_is_named(rig: Rig) -> None:
    """Stored and replaced after the plan: both are left."""
    _fill(rig, "stage", "old/", 3)
    planned = rig.changes.plan_prefix(ME, "ssi", "stage", "old/")
    assert "can be undone" in planned.text
    rig.put("stage", "old/00001.txt", b"replaced")
    rig.put("stage", "old/new.txt", b"new")
    job = rig.wait(rig.changes.delete_prefix(ME, planned))
    assert (job.state, job.result["done"], job.result["left"]) == ("done", 1 + 1, 2)
    left = ["old/00001.txt", "old/new.txt"]
    assert [row["key"] for row in job.result["left_out"]] == left == rig.keys("stage")
    versions = list_versions(rig.store, rig.buckets["stage"], "old/00000.txt")
    assert [row.is_delete_marker for row in versions] == [True, False]


@pytest.mark.parametrize("prefix", ["", "/", "old", "ol"])
def test_only_a_folder_is_deleted_whole(rig: Rig, prefix: str) -> None:
    """No bucket, and not by the start of a name."""
    with pytest.raises(InvalidInput):
        rig.changes.plan_prefix(ME, "ssi", "canonical", prefix)


def test_a_prefix_deletion_that_was_cut_off_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off after a page was deleted and before that was kept: the page is seen again, no harm."""
    from storage.changes import prefixes

    _fill(rig, "canonical", "old/", 1_010)
    planned = rig.changes.plan_prefix(ME, "ssi", "canonical", "old/")
    real = prefixes.delete_batch

    def cut(*args: Any) -> Any:
        real(*args)
        raise Unavailable("Cut off.")

    monkeypatch.setattr(prefixes, "delete_batch", cut)
    job = rig.wait(rig.changes.delete_prefix(ME, planned))
    assert (job.state, len(rig.keys("canonical"))) == ("failed", 10)
    monkeypatch.setattr(prefixes, "delete_batch", real)
    rig.put("canonical", "old/new.txt", b"new")
    ended = rig.wait(rig.jobs.resume(ME, job.id))
    assert ended.state == "done"
    assert rig.keys("canonical") == ["old/new.txt"]


def test_an_empty_prefix_is_no_job(rig: Rig) -> None:
    """There is nothing to delete, and no row pretends so."""
    planned: PrefixPlan = rig.changes.plan_prefix(ME, "ssi", "canonical", "none/")
    with pytest.raises(InvalidInput, match="nothing below"):
        rig.changes.delete_prefix(ME, planned)


# -- links ----------------------------------------------------------------------------------------


def _send(link: UploadLink, body: bytes) -> int:
    """Sends the form as a browser does; returns the HTTP status."""
    parts = [
        f'--line\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in link.fields.items()
    ]
    file = b'--line\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    data = b"".join([*parts, file, body, b"\r\n--line--\r\n"])
    request = Request(link.url, data, {"Content-Type": "multipart/form-data; boundary=line"})
    with urlopen(request, timeout=20) as answer:
        return int(answer.status)


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.changes.arrivals.LOOK_EVERY_S", 0.1)


@pytest.mark.usefixtures("_soon")
def test_what_comes_by_a_link_is_inspected(rig: Rig) -> None:
    """A right clip arrives without findings; the link, its arrival and the version are told."""
    link = rig.changes.upload_link(
        ME, "ssi", "stage", CLIP, content_type="audio/mpeg", max_bytes=MIB, note="from the studio"
    )
    assert _send(link, MP3) < 300
    job = rig.wait(rig.jobs.get(ME, link.job_id))
    assert (job.state, job.result["arrived"], job.result["findings"]) == ("done", True, [])
    assert rig.body("stage", CLIP) == MP3
    calls = [call for call, _ in rig.results(CLIP)]
    assert calls == ["upload-link", "upload-link", "arrival", "arrival"]
    last = rig.told(key=CLIP)[-1]
    assert last.version_after == rig.head("stage", CLIP)["VersionId"]
    assert not any("Signature" in repr(event) for event in rig.told())
    assert link.fields["policy"] not in repr(rig.told())


@pytest.mark.usefixtures("_soon")
def test_what_is_wrong_is_told_and_kept(rig: Rig) -> None:
    """HTML sent as a clip is flagged in the job and in the log; nobody's upload vanishes."""
    link = rig.changes.upload_link(
        ME, "ssi", "stage", CLIP, content_type="audio/mpeg", max_bytes=MIB
    )
    _send(link, b"<!doctype html><script>alert(1)</script>")
    job = rig.wait(rig.jobs.get(ME, link.job_id))
    assert "error" in [finding["severity"] for finding in job.result["findings"]]
    assert "HTML" in str(rig.told(key=CLIP)[-1].detail["wrong"])
    assert rig.keys("stage") == [CLIP]


@pytest.mark.usefixtures("_soon")
def test_a_link_that_replaces_says_so_and_notices_the_same_bytes_again(rig: Rig) -> None:
    """Without asking it is refused, naming what is there; the same bytes are an arrival too."""
    rig.put("stage", CLIP, MP3)
    ask = {"content_type": "audio/mpeg", "max_bytes": MIB}
    with pytest.raises(Conflict, match="Something is there"):
        rig.changes.upload_link(ME, "ssi", "stage", CLIP, **ask)
    link = rig.changes.upload_link(ME, "ssi", "stage", CLIP, **ask, replace=True)
    _send(link, MP3)
    assert rig.wait(rig.jobs.get(ME, link.job_id)).result["arrived"] is True


def test_links_keep_to_the_limits(rig: Rig) -> None:
    """Size and type of the kind, life, and names nobody may write."""
    changes = rig.changes

    def link(key: str = CLIP, **asked: Any) -> UploadLink:
        facts: dict[str, Any] = {"content_type": "audio/mpeg", "max_bytes": MIB, **asked}
        return changes.upload_link(ME, "ssi", "stage", key, **facts)

    for wrong in (
        {"max_bytes": 0},
        {"max_bytes": 11 * MIB},
        {"content_type": "text/html"},
        {"content_type": "audio/mpeg\r\nx: y"},
        {"expires_s": 299},
        {"expires_s": 3_601},
        {"key": "../x.mp3"},
    ):
        with pytest.raises(InvalidInput):
            link(**wrong)
    assert not [event for event in rig.told() if event.result == "done"]


def test_a_link_that_nobody_used_ends(rig: Rig) -> None:
    """After its life and some grace the job says that nothing came."""
    link = rig.changes.upload_link(
        ME, "ssi", "stage", CLIP, content_type="audio/mpeg", max_bytes=MIB
    )
    rig.jobs.cancel(ME, link.job_id)
    assert rig.wait(rig.jobs.get(ME, link.job_id)).state == "cancelled"
    later = replace(link, expires_at=now())
    work = ArrivalWork(
        rig.layouts, lambda _l, _b: rig.store, rig.audit, lambda: now().replace(year=2999)
    )
    assert work.run(_Running(ME, _arrival_params(rig, later))) == {"arrived": False, "key": CLIP}


def test_an_arrival_that_replaced_a_newer_upload_says_so(rig: Rig) -> None:
    """What somebody stored after the link was given out is replaced, kept, and told."""
    rig.put("stage", CLIP, MP3)
    first = rig.head("stage", CLIP)["VersionId"]
    link = rig.changes.upload_link(
        ME, "ssi", "stage", CLIP, content_type="audio/mpeg", max_bytes=MIB, replace=True
    )
    rig.jobs.cancel(ME, link.job_id)
    rig.wait(rig.jobs.get(ME, link.job_id))
    rig.put("stage", CLIP, MP3 + MP3, ContentType="audio/mpeg")  # a colleague's
    _send(link, MP3)
    facts = {"content_type": "audio/mpeg", "max_bytes": MIB, "version": first, "note": ""}
    known = {**_arrival_params(rig, link), **facts, "before": ["", first, ""]}
    work = ArrivalWork(rig.layouts, lambda _l, _b: rig.store, rig.audit, now)
    findings = work.run(_Running(ME, known))["findings"]
    assert [finding["rule"] for finding in findings] == ["replaced-meanwhile"]
    assert "replaced 1 other upload made" in findings[0]["text"]


def test_what_came_is_inspected_though_the_store_was_away(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that fails is no end: the store is asked again, and so is an object that was replaced
    while it was looked at. What still fails when the link has ended is told.
    """
    errors: list[StorageError | None] = [
        Unavailable("The store is away."),
        None,
        Conflict("It was replaced while it was read."),
    ]

    def failing(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **more: Any) -> Any:
            if errors and (error := errors.pop(0)):
                raise error
            return ask(*args, **more)

        return asked

    monkeypatch.setattr(arrivals.reading, "head", failing(arrivals.reading.head))
    monkeypatch.setattr(arrivals, "read_range", failing(arrivals.read_range))
    rig.put("stage", CLIP, MP3)
    link = UploadLink("", {}, now(), "", CLIP, "audio/mpeg", MIB, "j")
    job = _Running(ME, _arrival_params(rig, link))
    clock = [now()]
    place = (rig.layouts, lambda _l, _b: rig.store, rig.audit)
    work = ArrivalWork(*place, lambda: clock[0], lambda _s: None)
    assert work.run(job)["arrived"] is True
    errors.append(Unavailable("The store is away."))
    clock[0] = now().replace(year=2999)
    with pytest.raises(Unavailable):
        work.run(job)


def _arrival_params(rig: Rig, link: UploadLink) -> dict[str, Any]:
    return {
        "layout": "ssi",
        "role": "stage",
        "key": link.key,
        "before": [],
        "version": "",
        "note": "",
        "content_type": link.content_type,
        "max_bytes": link.max_bytes,
        "expires_at": link.expires_at.isoformat(),
    }


class _Running:
    """A job of which nothing is kept."""

    id = "j"
    attachment = None

    def __init__(self, actor: Actor, params: dict[str, Any]) -> None:
        self.actor = actor
        self.params = params
        self.checkpoint: dict[str, Any] = {}

    def progress(self, done: int, total: int | None = None, text: str = "") -> None: ...

    def save(self, checkpoint: Any) -> None: ...

    def stop_if_asked(self) -> None: ...


# -- files of this machine ------------------------------------------------------------------------


def _planned(rig: Rig, path: Path) -> UploadPlan:
    body = path.read_bytes()
    return rig.changes.plan_upload(
        ME, "ssi", "canonical", "drafts/", [Incoming(path.name, len(body), body[:65_536])]
    )


def _from_disk(rig: Rig, path: Path, watch: OnProgress | None = None) -> Job:
    watching = watch or (lambda _done, _total, _text: None)
    return rig.changes.upload(ME, _planned(rig, path), [path], watch=watching)


def test_a_file_that_was_cut_off_goes_on_with_the_parts_that_arrived(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run sends what is missing, and the file is whole; nothing is left unfinished."""
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(range(256)) * (40 * MIB // 256))

    def stop(done: int, _total: int, _text: str) -> None:
        if done >= 16 * MIB:
            raise Unavailable("The network is gone.")

    with pytest.raises(Unavailable):
        _from_disk(rig, path, stop)
    assert rig.uploads("canonical") == ["drafts/big.bin"]
    assert not rig.keys("canonical")
    plan_again = _planned(rig, path)
    earlier = rig.changes.unfinished(ME, plan_again, [path])
    assert earlier is not None
    sent: list[int] = []
    real = storing.resume_upload.__globals__["send_part"]
    monkeypatch.setitem(
        storing.resume_upload.__globals__,
        "send_part",
        lambda *args, **kwargs: (sent.append(kwargs["number"]), real(*args, **kwargs))[1],
    )
    job = rig.jobs.resume_here(ME, earlier.id)
    assert job.state == "done"
    assert len(sent) < 5
    assert rig.body("canonical", "drafts/big.bin") == path.read_bytes()
    assert not rig.uploads("canonical")
    assert rig.changes.unfinished(ME, plan_again, [path]) is None


def test_a_file_that_changed_meanwhile_is_not_gone_on_with(rig: Rig, tmp_path: Path) -> None:
    """It is another file now: no earlier job is found for it, and the old one refuses it."""
    path = tmp_path / "big.bin"
    path.write_bytes(b"\1" * (17 * MIB))

    def stop(done: int, _total: int, _text: str) -> None:
        if done >= 8 * MIB:
            raise Unavailable("The network is gone.")

    with pytest.raises(Unavailable):
        _from_disk(rig, path, stop)
    earlier = rig.changes.unfinished(ME, _planned(rig, path), [path])
    assert earlier is not None
    path.write_bytes(b"\2" * (17 * MIB))
    assert rig.changes.unfinished(ME, _planned(rig, path), [path]) is None
    with pytest.raises(InvalidInput, match="changed since"):
        rig.jobs.resume_here(ME, earlier.id)
    assert not rig.keys("canonical")
    assert not rig.uploads("canonical")


def test_a_cancelled_upload_leaves_nothing(rig: Rig) -> None:
    """No object, no part."""
    body = b"\1" * (60 * MIB)
    planned = rig.changes.plan_upload(
        ME, "ssi", "canonical", "drafts/", [Incoming("big.bin", len(body), body[:4096])]
    )
    slow = _Slow(body)
    job = rig.changes.upload(ME, planned, [slow])
    while rig.jobs.get(ME, job.id).done < 8 * MIB:
        time.sleep(0.02)
    rig.jobs.cancel(ME, job.id)
    slow.go.set()
    assert rig.wait(job).state == "cancelled"
    until = time.monotonic() + 10
    while rig.uploads("canonical") and time.monotonic() < until:
        time.sleep(0.05)
    assert not rig.uploads("canonical")
    assert not rig.keys("canonical")


class _Slow(io.BytesIO):
    """Stops after two parts until it is told to go on."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.go = threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= 48 * MIB:
            self.go.wait(20)
        return super().read(size)


def test_a_file_shorter_than_it_said_stores_nothing(rig: Rig) -> None:
    """A stream that ends early is found before anything appears."""
    body = b"\1" * (10 * MIB)
    planned = rig.changes.plan_upload(
        ME, "ssi", "canonical", "drafts/", [Incoming("x.bin", len(body), body[:4096])]
    )
    job = rig.wait(rig.changes.upload(ME, planned, [_Short(body)]))
    assert job.state == "failed"
    assert not rig.keys("canonical")
    assert not rig.uploads("canonical")


class _Short(io.BytesIO):
    """Says its length and gives less."""

    def read(self, size: int | None = -1, /) -> bytes:
        return b"" if self.tell() >= 8 * MIB else super().read(size)
