"""Changes on the real store: put, replace, delete, undo, restore, edit; the log tells of each."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from changes_rig import CLIP, LONGER_MP3, ME, MIB, MP3, OTHER_CLIP, Rig

from storage.db.engine import Database
from storage.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    NotFound,
    RuleViolation,
    StorageError,
)
from storage.model.changes import Incoming
from storage.model.people import Actor, Role
from storage.s3.objects import IfAbsent, IfMatch, head_object, list_versions

ANN = Actor("ann", "Ann", frozenset({Role.OPERATOR}))
VIEWER = Actor("vic", "Vic", frozenset({Role.VIEWER}))


def test_a_new_file_is_stored_with_its_type_and_told(rig: Rig) -> None:
    """The bytes, the type told from them, and two rows: before, and after with the version."""
    job = rig.upload("stage", {CLIP.removeprefix("mastered/"): MP3}, "mastered/")
    assert (job.state, job.result["done"], job.result["failed"]) == ("done", 1, 0)
    assert rig.body("stage", CLIP) == MP3
    head = rig.head("stage", CLIP)
    assert head["ContentType"] == "audio/mpeg"
    before, after = rig.told(key=CLIP)
    assert (before.result, before.version_before, before.note) == ("allowed", "", "why")
    assert (after.result, after.version_after) == ("done", head["VersionId"])
    assert after.detail["call"] == "upload"
    assert (after.via, after.request_id) == ("job", job.id)


def test_a_large_file_goes_in_parts_and_leaves_none_behind(rig: Rig) -> None:
    """Twenty MiB arrive whole; no unfinished upload stays."""
    body = bytes(range(256)) * (20 * MIB // 256)
    job = rig.upload("canonical", {"drafts/large.bin": body})
    assert job.state == "done"
    assert rig.body("canonical", "drafts/large.bin") == body
    assert not rig.uploads("canonical")
    assert (job.unit, job.done, job.total) == ("bytes", len(body), len(body))


def test_what_exists_is_left_unless_replacing_it_is_asked_for(rig: Rig) -> None:
    """The plan shows what is there; without its key in `replace` nothing is stored."""
    rig.put("stage", CLIP, MP3)
    plan = rig.changes.plan_upload(
        ME, "ssi", "stage", "", [Incoming(CLIP, len(LONGER_MP3), LONGER_MP3)]
    )
    (item,) = plan.conflicts
    assert item.existing is not None
    assert item.existing.size == len(MP3)
    with pytest.raises(InvalidInput, match="nothing to store"):
        rig.upload("stage", {CLIP: LONGER_MP3})
    assert rig.body("stage", CLIP) == MP3


def test_a_replacement_keeps_what_was_said_of_the_object(rig: Rig) -> None:
    """Metadata, tags and cache-control stay; the bytes and the version are new."""
    rig.put(
        "stage", CLIP, MP3, Metadata={"take": "3"}, CacheControl="max-age=60", Tagging="a=b&c=d"
    )
    old = rig.head("stage", CLIP)["VersionId"]
    assert rig.upload("stage", {CLIP: LONGER_MP3}, replacing=True).state == "done"
    head = rig.head("stage", CLIP)
    assert rig.body("stage", CLIP) == LONGER_MP3
    assert (head["Metadata"], head["CacheControl"]) == ({"take": "3"}, "max-age=60")
    tags = rig.store.client.get_object_tagging(Bucket=rig.buckets["stage"], Key=CLIP)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"a": "b", "c": "d"}
    assert rig.body("stage", CLIP, old) == MP3
    assert rig.told(key=CLIP)[-1].version_before == old


def test_of_two_people_the_second_is_told_who_was_first_and_nothing_is_lost(rig: Rig) -> None:
    """Both saw the same object; the second's file is not stored, the first's stays."""
    rig.put("stage", CLIP, MP3)
    seen = rig.changes.plan_upload(ME, "ssi", "stage", "", [Incoming(CLIP, len(MP3) * 3, MP3 * 3)])
    assert rig.upload("stage", {CLIP: LONGER_MP3}, replacing=True, actor=ANN).state == "done"
    job = rig.wait(rig.changes.upload(ME, seen, [io.BytesIO(MP3 * 3)], replace=frozenset({CLIP})))
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["code"] == "conflict"
    assert "by Ann" in job.error["what"]
    assert rig.body("stage", CLIP) == LONGER_MP3
    assert rig.results(CLIP)[-1] == ("replace", "failed")


def test_a_large_replacement_is_refused_too_when_somebody_was_first(rig: Rig) -> None:
    """The condition holds for files in parts; nothing is left of them."""
    rig.put("canonical", "drafts/x.bin", b"old")
    body = b"\1" * (9 * MIB)
    plan = rig.changes.plan_upload(
        ME, "ssi", "canonical", "drafts/", [Incoming("x.bin", len(body), body[:4096])]
    )
    rig.put("canonical", "drafts/x.bin", b"newer")
    keys = frozenset({"drafts/x.bin"})
    job = rig.wait(rig.changes.upload(ME, plan, [io.BytesIO(body)], replace=keys))
    assert (job.state, rig.body("canonical", "drafts/x.bin")) == ("failed", b"newer")
    assert not rig.uploads("canonical")


def test_a_folder_keeps_its_paths_and_what_is_wrong_in_it_is_refused_by_name(rig: Rig) -> None:
    """Good files are stored; each refused one has its reason, and the store never saw it."""
    files = {
        "album/disc 1/a.mp3": MP3,
        "album/../../evil.mp3": MP3,
        "/etc/passwd": b"root",
        "album/page.mp3": b"<!doctype html><p>",
        "album/.DS_Store": b"x",
        "album\\b.mp3": MP3,
    }
    job = rig.upload("canonical", files, "drafts/")
    assert job.state == "done"
    assert rig.keys("canonical") == ["drafts/album/disc 1/a.mp3"]


def test_a_name_the_store_cannot_hold_is_refused_in_the_plan(rig: Rig) -> None:
    """SeaweedFS takes 255 bytes from slash to slash."""
    plan = rig.changes.plan_upload(
        ME, "ssi", "canonical", "", [Incoming("n" * 300 + ".txt", 1, b"x")]
    )
    assert plan.blocked
    assert "cannot hold" in plan.items[0].findings[-1].text


def test_the_rule_stands_before_every_way_to_write(rig: Rig) -> None:
    """Course audio does not get into canonical by upload, put, copy, restore or link."""
    rig.put("stage", CLIP, MP3)
    plan = rig.changes.plan_upload(ME, "ssi", "canonical", "", [Incoming(CLIP, len(MP3), MP3)])
    assert plan.blocked
    with pytest.raises(RuleViolation):
        rig.changes.put(ME, "ssi", "canonical", CLIP, MP3, precondition=IfAbsent())
    to_canonical = rig.changes.plan_transfer(
        ME,
        "ssi",
        "stage",
        [CLIP],
        target_layout="ssi",
        target_role="canonical",
        target="",
        move=False,
    )
    assert to_canonical.blocked
    with pytest.raises(RuleViolation):
        rig.changes.upload_link(
            ME, "ssi", "canonical", CLIP, content_type="audio/mpeg", max_bytes=1000
        )
    assert not rig.keys("canonical")


def test_a_put_goes_by_the_same_checks(rig: Rig) -> None:
    """Stored where nothing is, or over exactly what was read; refused where it is no clip."""
    first = rig.changes.put(ME, "ssi", "stage", CLIP, MP3, precondition=IfAbsent())
    with pytest.raises(Conflict, match="by You"):
        rig.changes.put(ME, "ssi", "stage", CLIP, LONGER_MP3, precondition=IfAbsent())
    rig.changes.put(ME, "ssi", "stage", CLIP, LONGER_MP3, precondition=IfMatch(first.etag))
    with pytest.raises(InvalidInput):
        rig.changes.put(ME, "ssi", "stage", CLIP, b"<html>", precondition=IfAbsent())
    assert rig.body("stage", CLIP) == LONGER_MP3


def test_a_file_that_changed_after_the_plan_is_not_stored(rig: Rig) -> None:
    """What is stored was judged: a plan for an MP3 does not let HTML through."""
    plan = rig.changes.plan_upload(ME, "ssi", "stage", "", [Incoming(CLIP, 6, MP3)])
    plan = replace(plan, items=(replace(plan.items[0], findings=()),))
    with pytest.raises(InvalidInput, match="changed after it was checked"):
        rig.changes.upload(ME, plan, [io.BytesIO(b"<html>")])
    assert not rig.keys("stage")


def test_whoever_may_not_is_refused_and_told_of(rig: Rig) -> None:
    """A viewer changes nothing, by no call."""
    rig.put("stage", CLIP, MP3)
    head = head_object(rig.store, rig.buckets["stage"], CLIP)
    changes, where = rig.changes, (VIEWER, "ssi", "stage")
    calls: list[Callable[[], object]] = [
        lambda: changes.plan_upload(*where, "", [Incoming("a", 1, b"a")]),
        lambda: changes.put(*where, CLIP, MP3, precondition=IfAbsent()),
        lambda: changes.edit(*where, CLIP, expected=head, content_type="audio/mpeg"),
        lambda: changes.set_tags(*where, CLIP, {}, expected=head, expected_tags={}),
        lambda: changes.plan_delete(*where, [CLIP]),
        lambda: changes.plan_prefix(*where, "mastered/"),
        lambda: changes.restore(*where, CLIP, "v", etag=None),
        lambda: changes.upload_link(*where, CLIP, content_type="audio/mpeg", max_bytes=1),
        lambda: changes.plan_transfer(
            *where, [CLIP], target_layout="ssi", target_role="stage", target="x/", move=True
        ),
    ]
    for call in calls:
        with pytest.raises(AccessDenied):
            call()
    assert {event.result for event in rig.told()} == {"refused"}
    assert len(rig.told()) == len(calls)
    assert rig.body("stage", CLIP) == MP3


# -- delete, undo, restore ------------------------------------------------------------------------


def test_what_is_deleted_can_be_undone_where_versions_are_kept(rig: Rig) -> None:
    """The plan says so, undo removes exactly the marker, and the log has versions of both."""
    rig.put("stage", CLIP, MP3)
    version = rig.head("stage", CLIP)["VersionId"]
    plan = rig.changes.plan_delete(ME, "ssi", "stage", [CLIP, OTHER_CLIP])
    assert (plan.count, plan.bytes, plan.undoable) == (1, len(MP3), True)
    assert [row.gone for row in plan.rows] == [False, True]
    assert "can be undone" in plan.text
    deletion = rig.changes.delete(ME, plan, note="wrong take")
    assert [row.key for row in deletion.undoable] == [CLIP]
    assert not rig.keys("stage")
    row = rig.told(key=CLIP)[-1]
    assert (row.result, row.version_before, row.note) == ("done", version, "wrong take")
    undone = rig.changes.undo(ME, deletion)
    assert (undone.restored, undone.failed) == ((CLIP,), {})
    assert rig.head("stage", CLIP)["VersionId"] == version
    again = rig.changes.undo(ME, deletion)
    assert again.restored == ()
    assert again.failed[CLIP]["code"] == "conflict"


def test_undo_leaves_what_was_stored_since(rig: Rig) -> None:
    """A newer object under the key is not touched by an old Undo button."""
    rig.put("stage", CLIP, MP3)
    deletion = rig.changes.delete(ME, rig.changes.plan_delete(ME, "ssi", "stage", [CLIP]))
    rig.put("stage", CLIP, LONGER_MP3)
    undone = rig.changes.undo(ME, deletion)
    assert undone.restored == ()
    assert rig.body("stage", CLIP) == LONGER_MP3


def test_without_versions_the_plan_says_gone_for_good(rig: Rig) -> None:
    """And there is nothing to undo."""
    rig.put("canonical", "drafts/a.txt", b"a")
    plan = rig.changes.plan_delete(ME, "ssi", "canonical", ["drafts/a.txt"])
    assert "gone for good" in plan.text
    deletion = rig.changes.delete(ME, plan)
    assert (len(deletion.deleted), deletion.undoable) == (1, ())
    assert not rig.keys("canonical")


def test_what_changed_since_the_plan_is_not_deleted(rig: Rig) -> None:
    """The others go; the changed one is named with who changed it."""
    rig.put("stage", CLIP, MP3)
    rig.put("stage", OTHER_CLIP, MP3)
    plan = rig.changes.plan_delete(ME, "ssi", "stage", [CLIP, OTHER_CLIP])
    rig.upload("stage", {CLIP: LONGER_MP3}, replacing=True, actor=ANN)
    deletion = rig.changes.delete(ME, plan)
    assert [row.key for row in deletion.deleted] == [OTHER_CLIP]
    (failed,) = deletion.failed
    assert failed.error is not None
    assert (failed.key, failed.error["code"]) == (CLIP, "conflict")
    assert "by Ann" in failed.error["what"]
    assert rig.keys("stage") == [CLIP]
    assert rig.results(CLIP)[-1] == ("delete", "failed")


def test_an_old_version_comes_back_on_top(rig: Rig) -> None:
    """Nothing between is lost, and only over what the person saw."""
    rig.put("stage", CLIP, MP3, Metadata={"take": "1"}, ContentType="audio/mpeg")
    old = rig.head("stage", CLIP)["VersionId"]
    etag = rig.put("stage", CLIP, LONGER_MP3)
    with pytest.raises(Conflict):
        rig.changes.restore(ME, "ssi", "stage", CLIP, old, etag="0" * 32)
    written = rig.changes.restore(ME, "ssi", "stage", CLIP, old, etag=etag, note="was better")
    head = rig.head("stage", CLIP)
    assert (rig.body("stage", CLIP), head["Metadata"]) == (MP3, {"take": "1"})
    assert written.version_id == head["VersionId"] != old
    assert len(list_versions(rig.store, rig.buckets["stage"], CLIP)) == 3
    assert rig.told(key=CLIP)[-1].version_after == head["VersionId"]


def test_a_deleted_object_comes_back(rig: Rig) -> None:
    """The latest version by removing the marker, an older one by a copy on top of it."""
    rig.put("stage", CLIP, MP3)
    rig.put("stage", CLIP, LONGER_MP3)
    newest, oldest = (
        row.version_id for row in list_versions(rig.store, rig.buckets["stage"], CLIP)
    )
    rig.store.client.delete_object(Bucket=rig.buckets["stage"], Key=CLIP)
    rig.changes.restore(ME, "ssi", "stage", CLIP, newest, etag=None)
    assert rig.head("stage", CLIP)["VersionId"] == newest
    rig.store.client.delete_object(Bucket=rig.buckets["stage"], Key=CLIP)
    rig.changes.restore(ME, "ssi", "stage", CLIP, oldest, etag=None)
    assert rig.body("stage", CLIP) == MP3
    with pytest.raises(NotFound):
        rig.changes.restore(ME, "ssi", "stage", CLIP, "0" * 32, etag=None)


def test_a_restore_does_not_cover_what_was_stored_meanwhile(rig: Rig) -> None:
    """Who believes it deleted is told of the new object."""
    rig.put("stage", CLIP, MP3)
    old = rig.head("stage", CLIP)["VersionId"]
    rig.store.client.delete_object(Bucket=rig.buckets["stage"], Key=CLIP)
    rig.put("stage", CLIP, LONGER_MP3)
    with pytest.raises(Conflict):
        rig.changes.restore(ME, "ssi", "stage", CLIP, old, etag=None)
    assert rig.body("stage", CLIP) == LONGER_MP3


# -- facts and tags -------------------------------------------------------------------------------


def test_facts_are_edited_and_the_rest_stays(rig: Rig) -> None:
    """Of metadata, type and cache-control what is given changes; bytes and tags do not."""
    rig.put("stage", CLIP, MP3, Metadata={"a": "1"}, CacheControl="no-cache", Tagging="t=u")
    seen = head_object(rig.store, rig.buckets["stage"], CLIP)
    rig.changes.edit(
        ME, "ssi", "stage", CLIP, expected=seen, metadata={"B": "2"}, content_type="audio/mp3"
    )
    head = rig.head("stage", CLIP)
    assert (head["Metadata"], head["ContentType"]) == ({"b": "2"}, "audio/mp3")
    assert (head["CacheControl"], head["TagCount"]) == ("no-cache", 1)
    assert rig.body("stage", CLIP) == MP3
    assert rig.told(key=CLIP)[-1].detail["changed"] == "content_type, metadata"


def test_of_two_who_edit_facts_the_second_is_told(rig: Rig) -> None:
    """The bytes are the same for both, so it is the facts that are compared."""
    rig.put("stage", CLIP, MP3, Metadata={"a": "1"}, ContentType="audio/mpeg")
    seen = head_object(rig.store, rig.buckets["stage"], CLIP)
    rig.changes.edit(ANN, "ssi", "stage", CLIP, expected=seen, metadata={"a": "ann's"})
    with pytest.raises(Conflict, match="by Ann"):
        rig.changes.edit(ME, "ssi", "stage", CLIP, expected=seen, metadata={"a": "mine"})
    assert rig.head("stage", CLIP)["Metadata"] == {"a": "ann's"}


def test_a_kind_keeps_its_types(rig: Rig) -> None:
    """A clip does not become a web page by an edit."""
    rig.put("stage", CLIP, MP3)
    seen = head_object(rig.store, rig.buckets["stage"], CLIP)
    with pytest.raises(InvalidInput, match="content type"):
        rig.changes.edit(ME, "ssi", "stage", CLIP, expected=seen, content_type="text/html")
    with pytest.raises(InvalidInput, match="nothing to change"):
        rig.changes.edit(ME, "ssi", "stage", CLIP, expected=seen)


def test_tags_are_replaced_where_they_are_what_was_read(rig: Rig) -> None:
    """The second of two is told; none is lost."""
    rig.put("stage", CLIP, MP3, Tagging="a=1")
    head = head_object(rig.store, rig.buckets["stage"], CLIP)
    seen = {"expected": head, "expected_tags": {"a": "1"}}
    rig.changes.set_tags(ANN, "ssi", "stage", CLIP, {"b": "2"}, **seen)
    with pytest.raises(Conflict):
        rig.changes.set_tags(ME, "ssi", "stage", CLIP, {"c": "3"}, **seen)
    tags = rig.store.client.get_object_tagging(Bucket=rig.buckets["stage"], Key=CLIP)["TagSet"]
    assert tags == [{"Key": "b", "Value": "2"}]
    assert rig.results(CLIP)[-2:] == [("tags", "allowed"), ("tags", "failed")]


def test_tags_are_put_on_what_was_seen_and_nothing_else(rig: Rig) -> None:
    """ "checked" is said of the bytes that were heard: on others, or on none, it is refused."""
    rig.put("stage", CLIP, MP3)
    seen = {"expected": head_object(rig.store, rig.buckets["stage"], CLIP), "expected_tags": {}}
    rig.put("stage", CLIP, LONGER_MP3)
    with pytest.raises(Conflict, match="Another one is there now"):
        rig.changes.set_tags(ME, "ssi", "stage", CLIP, {"state": "checked"}, **seen)
    place = {"Bucket": rig.buckets["stage"], "Key": CLIP}
    assert rig.store.client.get_object_tagging(**place)["TagSet"] == []
    rig.store.client.delete_object(**place)
    with pytest.raises(Conflict, match="no longer there"):
        rig.changes.set_tags(ME, "ssi", "stage", CLIP, {"state": "checked"}, **seen)
    assert rig.results(CLIP)[-2:] == [("tags", "allowed"), ("tags", "failed")]


def test_a_log_that_takes_nothing_lets_nothing_change(
    rig: Rig, console_database: Database, tmp_path: Path
) -> None:
    """Unaudited, no change happens."""
    rig.put("stage", CLIP, MP3)
    plan = rig.changes.plan_delete(ME, "ssi", "stage", [CLIP])
    (tmp_path / "console.db").unlink()
    with pytest.raises(StorageError):
        rig.changes.delete(ME, plan)
    assert rig.body("stage", CLIP) == MP3
