"""Changes over every key AWS can hold, under the read-only switch, and by who may do less."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from changes_rig import CLIP, ME, MP3, OTHER_CLIP, Rig, now

from storage.access import allowed
from storage.audit.log import Audit
from storage.db.engine import Database
from storage.db.switches import SwitchRows
from storage.errors import AccessDenied, InvalidInput, ReadOnly, StorageError
from storage.gate import Gate
from storage.model.changes import Incoming
from storage.model.people import Actor, Can, Role
from storage.s3.client import Store
from storage.s3.objects import IfAbsent, head_object
from storage.switches import Switches

ODD = [
    "/lead.txt",
    "d//e.txt",
    "x/../y.txt",
    "tab\there.txt",
    "a+b%2F.txt",
    "emoji 👩‍🎤.txt",
    "back\\slash",
]


@pytest.fixture
def rig(
    moto_store: Store,
    moto_bucket: str,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
) -> Iterator[Rig]:
    stage = f"stage-{uuid.uuid4().hex[:12]}"
    moto_store.client.create_bucket(Bucket=stage)
    moto_store.client.put_bucket_versioning(
        Bucket=stage, VersioningConfiguration={"Status": "Enabled"}
    )
    buckets = {"stage": stage, "canonical": moto_bucket, "main": moto_bucket}
    made = Rig.over(moto_store, buckets, gate_to, audit, console_database)
    yield made
    made.jobs.close()


@pytest.mark.parametrize("key", ODD)
def test_an_odd_key_can_be_edited_moved_away_deleted_and_brought_back(rig: Rig, key: str) -> None:
    """What somebody else stored under a bad name can be put right; nothing new gets such a name."""
    rig.put("stage", key, b"text", ContentType="text/plain")
    seen = head_object(rig.store, rig.buckets["stage"], key)
    rig.changes.edit(ME, "ssi", "stage", key, expected=seen, metadata={"a": "b"})
    deletion = rig.changes.delete(ME, rig.changes.plan_delete(ME, "ssi", "stage", [key]))
    assert rig.changes.undo(ME, deletion).restored == (key,)
    plan = rig.changes.plan_transfer(
        ME,
        "ssi",
        "stage",
        [key],
        target_layout="ssi",
        target_role="stage",
        target="good.txt",
        move=True,
    )
    assert rig.wait(rig.changes.transfer(ME, plan)).state == "done"
    assert rig.keys("stage") == ["good.txt"]
    assert rig.head("stage", "good.txt")["Metadata"] == {"a": "b"}


@pytest.mark.parametrize("key", ["/lead.txt", "d//e.txt", "x/../y.txt", "tab\there.txt"])
def test_nothing_new_gets_an_odd_key(rig: Rig, key: str) -> None:
    """By put, link or copy."""
    rig.put("stage", "good.txt", b"x")
    with pytest.raises(InvalidInput):
        rig.changes.put(ME, "ssi", "stage", key, b"x", precondition=IfAbsent())
    with pytest.raises(InvalidInput):
        rig.changes.upload_link(ME, "ssi", "stage", key, content_type="text/plain", max_bytes=9)
    plan = rig.changes.plan_transfer(
        ME,
        "ssi",
        "stage",
        ["good.txt"],
        target_layout="ssi",
        target_role="stage",
        target=key,
        move=False,
    )
    assert plan.blocked
    assert rig.keys("stage") == ["good.txt"]


def test_a_prefix_with_odd_keys_goes_whole(rig: Rig) -> None:
    """Names that no XML holds are deleted one by one."""
    for name in ("a.txt", "b\x07.txt", "c//d.txt"):
        rig.put("canonical", f"old/{name}", b"x")
    plan = rig.changes.plan_prefix(ME, "ssi", "canonical", "old/")
    assert plan.count == 3
    job = rig.wait(rig.changes.delete_prefix(ME, plan))
    assert (job.result["done"], rig.keys("canonical")) == (3, [])


def test_beyond_a_bound_the_log_has_a_row_a_page(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the count, the first and the last key of it."""
    monkeypatch.setattr("storage.changes.prefixes.TOLD_EACH", 2)
    for number in range(3):
        rig.put("canonical", f"old/{number}", b"x")
    plan = rig.changes.plan_prefix(ME, "ssi", "canonical", "old/")
    rig.wait(rig.changes.delete_prefix(ME, plan, note="tidy"))
    before, after = rig.told()
    assert (before.result, after.result) == ("allowed", "done")
    assert before.detail["objects"] == after.detail["objects"] == 3
    assert (after.detail["first"], after.detail["last"], after.note) == ("old/0", "old/2", "tidy")


