"""Listening in turn over a store: who gets which clip, and what becomes of what they say."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from review_rig import (
    ALL,
    ANN,
    BEN,
    COURSE,
    Rig,
    clip_id,
    content_of,
    judgement,
    key_of,
    measured,
    person,
)
from sqlalchemy import delete

from storage.audio.analyse import ANALYSIS
from storage.audit.log import Audit
from storage.db.engine import REVIEW_LOCK, Database
from storage.db.measurements import MeasurementRows
from storage.db.schema import verdicts
from storage.db.verdicts import Verdicts
from storage.errors import AccessDenied, InvalidInput, NotFound, Unavailable
from storage.gate import Gate
from storage.model.audio import AudioFinding
from storage.model.audit import AuditFilter
from storage.model.people import Role
from storage.model.review import Mark, Scope
from storage.s3.client import Store

BODIES = [f"clip {number}".encode() * 20 for number in range(6)]
HANGS = AudioFinding("hang", "error", "Measuring it takes for ever: something in it is wrong")


@pytest.fixture
def rig(
    moto_store: Store,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
    tmp_path: Path,
) -> Iterator[Rig]:
    made = Rig.over(moto_store, gate_to, audit, console_database, tmp_path)
    made.course(
        (0, "Voglio parlare italiano", "target1", "natural"),
        (1, "Voglio", "target1", "natural"),
        (2, "Voglio parlare", "target1", "natural"),
        (3, "Vorrei parlare con te", "target1", "slow"),
        (4, "Voglio", "target2", "natural"),
        (5, "not in the bucket", "source", "natural"),
    )
    for number, body in enumerate(BODIES[:5]):
        made.put(number, body)
    made.measure(BODIES[3], -10.9)
    yield made
    made.review.close()


def test_clips_come_by_risk_and_say_why(rig: Rig) -> None:
    """Faults that were measured, then single words, then the rest; each says why."""
    clips = rig.next(ANN, count=5)
    assert [(clip.place.key, clip.risk, clip.why) for clip in clips] == [
        (key_of(3), "defect", ("5.1 dB too loud",)),
        (key_of(1), "short", ("single word",)),
        (key_of(4), "short", ("single word",)),
        (key_of(0), "rest", ()),
        (key_of(2), "rest", ()),
    ]
    assert clips[1].lang == "it"
    assert [one.id for one in clips[1].neighbours] == [clips[2].id]
    assert clips[0].figures is not None
    assert clips[1].figures is None


def test_a_console_that_starts_anew_opens_by_the_listing_that_was_kept(rig: Rig) -> None:
    """It tells how old that is, lists anew behind the scenes, and never plays or exports by it."""
    rig.next(ANN)
    rig.clock.skip(days=3)
    rig.put(3, b"other bytes by now")
    rig.put(5, BODIES[5])
    old = rig.another()
    turn = old.next(ANN, "ssi", "stage", COURSE, count=5)
    assert turn.listing.state == "ready"
    assert turn.listing.age_s >= 3 * 24 * 3600
    assert turn.listing.objects == 5
    by_key = {clip.place.key: clip.content for clip in turn.clips}
    assert by_key.get(key_of(3), content_of(b"other bytes by now")) == content_of(
        b"other bytes by now"
    )
    until = time.monotonic() + 30
    while old.summary(ANN, "ssi", "stage", COURSE).listing.objects != 6:
        assert time.monotonic() < until
        time.sleep(0.05)
    old.close()


def test_what_is_exported_is_never_of_a_kept_listing(rig: Rig) -> None:
    """A verdict on bytes that were replaced since it was made does not hold."""
    rig.next(ANN)
    rig.say(ANN, 2, BODIES[2])
    rig.put(2, b"other bytes by now")
    rig.clock.skip(minutes=6)
    anew = rig.another()
    table = b"".join(anew.export_csv(ANN, "ssi", "stage", COURSE)).decode("utf-8-sig")
    (row,) = csv.DictReader(table.splitlines())
    assert (row["id"], row["holds"]) == (clip_id(2), "no")
    anew.close()


@pytest.mark.parametrize("broken", [b"", b"no table", None])
def test_what_is_kept_and_broken_is_as_none(rig: Rig, broken: bytes | None) -> None:
    """The bucket is listed and the database read instead; None: one byte is another."""
    rig.say(ANN, 2, BODIES[2])
    rig.next(ANN)
    kept = sorted(rig.folder.glob("listings/*.arrow"))
    assert [one.name.split("-")[0] for one in kept] == ["figures", "listing", "verdicts"]
    assert {one.stat().st_mode & 0o777 for one in kept} == {0o600}
    for one in kept:
        data = bytearray(one.read_bytes())
        data[-30] ^= 1
        one.write_bytes(bytes(data) if broken is None else broken)
    again = rig.another()
    turn = again.next(ANN, "ssi", "stage", COURSE)
    assert turn.progress is not None
    assert (turn.progress.whole.total, turn.progress.whole.approved) == (5, 1)
    assert turn.clips[0].why == ("5.1 dB too loud",)
    again.close()


def test_a_console_that_starts_anew_reads_only_what_came_since(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verdicts and figures from before are on the disk; those of meanwhile are in the queue."""
    rig.say(ANN, 0, BODIES[0])
    rig.next(ANN)
    rig.say(BEN, 2, BODIES[2], "rejected")
    rig.measure(BODIES[4], -21.5)
    asked: list[object] = []
    since, table = Verdicts.since, MeasurementRows.table

    def reading(rows: Verdicts, layout: str, after: int, limit: int) -> object:
        asked.append(after)
        return since(rows, layout, after, limit)

    def measuring(rows: MeasurementRows, etags: Sequence[str]) -> object:
        asked.append(sorted(etags))
        return table(rows, etags)

    monkeypatch.setattr(Verdicts, "since", reading)
    monkeypatch.setattr(MeasurementRows, "table", measuring)
    again = rig.another()
    turn = again.next(ANN, "ssi", "stage", COURSE, count=5)
    unknown = sorted(content_of(BODIES[number]).etag for number in (0, 1, 2, 4))
    assert asked[0] == 1
    assert unknown in asked
    assert turn.progress is not None
    assert (turn.progress.whole.approved, turn.progress.whole.rejected) == (1, 1)
    quiet, loud = turn.clips[:2]
    assert (quiet.why, loud.why) == (
        ("single word", "5.5 dB too quiet"),
        ("5.1 dB too loud",),
    )
    again.close()


