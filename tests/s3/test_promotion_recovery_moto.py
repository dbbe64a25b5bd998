"""What a second run finds of a first: nothing that was written is forgotten, on any way on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from promotion_rig import COURSE, MANIFEST, ME, RELEASED, Rig, clip, rigged

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import Unavailable, Unconfirmed
from storage.gate import Gate
from storage.model.promotion import Scope
from storage.promotion import doing
from storage.promotion.journal import Journal
from storage.s3 import many_copies
from storage.s3.client import Store
from storage.s3.conditions import IfAbsent
from storage.s3.direct import Task
from storage.s3.many_copies import Copies

AWAY = Unavailable("The store is away.", "Try again.")


@pytest.fixture
def rig(
    moto_store: Store,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    monkeypatch.setattr(doing, "BATCH", 4)
    with rigged(moto_store, gate_to, audit, console_database) as made:
        yield made


def raising(*_: object) -> None:
    raise AWAY


def test_what_a_lost_run_wrote_is_undone_though_a_later_one_failed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first writes and cannot tell; the second meets no store; the rollback takes it away."""
    rig.fill("stage", range(8), seed=1)
    release = rig.approve(rig.plan())
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "end", raising)
        with pytest.raises(Unavailable):
            rig.run(release)
    assert rig.content("prod"), "nothing was written"
    with monkeypatch.context() as patch:
        patch.setattr(Copies, "some", lambda _, tasks: [AWAY for _ in tasks])
        with pytest.raises(Unavailable):
            rig.promotions.resume(ME, "ssi", release.id, watch=lambda *_: None)
    assert rig.get(release).failures, "why it stopped is not told"
    assert rig.undone(rig.get(release)).state == "live"
    assert not rig.content("prod")


def test_a_rollback_that_took_the_manifest_away_is_resumed(rig: Rig) -> None:
    """Paused behind the manifest and before the last clip, it goes on to its end."""
    rig.told.clips = list(range(24))
    rig.told.etag = rig.put("canonical", MANIFEST, rig.told.manifest)
    rig.fill("stage", range(24), seed=1)
    back = rig.promotions.plan_rollback(ME, "ssi", rig.released(Scope("course", (COURSE,))).id)
    rig.approve(back)

    def pause(*_: object) -> None:
        now = rig.get(back)
        if now.state == "running" and not now.wanted:
            rig.promotions.pause(ME, "ssi", back.id)

    rig.promotions.run(ME, "ssi", back.id, typed=back.header.scope.text, watch=pause)
    assert rig.get(back).state == "paused"
    assert RELEASED not in rig.content("canonical")
    rig.promotions.resume(ME, "ssi", back.id, watch=lambda *_: None)
    assert rig.get(back).state == "live"
    assert not rig.content("prod")


@pytest.mark.parametrize(("lost", "kind"), [(False, Unavailable), (True, Unconfirmed)])
def test_a_conflict_that_nobody_can_look_into_is_none(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, lost: bool, kind: type[Unavailable]
) -> None:
    """With an answer lost before, the copy may be ours: that is not known."""
    rig.fill("stage", range(1), seed=1)
    rig.fill("prod", range(1), seed=1)
    etag = rig.content("stage")[clip(0)]
    task = Task(clip(0), "", etag, 200, "STANDARD", clip(0), IfAbsent(), plain=False)
    copies = Copies(rig.store, rig.buckets["stage"], rig.buckets["prod"])
    monkeypatch.setattr(many_copies, "head_answer", raising)
    if lost:
        monkeypatch.setattr(copies, "_is_quick", lambda _: True)
        monkeypatch.setattr(copies, "_volleys", lambda _: ["lost"])
    assert type(copies.one(task)) is kind