def test_read_only_refuses_every_change(rig: Rig, console_database: Database) -> None:
    """Also a job that was begun before it was switched, at its next step; each is told."""
    rig.put("stage", CLIP, MP3)
    head = head_object(rig.store, rig.buckets["stage"], CLIP)
    plan = rig.changes.plan_delete(ME, "ssi", "stage", [CLIP])
    upload = rig.changes.plan_upload(ME, "ssi", "stage", "", [Incoming(OTHER_CLIP, len(MP3), MP3)])
    Switches(SwitchRows(console_database), now, always=False).set_read_only(ME, "moving house")
    calls: list[Callable[[], object]] = [
        lambda: rig.changes.delete(ME, plan),
        lambda: rig.changes.upload(ME, upload, [io.BytesIO(MP3)]),
        lambda: rig.changes.put(ME, "ssi", "stage", OTHER_CLIP, MP3, precondition=IfAbsent()),
        lambda: rig.changes.edit(ME, "ssi", "stage", CLIP, expected=head, metadata={}),
        lambda: rig.changes.set_tags(ME, "ssi", "stage", CLIP, {}, expected=head, expected_tags={}),
        lambda: rig.changes.plan_prefix(ME, "ssi", "stage", "mastered/"),
        lambda: rig.changes.upload_link(
            ME, "ssi", "stage", OTHER_CLIP, content_type="audio/mpeg", max_bytes=9
        ),
    ]
    for call in calls:
        with pytest.raises(ReadOnly, match="moving house"):
            call()
    assert [event.result for event in rig.told()] == ["refused"] * len(calls)
    assert rig.keys("stage") == [CLIP]


def test_a_job_stops_where_the_console_is_switched_to_read_only(
    rig: Rig, console_database: Database
) -> None:
    """What was stored until then stays; the rest is not begun."""
    switches = Switches(SwitchRows(console_database), now, always=False)
    files = {f"notes/{number}.txt": b"x" for number in range(3)}
    incoming = [Incoming(name, 1, b"x") for name in files]
    plan = rig.changes.plan_upload(ME, "ssi", "stage", "", incoming)

    class Switching(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if armed:
                switches.set_read_only(ME, "stop")
            return super().read(size)

    armed = False
    sources = [io.BytesIO(b"x"), Switching(b"x"), io.BytesIO(b"x")]
    real = rig.jobs.start

    def start(*args: object, **kwargs: object) -> object:
        nonlocal armed
        armed = True
        return real(*args, **kwargs)  # type: ignore[arg-type]

    rig.jobs.start = start  # type: ignore[method-assign, assignment]
    job = rig.wait(rig.changes.upload(ME, plan, sources))
    assert job.error is not None
    assert (job.state, job.error["code"]) == ("failed", "read-only")
    assert rig.keys("stage") == ["notes/0.txt", "notes/1.txt"]


@pytest.mark.parametrize("person", list(Role))
@pytest.mark.parametrize("role", ["stage", "canonical"])
def test_each_role_does_what_the_layout_grants(rig: Rig, person: Role, role: str) -> None:
    """Plans are refused to exactly those who may not carry them out."""
    rig.put(role, "notes/a.txt", b"x")
    actor, where = Actor("p", "P", frozenset({person})), ("ssi", role)
    calls: dict[Can, Callable[[], object]] = {
        Can.OBJECT_WRITE: lambda: rig.changes.plan_upload(
            actor, *where, "", [Incoming("a", 1, b"x")]
        ),
        Can.OBJECT_DELETE: lambda: rig.changes.plan_delete(actor, *where, ["notes/a.txt"]),
        Can.PREFIX_DELETE: lambda: rig.changes.plan_prefix(actor, *where, "notes/"),
        Can.OBJECT_RECEIVE: lambda: rig.changes.upload_link(
            actor, *where, "notes/b.txt", content_type="text/plain", max_bytes=9
        ),
    }
    for can, call in calls.items():
        if allowed(actor, can, rig.layouts["ssi"], role):
            call()
        else:
            with pytest.raises(AccessDenied, match=can.value):
                call()


def test_a_move_needs_to_read_there_write_here_and_delete_there(rig: Rig) -> None:
    """An editor may delete in canonical and write there, and only read stage."""
    editor = Actor("e", "E", frozenset({Role.EDITOR}))
    rig.put("stage", "notes/a.txt", b"x")
    rig.put("canonical", "notes/a.txt", b"x")

    def plan(source: str, target: str, *, move: bool) -> object:
        return rig.changes.plan_transfer(
            editor, "ssi", source, ["notes/a.txt"], target_layout="ssi", target_role=target,
            target="notes/b.txt", move=move,
        )  # fmt: skip

    assert plan("stage", "canonical", move=False)
    assert plan("canonical", "canonical", move=True)
    for source, target, move in (("stage", "canonical", True), ("canonical", "stage", False)):
        with pytest.raises(AccessDenied):
            plan(source, target, move=move)


def test_a_source_that_does_not_fit_the_plan_stores_nothing(rig: Rig) -> None:
    """A file less, a file more, or another size than was planned."""
    plan = rig.changes.plan_upload(ME, "ssi", "stage", "", [Incoming("a.txt", 1, b"x")])
    longer = replace(plan, items=(replace(plan.items[0], size=2),))
    for given, sources in (
        (plan, []),
        (plan, [io.BytesIO(b"x")] * 2),
        (longer, [io.BytesIO(b"x")]),
    ):
        with pytest.raises(StorageError):
            rig.changes.upload(ME, given, sources)
    assert not rig.keys("stage")


def test_links_that_wait_keep_no_other_job_from_its_turn(rig: Rig) -> None:
    """Of two workers none is taken by three links that nobody has used yet."""
    asked = {"content_type": "text/plain", "max_bytes": 9}
    links = [
        rig.changes.upload_link(ME, "ssi", "stage", f"notes/{number}.txt", **asked)
        for number in range(3)
    ]
    assert rig.upload("stage", {"a.txt": b"x"}).state == "done"
    assert all(rig.jobs.get(ME, link.job_id).active for link in links)