def test_verdicts_of_another_database_do_not_count(rig: Rig) -> None:
    """Whoever brings an older copy back has other rows under the same numbers; or none."""
    rig.say(ANN, 0, BODIES[0])
    rig.next(ANN)
    with rig.database.writing(REVIEW_LOCK) as connection:
        connection.execute(delete(verdicts))
    emptied = rig.another()
    assert emptied.summary(ANN, "ssi", "stage", COURSE).whole.approved == 0
    rig.say(BEN, 2, BODIES[2], "rejected")
    again = rig.another()
    whole = again.summary(ANN, "ssi", "stage", COURSE).whole
    assert (whole.approved, whole.rejected) == (0, 1)
    emptied.close()
    again.close()


def test_a_clip_that_failed_to_be_measured_is_asked_for_again(rig: Rig) -> None:
    """Another try may have gone better: it is not kept as failed for ever."""
    failed = replace(measured(BODIES[1]), state="failed", facts=None, sound=None, damage=(HANGS,))
    rig.measured.put([(failed, b"")])
    assert rig.next(ANN)[0].findings == (HANGS,)
    rig.measure(BODIES[1])
    again = rig.another()
    first, second = again.next(ANN, "ssi", "stage", COURSE).clips
    assert (first.place.key, second.place.key) == (key_of(3), key_of(1))
    assert second.findings == ()
    again.close()


