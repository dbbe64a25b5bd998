"""Releases on the real store, from the plan to the rollback and forward again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from promotion_rig import (
    COURSE,
    MANIFEST,
    ME,
    OPERATORS,
    RELEASED,
    Rig,
    clip,
    person,
    rigged,
)

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    NotFound,
    RuleViolation,
    VerifyFailed,
)
from storage.gate import Gate
from storage.model.audit import AuditFilter
from storage.model.people import Role
from storage.model.promotion import Scope
from storage.promotion.gates import Heard, Sound
from storage.s3 import many_copies
from storage.s3.client import Store
from storage.s3.multipart import MIB

BOTH = pytest.mark.parametrize("versions", [True, False], ids=["versions", "no versions"])


@pytest.fixture
def rig(
    request: pytest.FixtureRequest,
    weed_store: Store,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
) -> Iterator[Rig]:
    versions = "versions" not in request.fixturenames or request.getfixturevalue("versions")
    with rigged(weed_store, gate_to, audit, console_database, versions=versions) as made:
        yield made


@BOTH
def test_there_and_back_and_there_again(rig: Rig, versions: bool) -> None:
    """A release makes prod as stage, with type, metadata and tags; its rollback makes it what it
    was, and the rollback's own rollback makes it live again."""
    rig.fill("stage", range(30), seed=1)
    rig.fill("prod", range(20, 30), seed=1)
    rig.fill("prod", range(10, 20), seed=9)
    rig.fill("prod", range(40, 45), seed=9)
    before = rig.content("prod")
    facts = rig.facts("prod", clip(15))
    release = rig.released()
    assert release.counts | {} == release.counts
    assert (release.state, release.done, release.failed, release.todo) == ("live", 20, 0, 20)
    assert release.verified is not None
    assert (release.verified.wrong, release.verified.objects) == (0, 30)
    live = rig.content("prod", "mastered/")
    assert live == {**rig.content("stage"), **{clip(n): before[clip(n)] for n in range(40, 45)}}
    assert rig.facts("prod", clip(15)) == rig.facts("stage", clip(15))
    assert rig.facts("prod", clip(3)) == rig.facts("stage", clip(3))

    back = rig.undone(release)
    assert (back.state, rig.get(release).state) == ("live", "undone")
    assert rig.content("prod", "mastered/") == before
    assert rig.facts("prod", clip(15)) == facts

    forward = rig.undone(back)
    assert [rig.get(one).state for one in (forward, back, release)] == ["live", "undone", "live"]
    assert rig.content("prod", "mastered/") == live
    assert rig.facts("prod", clip(15)) == rig.facts("stage", clip(15))