def test_another_analysis_does_not_take_the_figures_of_this_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an earlier one found is on the disk, and not read."""
    rig.next(ANN)
    monkeypatch.setattr(rig.measured, "analysis", ANALYSIS + 1)
    again = rig.another()
    assert not any(row.measured for row in again.rows(ANN, "ssi", "stage", COURSE).rows)
    again.close()


def test_a_key_in_lower_case_is_found_unless_the_right_one_is_there(rig: Rig) -> None:
    """Readers take either case of a UUID; with both, the one that writers write."""
    bucket = rig.buckets["stage"]
    for number in (4, 5):
        low = f"mastered/{clip_id(number).lower()}.mp3"
        rig.store.client.put_object(Bucket=bucket, Key=low, Body=b"low")
    keys = {clip.place.key for clip in rig.next(ANN, count=5)} | {
        clip.place.key for clip in rig.next(BEN, count=5)
    }
    assert f"mastered/{clip_id(5).lower()}.mp3" in keys
    assert key_of(4) in keys
    assert len(keys) == 6


def test_two_listeners_do_not_get_the_same_clip(rig: Rig) -> None:
    """What one holds the other does not get, until it was let go of or its time is over."""
    first, second = rig.next(ANN, count=2), rig.next(BEN, count=2)
    assert len({clip.place.key for clip in (*first, *second)}) == 4
    assert [clip.place.key for clip in rig.next(ANN, count=2)] == [clip.place.key for clip in first]
    rig.clock.skip(minutes=4)
    assert rig.next(BEN, count=1)[0].place.key == first[0].place.key


def test_held_clips_are_renewed_and_not_sent_again(rig: Rig) -> None:
    """A browser that goes on says what it holds: nobody else gets it, and it gets others."""
    held = [clip.place.key for clip in rig.next(ANN, count=2)]
    rig.clock.skip(minutes=2)
    more = rig.next(ANN, count=1, skip=held)
    rig.clock.skip(minutes=2)
    assert not {clip.place.key for clip in rig.next(BEN, count=5)} & {
        *held,
        more[0].place.key,
    }


def test_an_approved_clip_leaves_the_queue_of_all(rig: Rig) -> None:
    """Another console knows it too, and progress counts it."""
    (clip,) = rig.next(ANN, count=1)
    (judged,) = rig.judge(ANN, judgement(clip))
    assert (judged.state, judged.repeated) == ("approved", False)
    other = rig.another()
    handed = other.next(BEN, "ssi", "stage", COURSE, count=5)
    assert clip.place.key not in {one.place.key for one in handed.clips}
    progress = other.progress(BEN, "ssi", "stage", COURSE)
    assert (progress.whole.total, progress.whole.approved, progress.whole.left) == (5, 1, 4)
    assert progress.missing == 1
    assert [(part.name, part.heard) for part in progress.by_role] == [
        ("target1", 1),
        ("target2", 0),
    ]
    assert [(part.name, part.approved) for part in progress.by_person] == [("Ann", 1)]
    other.close()


def test_the_same_nonce_is_one_verdict(rig: Rig) -> None:
    """A browser that sends again after a lost answer, even once the clip is gone, changes nothing."""
    (clip,) = rig.next(ANN, count=1)
    said = judgement(clip, nonce="n1")
    (first,) = rig.judge(ANN, said)
    rig.store.client.delete_object(Bucket=rig.buckets["stage"], Key=clip.place.key)
    (second,) = rig.judge(ANN, replace(said, decision="rejected"))
    assert (second.verdict_id, second.repeated) == (first.verdict_id, True)
    assert second.state == "approved"


def test_new_bytes_void_a_verdict_and_metadata_does_not(rig: Rig) -> None:
    """The verdict stays with the bytes: back again when they are."""
    approved = rig.clock.at
    assert rig.say(ANN, 2, BODIES[2]).state == "approved"
    rig.put(2, BODIES[2], Metadata={"edited": "yes"})
    rig.clock.skip(minutes=10)
    assert _state(rig, 2) == "approved"
    rig.put(2, b"other bytes")
    rig.clock.skip(minutes=10)
    assert _state(rig, 2) == "void"
    clips = {clip.place.key: clip for clip in rig.next(BEN, count=5)}
    again = clips[key_of(2)]
    assert (again.risk, again.state) == ("changed", "void")
    assert again.why == (f"changed since Ann approved it on {approved.day} {approved:%b}",)
    assert [(one["by"], one["void"]) for one in again.verdicts] == [("Ann", True)]
    rig.put(2, BODIES[2])
    rig.clock.skip(minutes=10)
    assert _state(rig, 2) == "approved"


def _state(rig: Rig, number: int) -> str:
    """The clip's state by a listing of now."""
    rig.review.progress(ANN, "ssi", "stage", COURSE, fresh=True)
    page = rig.review.rows(ANN, "ssi", "stage", COURSE)
    return next(row.state for row in page.rows if row.key == key_of(number))


def test_the_same_bytes_elsewhere_are_approved_already(rig: Rig) -> None:
    """Under another key, and under another ETag once the SHA-256 of both is known."""
    rig.say(ANN, 2, BODIES[2])
    rig.put(0, BODIES[2])
    assert _state(rig, 0) == "approved"
    rig.measure(BODIES[4], sha256="f" * 64)
    rig.say(ANN, 4, BODIES[4])
    rig.put(1, b"as in parts")
    rig.measure(b"as in parts", sha256="f" * 64)
    assert _state(rig, 1) != "approved", "sizes differ, so the bytes do"
    twin = b"x" * len(BODIES[4])
    rig.put(1, twin)
    rig.measure(twin, sha256="f" * 64)
    assert _state(rig, 1) == "approved"


def test_a_clip_that_changed_since_the_listing_is_handed_out_as_it_is_now(rig: Rig) -> None:
    """An old listing never leads to a verdict on other bytes than were heard."""
    rig.next(BEN, count=1)
    rig.put(1, b"newer")
    (clip,) = [one for one in rig.next(ANN, count=5) if one.place.key == key_of(1)]
    assert clip.content.size == len(b"newer")
    (judged,) = rig.judge(ANN, judgement(clip))
    assert judged.state == "approved"


def test_a_verdict_on_bytes_that_are_gone_is_refused(rig: Rig) -> None:
    """Replaced or deleted while somebody listened: they are told, and nothing is kept."""
    clips = rig.next(ANN, count=2)
    rig.put(3, b"replaced meanwhile")
    rig.store.client.delete_object(Bucket=rig.buckets["stage"], Key=clips[1].place.key)
    first, second = rig.judge(ANN, *(judgement(clip) for clip in clips))
    assert (first.error["code"], first.again) == ("conflict", False)
    assert "replaced" in first.error["what"]
    assert "deleted" in second.error["what"]
    assert rig.review.progress(ANN, "ssi", "stage", COURSE).whole.heard == 0


def test_versions_are_judged_as_they_were_heard(rig: Rig) -> None:
    """In a bucket with versions the URL is pinned, so a verdict on it is good for those bytes even
    when the key has moved on."""
    rig.store.client.put_bucket_versioning(
        Bucket=rig.buckets["stage"], VersioningConfiguration={"Status": "Enabled"}
    )
    rig.put(3, BODIES[3])
    clip = rig.next(ANN, count=1)[0]
    assert clip.place.version_id
    assert "versionId=" in clip.url.url
    rig.put(3, b"replaced meanwhile")
    (judged,) = rig.judge(ANN, judgement(clip))
    assert judged.state == "approved"
    assert _state(rig, 3) == "void"