def test_a_large_object_goes_in_parts(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit of one copy (here 6 MiB) it goes live in parts, with all that belongs to it;
    the next plan finds it the same though its ETag is another; and it is undone."""
    monkeypatch.setattr(many_copies, "ONE_COPY_BYTES", 6 * MIB)
    monkeypatch.setattr(many_copies, "COPY_PART_BYTES", 5 * MIB)
    large = os.urandom(9 * MIB)
    source = rig.put("stage", clip(1), large, Metadata={"take": "7"}, Tagging="a=b")
    rig.fill("stage", [2])
    rig.put("prod", clip(1), b"earlier")
    before = rig.content("prod")
    release = rig.released()
    assert (release.state, release.done) == ("live", 2)
    etag = rig.content("prod")[clip(1)]
    assert (etag.endswith("-2"), etag != source) == (True, True)
    assert rig.facts("prod", clip(1)) == rig.facts("stage", clip(1))
    live = rig.store.client.get_object(Bucket=rig.buckets["prod"], Key=clip(1))["Body"].read()
    assert live == large
    assert rig.plan().counts["same"] == 2
    assert rig.undone(release).state == "live"
    assert rig.content("prod") == before


def test_everything_is_in_the_log(rig: Rig) -> None:
    """Each step of state, and each object, with who and which release."""
    rig.fill("stage", range(3))
    release = rig.released()
    rows = rig.audit.search(AuditFilter(), limit=1_000).rows
    calls = [(r.event.detail["call"], r.event.result) for r in reversed(rows) if not r.event.key]
    assert calls == [
        ("plan-promotion", "allowed"), ("plan-promotion", "done"),
        ("approve-release", "allowed"), ("approve-release", "done"),
        ("promotion", "allowed"),
    ]  # fmt: skip
    objects = [row.event for row in rows if row.event.key]
    assert {one.key for one in objects} == {clip(n) for n in range(3)}
    assert {(one.action, one.result) for one in objects} == {("promote:run", "done")}
    assert all(one.version_after and one.detail["release"] == release.id for one in objects)
    assert not rig.audit.verify().findings


def test_nothing_to_do_is_live_at_once(rig: Rig) -> None:
    """A release of what is live already copies nothing and says so."""
    rig.fill("stage", range(5))
    rig.released()
    again = rig.released()
    assert (again.state, again.todo, again.counts["same"]) == ("live", 0, 5)


def test_a_course_goes_live_with_its_manifest_last(rig: Rig) -> None:
    """What the manifest refers to goes live, then the manifest itself; the rollback takes the
    manifest away first, and a second release's rollback puts the first one's back."""
    rig.told.clips = [1, 2, 3, 3]
    rig.told.manifest = json.dumps({"id": "one"}).encode()
    rig.told.etag = rig.put("canonical", MANIFEST, rig.told.manifest)
    rig.fill("stage", range(6), seed=1)
    first = rig.released(Scope("course", (COURSE,)))
    assert (first.state, first.done) == ("live", 3)
    assert rig.content("canonical")[RELEASED] == rig.told.etag
    assert set(rig.content("prod")) == {clip(1), clip(2), clip(3)}

    one = rig.told.etag
    rig.told.clips = [1, 2, 3, 4]
    rig.told.manifest = b'{"id": "two"}'
    rig.told.etag = rig.put("canonical", MANIFEST, rig.told.manifest)
    second = rig.released(Scope("course", (COURSE,)))
    assert rig.content("canonical")[RELEASED] == rig.told.etag
    back = rig.undone(second)
    assert rig.content("canonical")[RELEASED] == one
    assert clip(4) not in rig.content("prod")
    rig.undone(back)
    assert rig.content("canonical")[RELEASED] == rig.told.etag
    assert clip(4) in rig.content("prod")


def test_a_manifest_that_changed_voids_the_release(rig: Rig) -> None:
    """What was planned from another manifest is not approved, and cannot be again."""
    rig.told.clips = [1]
    rig.told.etag = rig.put("canonical", MANIFEST, b"{}")
    rig.fill("stage", range(2))
    release = rig.plan(Scope("course", (COURSE,)))
    rig.told.manifest = b'{"other": 1}'
    with pytest.raises(Conflict, match="changed since"):
        rig.approve(release)
    assert rig.get(release).state == "void"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"heard": Heard(3, "3 clips were rejected.")}, "rejected"),
        ({"sound": Sound(1, 0)}, "error"),
    ],
)
def test_what_others_say_holds_it_back_at_each_step(
    rig: Rig, said: dict[str, object], word: str
) -> None:
    """A rejection or an error found after the plan stops the approval, and after that the run."""
    rig.fill("stage", range(2))
    planned, approved = rig.plan(), rig.plan()
    rig.approve(approved)
    for name, value in said.items():
        setattr(rig.told, name, value)
    with pytest.raises(RuleViolation, match=word):
        rig.approve(planned)
    with pytest.raises(RuleViolation, match=word):
        rig.run(approved)
    assert rig.plan().blocked
    assert rig.content("prod") == {}


def test_a_second_person_approves(rig: Rig) -> None:
    """Who planned does not approve, whatever the note; another operator does; and not for ever."""
    ann, ben, _ = OPERATORS
    rig.fill("stage", range(2))
    release = rig.plan(actor=ann)
    for override in ("", "it is urgent, really"):
        with pytest.raises(AccessDenied, match="another person"):
            rig.approve(release, actor=ann, override=override)
    with pytest.raises(Conflict, match="hash is another"):
        rig.promotions.approve(ben, "ssi", release.id, "0" * 64)
    approval = rig.approve(release, actor=ben, note="heard it").approval
    assert approval is not None
    assert (approval.by.name, approval.by.note, approval.alone) == ("ben", "heard it", False)
    rig.wait(timedelta(hours=73))
    with pytest.raises(Conflict, match="approval ended"):
        rig.run(release, actor=ann)
    assert rig.content("prod") == {}


def test_an_admin_overrides_with_a_reason_and_is_countersigned(rig: Rig) -> None:
    """Alone, with words, and another person signs afterwards, not the same."""
    rig.fill("stage", range(2))
    root = person("root", Role.ADMIN)
    release = rig.plan(actor=root)
    with pytest.raises(InvalidInput, match="no reason"):
        rig.approve(release, actor=root, override="because")
    approval = rig.approve(release, actor=root, override="The course is silent for users.").approval
    assert approval is not None
    assert (approval.alone, approval.override) == (True, "The course is silent for users.")
    rig.run(release, actor=root)
    with pytest.raises(AccessDenied):
        rig.promotions.countersign(root, "ssi", release.id)
    signed = rig.promotions.countersign(OPERATORS[0], "ssi", release.id).approval
    assert signed is not None
    assert signed.countersigned is not None
    assert signed.countersigned.name == "ann"


def test_only_what_was_meant_runs(rig: Rig) -> None:
    """Without an approval, with another text typed, or a second time, nothing runs."""
    rig.fill("stage", range(2))
    release = rig.plan()
    with pytest.raises(Conflict, match="waits for approval"):
        rig.run(release)
    rig.approve(release)
    with pytest.raises(InvalidInput, match="typed"):
        rig.promotions.run(ME, "ssi", release.id, typed="prod")
    rig.run(release)
    with pytest.raises(Conflict, match="is live"):
        rig.run(release)


@BOTH
def test_changes_after_the_plan_are_told_and_nothing_is_overwritten(
    rig: Rig, versions: bool
) -> None:
    """A source that changed or went, a destination that changed or came: each is a failure of its
    own, the rest is done, and the release says that it stopped."""
    rig.fill("stage", range(8), seed=1)
    rig.fill("prod", range(4, 8), seed=2)
    release = rig.plan()
    rig.approve(release)
    rig.put("stage", clip(0), b"newer")
    rig.delete("stage", clip(1))
    theirs = {
        clip(2): rig.put("prod", clip(2), b"by another"),
        clip(4): rig.put("prod", clip(4), b"too"),
    }
    rig.delete("prod", clip(5))
    rig.run(release)
    ended = rig.get(release)
    assert (ended.state, ended.done, ended.failed) == ("stopped", 3, 5)
    assert {key for key, _ in ended.failures} == {clip(n) for n in (0, 1, 2, 4, 5)}
    prod = rig.content("prod", "mastered/")
    assert theirs.items() <= prod.items()
    assert not {clip(0), clip(1), clip(5)} & prod.keys()
    back = rig.undone(ended)
    assert back.state == "live"
    assert rig.content("prod", "mastered/").keys() == {clip(n) for n in (2, 4, 6, 7)}


def test_later_releases_are_undone_first(rig: Rig) -> None:
    """Where a later release wrote the same object, the rollback of the first names it."""
    rig.fill("stage", range(4), seed=1)
    first = rig.released()
    rig.fill("stage", range(2), seed=2)
    second = rig.released()
    held = rig.promotions.plan_rollback(ME, "ssi", first.id)
    shut = {gate.name: gate for gate in held.blocked}
    assert shut.keys() == {"as-left", "later-releases"}
    assert second.id in shut["later-releases"].reason
    with pytest.raises(RuleViolation):
        rig.approve(held)
    rig.undone(second)
    assert rig.undone(first).state == "live"
    assert rig.content("prod") == {}


def test_what_others_wrote_since_is_left(rig: Rig) -> None:
    """A rollback does not touch what somebody wrote over the release's objects."""
    rig.fill("stage", range(3), seed=1)
    release = rig.released()
    theirs = rig.put("prod", clip(1), b"by hand")
    back = rig.promotions.plan_rollback(ME, "ssi", release.id)
    assert [gate.name for gate in back.blocked] == ["as-left"]
    assert back.counts["left"] == 1
    assert rig.content("prod")[clip(1)] == theirs


def test_verification_finds_what_is_wrong(rig: Rig) -> None:
    """Bytes, type and absence are seen, named, and the release is not called live again."""
    rig.fill("stage", range(6), seed=1)
    release = rig.released()
    rig.put("prod", clip(0), b"other")
    rig.delete("prod", clip(1))
    rig.store.client.copy_object(
        Bucket=rig.buckets["prod"], Key=clip(2), CopySource=f"{rig.buckets['prod']}/{clip(2)}",
        MetadataDirective="REPLACE", ContentType="text/plain",
    )  # fmt: skip
    with pytest.raises(VerifyFailed, match="3 objects"):
        rig.promotions.verify(ME, "ssi", release.id, watch=lambda *_: None)
    found = rig.get(release).verified
    assert found is not None
    assert {key: words.split()[-2] for key, words in found.findings}.keys() == {
        clip(n) for n in (0, 1, 2)
    }


def test_the_same_bytes_of_another_type_are_told_by_a_deep_plan(rig: Rig) -> None:
    """A plan compares bytes; a deep one type and metadata, too, and mends them."""
    rig.fill("stage", range(2), seed=1)
    rig.released()
    rig.store.client.copy_object(
        Bucket=rig.buckets["prod"], Key=clip(0), CopySource=f"{rig.buckets['prod']}/{clip(0)}",
        MetadataDirective="REPLACE", ContentType="text/plain",
    )  # fmt: skip
    assert rig.plan().todo == 0
    deep = rig.plan(deep=True)
    assert deep.counts["changed"] == 1
    rig.approve(deep)
    rig.run(deep)
    assert rig.facts("prod", clip(0)) == rig.facts("stage", clip(0))


def test_cancelled_before_it_ran_is_void(rig: Rig) -> None:
    """It cannot be run any more."""
    rig.fill("stage", range(2))
    release = rig.plan()
    rig.approve(release)
    assert rig.promotions.cancel(ME, "ssi", release.id, note="not today").state == "void"
    with pytest.raises(Conflict):
        rig.run(release)
    with pytest.raises(NotFound):
        rig.promotions.show(ME, "ssi", "nothing")