def test_people_may_disagree_and_both_verdicts_stay(rig: Rig) -> None:
    """Neither overwrites the other; the clip shows it, and undo leaves what the other said."""
    rig.say(ANN, 2, BODIES[2])
    judged = rig.say(BEN, 2, BODIES[2], "rejected")
    assert judged.state == "disputed"
    assert rig.review.progress(ANN, "ssi", "stage", COURSE).whole.disputed == 1
    undone = rig.review.undo(BEN, "ssi", "stage", judged.verdict_id)
    assert (undone.key, undone.state) == (key_of(2), "approved")
    assert rig.review.undo(BEN, "ssi", "stage", judged.verdict_id).state == "approved"
    with pytest.raises(NotFound):
        rig.review.undo(ANN, "ssi", "stage", judged.verdict_id)


def test_undo_brings_back_what_one_said_before(rig: Rig) -> None:
    """And the clip is one's own again for a while."""
    rig.say(ANN, 2, BODIES[2])
    second = rig.say(ANN, 2, BODIES[2], "rejected")
    assert second.state == "rejected"
    assert rig.review.undo(ANN, "ssi", "stage", second.verdict_id).state == "approved"


def test_a_second_ear_is_asked_of_the_others(rig: Rig) -> None:
    """Not of whoever asked; it comes early, with a name, and an approval answers it."""
    rig.say(ANN, 2, BODIES[2], "second-ear")
    assert key_of(2) not in {clip.place.key for clip in rig.next(ANN, count=5)}
    rig.clock.skip(minutes=4)
    clips = rig.next(BEN, count=2)
    assert (clips[1].place.key, clips[1].why) == (key_of(2), ("Ann wants a second ear",))
    assert rig.judge(BEN, judgement(clips[1]))[0].state == "approved"


def test_wrong_verdicts_are_refused_one_by_one(rig: Rig) -> None:
    """With what is wrong; the others of the same request are kept."""
    clips = rig.next(ANN, count=5)
    good = judgement(clips[0], note="fine")
    bad = [
        judgement(clips[1], "rejected", reasons=()),
        judgement(clips[2], "rejected", reasons=("nonsense",)),
        judgement(clips[3], note="x" * 2_001),
        judgement(clips[4], marks=(Mark(-1.0, "x"),)),
        judgement(clips[1], nonce=""),
        judgement(clips[1], note="a\0b"),
        judgement(clips[1], "shrug"),
    ]
    first, *rest = rig.judge(ANN, good, *bad)
    assert first.state == "approved"
    assert all(one.error["code"] == "invalid-input" for one in rest)
    assert rig.review.progress(ANN, "ssi", "stage", COURSE).whole.heard == 1


def test_verdicts_go_out_and_come_in(rig: Rig) -> None:
    """The CSV of one console makes the same of the clips in another, once; formulas stay text."""
    rig.say(ANN, 2, BODIES[2])
    note = '=HYPERLINK("http://x")\n@b;+c'
    clip = next(one for one in rig.next(ANN, count=5) if one.place.key == key_of(1))
    rig.judge(ANN, judgement(clip, "rejected", note=note, marks=(Mark(0.5, "-click"),)))
    csv = b"".join(rig.review.export_csv(ANN, "ssi", "stage", COURSE))
    assert b"\"'=HYPERLINK" in csv
    document = json.loads(rig.review.export_json(ANN, "ssi", "stage", COURSE))
    assert document["ids"] == [clip.id]
    assert document["clips"][0]["reasons"] == ["artefact"]
    for number in (1, 2):
        rig.review.undo(ANN, "ssi", "stage", number)
    assert rig.review.progress(ANN, "ssi", "stage", COURSE).whole.heard == 0
    first = rig.review.import_file(BEN, "ssi", "stage", csv)
    again = rig.review.import_file(BEN, "ssi", "stage", csv)
    assert (first.done, first.repeated, first.refused) == (2, 0, ())
    assert (again.done, again.repeated) == (0, 2)
    progress = rig.review.progress(ANN, "ssi", "stage", COURSE)
    assert (progress.whole.approved, progress.whole.rejected) == (1, 1)
    once_more = b"".join(rig.review.export_csv(ANN, "ssi", "stage", COURSE))
    assert b"import: Ann" in once_more
    assert once_more.count(b"HYPERLINK") == 1
    rig.review.undo(BEN, "ssi", "stage", 5)
    assert rig.review.import_file(ANN, "ssi", "stage", json.dumps(document).encode()).done == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"a,b\r\n1,2\r\n", "no column 'key'"),
        (b'{"clips": 3}', "no list of clips"),
        (b'{"clips": [', "no JSON"),
    ],
)
def test_another_file_is_no_import(rig: Rig, data: bytes, words: str) -> None:
    """Refused as a whole, saying why."""
    with pytest.raises(InvalidInput, match=words):
        rig.review.import_file(ANN, "ssi", "stage", data)


def test_bad_lines_of_an_import_are_named(rig: Rig) -> None:
    """By their number; the good ones are kept."""
    content = rig.put(2, BODIES[2])
    lines = [
        "key,etag,size,decision",
        f"{key_of(2)},{content.etag},{content.size},approved",
        f"{key_of(2)},{content.etag},many,approved",
        f"{key_of(2)},{content.etag},3,perhaps",
    ]
    found = rig.review.import_file(ANN, "ssi", "stage", "\n".join(lines).encode())
    assert found.done == 1
    assert [number for number, _ in found.refused] == [3, 4]


def test_a_prefix_and_a_selection_can_be_heard(rig: Rig) -> None:
    """Files that are no audio are left out; what is said is known of clips of any course."""
    for name in ("x.txt", "odd.mp3"):
        rig.store.client.put_object(Bucket=rig.buckets["stage"], Key=f"mastered/{name}", Body=b"x")
    found = rig.next(ANN, ALL, count=5)
    assert [(clip.phrase, clip.why) for clip in found[:3]] == [
        ("Vorrei parlare con te", ("5.1 dB too loud",)),
        ("Voglio", ("single word",)),
        ("Voglio", ("single word",)),
    ]
    assert {clip.id for clip in found[1].neighbours} == {found[2].id}
    assert (found[0].lang, found[0].cadence, found[0].slice) == ("it", "slow", None)
    page = rig.review.rows(ANN, "ssi", "stage", ALL)
    odd = next(row for row in page.rows if row.key == "mastered/odd.mp3")
    assert (page.total, odd.id, odd.phrase) == (6, "", "")
    chosen = rig.review.save_selection(ANN, "ssi", "stage", " my  clips ", [key_of(4), "gone.mp3"])
    assert chosen.name == "my clips"
    scope = Scope("selection", chosen.id)
    (clip,) = rig.next(ANN, scope, count=5)
    assert (clip.place.key, clip.phrase) == (key_of(4), "Voglio")
    assert rig.review.progress(ANN, "ssi", "stage", scope).missing == 1
    rig.review.remove_selection(BEN, "ssi", "stage", chosen.id)
    with pytest.raises(NotFound):
        rig.review.remove_selection(BEN, "ssi", "stage", chosen.id)
    assert not rig.review.selections(ANN, "ssi", "stage")


def test_a_folder_can_be_heard_by_who_may_not_read_manifests(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or while they cannot be had: then the keys say what the clips are."""

    def refuse(*_: object) -> None:
        raise Unavailable("The store does not answer.", "Try again.")

    monkeypatch.setattr(rig.sources.manifests, "every", refuse)
    clips = rig.next(ANN, ALL, count=5)
    assert [clip.phrase for clip in clips] == [""] * 5
    assert all(clip.neighbours == () for clip in clips)


def test_all_clips_come_as_columns(rig: Rig) -> None:
    """What was measured of the bytes that were there, and what is said; nothing of other bytes."""
    rig.next(ANN)
    table = rig.review.columns(ANN, "ssi", "stage", COURSE)
    rows = {row["key"]: row for row in table.to_pylist()}
    loud, short = rows[key_of(3)], rows[key_of(1)]
    assert (loud["loudness_lufs"], loud["duration_s"]) == (-10.9, 1.0)
    assert (loud["phrase"], loud["characters"]) == ("Vorrei parlare con te", 18)
    assert (short["loudness_lufs"], short["duration_s"], short["digest"]) == (None, None, None)
    rig.put(3, b"other bytes by now")
    rig.next(ANN)
    rows = {row["key"]: row for row in rig.review.columns(ANN, "ssi", "stage", COURSE).to_pylist()}
    assert rows[key_of(3)]["loudness_lufs"] is None
    assert rows[key_of(3)]["digest"] is None


def test_progress_is_told_by_voice_slice_and_person(rig: Rig) -> None:
    """In a course; a folder has no slices, for each course counts its own."""
    rig.say(ANN, 0, BODIES[0])
    rig.say(BEN, 4, BODIES[4], "rejected")
    rig.next(ANN)
    rig.next(ANN, ALL)
    course = rig.review.progress(ANN, "ssi", "stage", COURSE)
    assert [(part.name, part.total, part.heard) for part in course.by_role] == [
        ("target1", 4, 1),
        ("target2", 1, 1),
    ]
    assert [(part.name, part.total, part.left) for part in course.by_slice] == [("0", 5, 3)]
    assert {(one.name, one.approved, one.rejected) for one in course.by_person} == {
        ("Ann", 1, 0),
        ("Ben", 0, 1),
    }
    folder = rig.review.progress(ANN, "ssi", "stage", ALL)
    assert [part.name for part in folder.by_slice] == ["-1"]
    assert folder.by_role == course.by_role


def test_clips_are_found_by_what_they_say_and_by_their_keys(rig: Rig) -> None:
    """Words in any order and case, in a course and in a folder; or a part of the key."""
    for scope in (COURSE, ALL):
        rig.next(ANN, scope)
        found = {
            text: {row.key for row in rig.review.rows(ANN, "ssi", "stage", scope, text=text).rows}
            for text in ("PARLARE voglio", clip_id(3).lower(), "nobody says this")
        }
        assert list(found.values()) == [{key_of(0), key_of(2)}, {key_of(3)}, set()]


def test_it_opens_where_one_stopped(rig: Rig) -> None:
    """Scope and order, for each person their own, in any console."""
    assert rig.review.position(ANN, "ssi") is None
    rig.next(ANN, COURSE, order="shortest")
    rig.next(BEN, ALL)
    found = rig.another().position(ANN, "ssi")
    assert found is not None
    assert (found.role, found.scope, found.order) == ("stage", COURSE, "shortest")


def test_only_listeners_judge(rig: Rig) -> None:
    """Others may see how far it is, not take clips from the listeners."""
    editor = person("Eve", Role.EDITOR)
    assert rig.review.progress(editor, "ssi", "stage", COURSE).whole.total == 5
    with pytest.raises(AccessDenied):
        rig.review.next(editor, "ssi", "stage", COURSE)
    with pytest.raises(AccessDenied):
        rig.say(editor, 2, BODIES[2])


def test_playing_and_judging_are_in_the_audit_log(rig: Rig) -> None:
    """Each clip that was handed out; each verdict as a change, a batch as one."""
    clips = rig.next(ANN, count=2)
    rig.judge(ANN, judgement(clips[0], note="good"))
    rig.judge(ANN, judgement(clips[0]), judgement(clips[1], "rejected"))
    rows = rig.audit.search(AuditFilter(action="review:verdict"), limit=100).rows
    told = [(row.event.detail["call"], row.event.result, row.event.key) for row in rows]
    one, two = clips[0].place.key, clips[1].place.key
    assert told[4:] == [("play", "allowed", two), ("play", "allowed", one)]
    assert told[:4] == [
        ("verdict", "done", ""),
        ("verdict", "allowed", ""),
        ("verdict", "done", one),
        ("verdict", "allowed", one),
    ]
    assert rows[0].event.detail["rejected"] == 1
    assert rows[2].event.note == "good"


def test_the_live_clip_is_beside_it(rig: Rig) -> None:
    """For comparing, where there is one; it says when it is the same."""
    rig.put(3, BODIES[3], "prod")
    rig.put(1, b"older", "prod")
    clips = {clip.place.key: clip for clip in rig.next(ANN, count=5)}
    same, other, none = (clips[key_of(number)].live for number in (3, 1, 4))
    assert same is not None
    assert same.same
    assert same.loudness_lufs == -10.9
    assert other is not None
    assert not other.same
    assert rig.buckets["prod"] in other.url.url
    assert none is None


def test_a_course_that_is_not_there_says_so(rig: Rig) -> None:
    """Once for each question: the next one tries again."""
    for _ in range(2):
        with pytest.raises(NotFound, match="cym_for_eng"):
            rig.next(ANN, Scope("course", "cym_for_eng"))


def test_what_is_measured_meanwhile_is_noticed(rig: Rig) -> None:
    """Clips that were not measured when the queue was made come by their faults later on."""
    assert rig.next(ANN, count=2)[1].place.key == key_of(1)
    rig.measure(BODIES[2], -30.0)
    rig.clock.skip(minutes=4)
    rig.next(BEN, count=1)  # made anew behind the scenes
    rig.clock.skip(minutes=4)
    _await(lambda: rig.next(ANN, count=1)[0].place.key == key_of(2))


def _await(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_one_clip_can_be_heard_whatever_was_said_of_it(rig: Rig) -> None:
    """Chosen from a table; one that is not in the scope is told so."""
    rig.say(ANN, 2, BODIES[2])
    (clip,) = rig.review.hear(BEN, "ssi", "stage", COURSE, key_of(2)).clips
    assert (clip.phrase, clip.state) == ("Voglio parlare", "approved")
    assert rig.judge(BEN, judgement(clip, "rejected"))[0].state == "disputed"
    with pytest.raises(NotFound):
        rig.review.hear(BEN, "ssi", "stage", COURSE, key_of(5))


def test_a_clip_that_takes_too_long_for_its_text_is_flagged(rig: Rig) -> None:
    """Beside the others of its course: an error that no measure of the clip alone can tell."""
    rows = [(number, f"parola numero {number}", "target1", "natural") for number in range(100, 130)]
    rig.course(*rows)
    for number in range(100, 130):
        rig.put(number, body := f"sound {number}".encode())
        facts = measured(body)
        assert facts.sound is not None
        seconds = 4.0 if number == 107 else 1.0
        rig.measured.put([(replace(facts, sound=replace(facts.sound, duration_s=seconds)), b"")])
    clip, other = rig.next(ANN, count=2)
    assert (clip.place.key, clip.risk) == (key_of(107), "defect")
    assert clip.why == ("too slow beside others: 4.0 s, about 1.0 s expected",)
    assert other.risk == "rest"
    report = rig.review.gate(ANN, "ssi", "stage", COURSE)
    assert report.unheard == (key_of(107),)
    assert (len(report.sample), report.unmeasured) == (1, 0)


def test_the_gate_is_about_the_bytes_that_were_meant(rig: Rig) -> None:
    """What changed since a plan was made, or is not there, closes it."""
    for number in range(5):
        rig.say(ANN, number, BODIES[number])
    meant = {key_of(number): content_of(BODIES[number]) for number in range(5)}
    assert rig.review.gate(ANN, "ssi", "stage", COURSE, clips=meant).ok
    assert rig.review.gate(ANN, "ssi", "stage", COURSE).missing == (clip_id(5),)
    rig.put(2, b"newer")
    meant[key_of(5)] = content_of(b"x")
    report = rig.review.gate(ANN, "ssi", "stage", COURSE, clips=meant)
    assert (report.changed, report.missing) == ((key_of(2),), (key_of(5),))
    assert report.unheard == (key_of(2),)
