"""Welcomes on a store: what the list says, what a save writes, what goes to testing."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sounds
from welcomes_rig import ITA, ME, REGISTRY, WELSH, Rig, entry, registry_of, rigged, take

from storage.audio.analyse import measure
from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import InvalidInput, NotFound, RuleViolation
from storage.gate import Gate
from storage.model.audit import AuditFilter
from storage.model.welcome_plans import SaveConflict
from storage.s3.client import Store

WAV = "canonical/welcomes/ita.wav"
RECORDED = entry(id=ITA, duration=1)


@pytest.fixture
def rig(
    moto_store: Store, gate_to: Callable[..., Gate], audit: Audit, console_database: Database
) -> Iterator[Rig]:
    """Three buckets in moto; canonical keeps versions."""
    with rigged(moto_store, gate_to, audit, console_database) as made:
        yield made


# -- the list -------------------------------------------------------------------------------------


def test_a_project_without_a_registry_has_no_welcomes_yet(rig: Rig) -> None:
    """Nothing is an error; the first save makes the file."""
    found = rig.welcomes.list(ME, "ssi")
    assert (found.welcomes, found.exists, found.findings) == ((), False, ())
    saved = rig.save("ita_for_eng", text="Welcome to Italian.")
    assert list(rig.entries()) == ["ita_for_eng"]
    assert rig.entries()["ita_for_eng"]["id"] == saved.id
    assert rig.head("canonical", REGISTRY)["ContentType"] == "application/json"


def test_a_recording_goes_from_recorded_to_testing_to_live(rig: Rig) -> None:
    """By content: each step shows what it is, and a new recording begins again."""
    rig.seed({"ita_for_eng": entry()})
    assert (rig.row("ita_for_eng").state, rig.todos("ita_for_eng")) == ("missing", ["not-recorded"])
    saved = rig.save("ita_for_eng", recording=take())
    key = f"mastered/{saved.id}.mp3"
    assert rig.row("ita_for_eng").state == "recorded"
    assert rig.todos("ita_for_eng") == ["not-in-testing"]
    rig.publish("ita_for_eng")
    assert (rig.row("ita_for_eng").state, rig.row("ita_for_eng").certain) == ("testing", True)
    assert rig.todos("ita_for_eng") == ["not-live"]
    rig.promote(key)
    assert (rig.row("ita_for_eng").state, rig.todos("ita_for_eng")) == ("live", [])
    again = rig.save("ita_for_eng", recording=take(seed=2))
    assert again.id == saved.id
    row = rig.row("ita_for_eng")
    assert (row.state, [todo.text for todo in row.todos]) == (
        "recorded",
        ["New recording not in testing yet"],
    )


def test_of_an_mp3_from_elsewhere_nobody_knows_what_it_was_made_from(rig: Rig) -> None:
    """It counts as the one in testing, and says so; sending the recording makes it certain."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    rig.put("stage", f"mastered/{ITA}.mp3", b"ID3 of somebody")
    row = rig.row("ita_for_eng")
    assert (row.state, row.certain, rig.todos("ita_for_eng")) == (
        "testing",
        False,
        ["origin-unknown", "not-live"],
    )
    rig.publish("ita_for_eng")
    assert (rig.row("ita_for_eng").state, rig.row("ita_for_eng").certain) == ("testing", True)


def test_an_mp3_from_elsewhere_is_not_of_a_recording_that_was_made_after_it(rig: Rig) -> None:
    """Whoever saves a new recording is told to send it, not that it is in testing."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    rig.put("stage", f"mastered/{ITA}.mp3", b"ID3 of somebody")
    rig.clock.at += timedelta(minutes=1)
    rig.save("ita_for_eng", recording=take(seed=2))
    assert (rig.row("ita_for_eng").state, rig.todos("ita_for_eng")) == (
        "recorded",
        ["not-in-testing"],
    )
    rig.publish("ita_for_eng")
    assert (rig.row("ita_for_eng").state, rig.row("ita_for_eng").certain) == ("testing", True)


def test_another_console_sees_the_same(rig: Rig) -> None:
    """What the list says is in the store, not in the memory of who saved."""
    rig.seed({"ita_for_eng": entry()})
    rig.save("ita_for_eng", recording=take())
    rig.publish("ita_for_eng")
    assert rig.another().list(ME, "ssi") == rig.welcomes.list(ME, "ssi")


def test_a_text_that_changed_since_it_was_recorded_is_told(rig: Rig) -> None:
    """By what the recording says; of a recording from elsewhere, by the log."""
    rig.seed({"ita_for_eng": entry(), "cym_for_eng": entry(id=WELSH, duration=1)}, {"cym": take()})
    rig.save("ita_for_eng", text="Ciao.", recording=take())
    rig.publish("ita_for_eng")
    assert "text-changed" not in rig.todos("ita_for_eng")
    for course in ("ita_for_eng", "cym_for_eng"):
        rig.save(course, text="Another text.")
        assert "text-changed" in rig.todos(course)
    rig.save("ita_for_eng", text="Ciao.")
    assert "text-changed" not in rig.todos("ita_for_eng")
    rig.save("cym_for_eng", recording=take(seed=2))
    assert "text-changed" not in rig.todos("cym_for_eng")


def test_who_changed_a_welcome_and_when_is_told(rig: Rig) -> None:
    """By the audit log, for each course its own."""
    rig.seed({"ita_for_eng": entry(), "cym_for_eng": entry()})
    assert rig.row("ita_for_eng").changed_at is None
    rig.save("ita_for_eng", text="Ciao.")
    assert rig.row("ita_for_eng").changed_by == ME.name
    assert rig.row("ita_for_eng").changed_at is not None
    assert rig.row("cym_for_eng").changed_at is None


def test_a_broken_entry_is_shown_and_the_others_work(rig: Rig) -> None:
    """What is wrong stands at its course; a name that is no course's has a row too."""
    rig.seed(
        {
            "ita_for_eng": entry(text=5),
            "Italian": entry(),
            "xxx_for_eng": entry(),
            "cym_for_eng": entry(),
        }
    )
    assert rig.todos("ita_for_eng") == ["broken-entry", "no-text", "not-recorded"]
    assert rig.todos("Italian") == ["broken-entry"]
    assert rig.row("xxx_for_eng").todos[0].severity == "warning"
    rig.save("cym_for_eng", text="Croeso.")
    rig.save("ita_for_eng", text="Ciao.")
    assert rig.todos("ita_for_eng") == ["not-recorded"]
    with pytest.raises(InvalidInput, match="no course code"):
        rig.save("Italian", text="Ciao.")


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"welcomes": {}', b"\xff", b"<html>", b" " * 6_000_000]
)
def test_a_broken_registry_is_told_and_never_written(rig: Rig, raw: bytes) -> None:
    """Reading and saving say what is wrong; its bytes stay, and no recording is stored."""
    rig.put("canonical", REGISTRY, raw)
    with pytest.raises(InvalidInput, match="registry"):
        rig.welcomes.list(ME, "ssi")
    with pytest.raises(InvalidInput, match="registry"):
        rig.save("ita_for_eng", recording=take())
    assert rig.keys("canonical") == [REGISTRY]
    assert rig.body("canonical", REGISTRY) == raw


def test_a_vast_registry_is_refused_by_its_size(rig: Rig) -> None:
    """Its 50 MB are not even read."""
    rig.put("canonical", REGISTRY, b" " * 50_000_000)
    with pytest.raises(InvalidInput, match=r"has 47\.7 MiB"):
        rig.welcomes.list(ME, "ssi")


@pytest.mark.long
def test_a_bucket_with_more_clips_than_a_page_is_not_listed_whole(rig: Rig) -> None:
    """Then the wanted MP3s are asked for one by one, and the answer is the same."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    rig.publish("ita_for_eng")
    for at in range(1_000):
        rig.put("stage", f"mastered/00000000-0000-4000-8000-{at:012X}.mp3", b"x")
    assert rig.another().list(ME, "ssi").welcomes[0].state == "testing"


def test_an_mp3_under_a_lower_case_id_is_found(rig: Rig) -> None:
    """Readers take either case; what is published is written in upper case."""
    rig.seed({"ita_for_eng": entry(id=ITA.lower(), duration=1)}, {"ita": take()})
    rig.put("stage", f"mastered/{ITA.lower()}.mp3", b"ID3")
    assert rig.row("ita_for_eng").testing is not None
    rig.publish("ita_for_eng")
    assert f"mastered/{ITA}.mp3" in rig.keys("stage")


# -- saving ---------------------------------------------------------------------------------------


def test_a_save_writes_the_recording_and_then_the_registry(rig: Rig) -> None:
    """Measured length, date and id are set; everything else stays byte for byte."""
    raw = registry_of(
        {
            "_comment": "ours",
            "ita_for_eng": entry(extra={"kept": [1, 2]}),
            "cym_for_eng": entry(text="Croeso."),
        }
    ).replace(b'"text": "Croeso."', b'"text"  :\t"Croeso."')
    rig.put("canonical", REGISTRY, raw, CacheControl="no-cache", Metadata={"owner": "team"})
    plan = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", text="Ciao.", recording=take(1.5))
    bucket = rig.buckets["canonical"]
    assert plan.files == (f"{bucket}/{WAV}", f"{bucket}/{REGISTRY}")
    assert rig.keys("canonical") == [REGISTRY]  # a plan writes nothing
    rig.welcomes.save(ME, plan, note="a new voice")
    assert rig.body("canonical", WAV) == take(1.5)
    assert rig.head("canonical", WAV)["ContentType"] == "audio/wav"
    after = rig.body("canonical", REGISTRY)
    assert after[: raw.index(b'"text"')] == raw[: raw.index(b'"text"')]
    assert after[after.index(b'"extra"') :] == raw[raw.index(b'"extra"') :]
    found = rig.entries()["ita_for_eng"]
    assert (found["text"], found["duration"]) == ("Ciao.", 1.5)
    assert found["generated_date"] > "2025-09-02T08:30:00Z"
    assert uuid.UUID(found["id"])
    head = rig.head("canonical", REGISTRY)
    assert (head["CacheControl"], head["Metadata"]) == ("no-cache", {"owner": "team"})
    rows = rig.audit.search(AuditFilter(bucket=bucket, result="done")).rows
    assert [(row.event.key, row.event.note) for row in rows] == [
        (REGISTRY, "a new voice"),
        (WAV, "a new voice"),
    ]


def test_a_plan_says_what_will_change(rig: Rig) -> None:
    """In sentences for the editor, as a diff for whoever reads JSON."""
    rig.seed({"ita_for_eng": RECORDED, "ita_for_eng_10seeds": RECORDED}, {"ita": take()})
    plan = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", text="Ciao.", recording=take(2.0))
    assert plan.sentences == (
        "The recording of Italian for English speakers is replaced (2.0 s, was 1.0 s).",
        "It is the recording of Italian for English speakers (10seeds), too.",
        "Italian for English speakers: text changes.",
        "Learners hear it once it was sent to testing and went live.",
    )
    assert '+   "text": "Ciao."' in plan.json_diff
    assert '-   "text": "Welcome."' in plan.json_diff
    assert plan.shared_with == ("ita_for_eng_10seeds",)


@pytest.mark.parametrize("form", ["mp3", "m4a", "flac", "opus"])
def test_other_formats_become_wav(rig: Rig, form: str) -> None:
    """Converted, and said so."""
    given = sounds.packed(sounds.speech(1.0, 44_100), form)
    plan = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", recording=given)
    assert plan.recording is not None
    assert "to 16-bit WAV" in " ".join(plan.sentences)
    rig.welcomes.save(ME, plan)
    stored = rig.body("canonical", WAV)
    assert stored[:4] == b"RIFF"
    assert rig.entries()["ita_for_eng"]["duration"] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        (b"", "empty"),
        (b"<html><body>No</body></html>", "an HTML page"),
        (sounds.wav(sounds.silence(1.0)), "Nothing can be heard"),
        (take()[: len(take()) // 2], "end is missing"),
        (take()[:44], "not a single moment of sound"),
        (b"\0" * 5_000, "unknown kind"),
    ],
)
def test_what_is_no_recording_is_refused(rig: Rig, recording: bytes, words: str) -> None:
    """With a reason, and nothing in the bucket changed."""
    rig.seed({"ita_for_eng": entry()})
    before = rig.body("canonical", REGISTRY)
    with pytest.raises(InvalidInput, match=words):
        rig.save("ita_for_eng", recording=recording)
    assert rig.keys("canonical") == [REGISTRY]
    assert rig.body("canonical", REGISTRY) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [("a\0b", "control characters"), ("x" * 100_000, "100,000 characters"), ("\ud83d", "control")],
)
def test_what_is_no_text_is_refused(rig: Rig, text: str, words: str) -> None:
    """Null bytes, half characters, a book."""
    with pytest.raises(InvalidInput, match=words):
        rig.save("ita_for_eng", text=text)


@pytest.mark.parametrize(
    "text", ["Ciao 👋🏽", "مرحبا \u200fbidi", "日本語", 'a "b" \\ c', "two\nlines"]
)
def test_a_text_is_kept_as_it_is(rig: Rig, text: str) -> None:
    """Emoji, right to left, quotes, lines: read again as they were typed."""
    rig.save("ita_for_eng", text=text)
    assert rig.entries()["ita_for_eng"]["text"] == text
    assert rig.row("ita_for_eng").text == text


def test_a_new_course_needs_languages_that_exist(rig: Rig) -> None:
    """A code that is none, a language nobody has: refused for a new one."""
    for course, words in (("Italian", "no course code"), ("xxx_for_eng", "'xxx'")):
        with pytest.raises(InvalidInput, match=words):
            rig.save(course, text="Ciao.")
    assert rig.keys("canonical") == []


def test_nothing_to_save_is_said(rig: Rig) -> None:
    """A plan without changes is empty, and saving it is refused."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    plan = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", text="Welcome.", voice="")
    assert plan.empty
    with pytest.raises(InvalidInput, match="nothing to save"):
        rig.welcomes.save(ME, plan)


def test_an_id_that_is_none_is_replaced(rig: Rig) -> None:
    """No course can play it, so the next save gives a new one; a right one always stays."""
    rig.seed({"ita_for_eng": entry(id="ita"), "cym_for_eng": entry(id=WELSH.lower())})
    rig.save("ita_for_eng", text="Ciao.")
    assert uuid.UUID(rig.entries()["ita_for_eng"]["id"])
    rig.save("cym_for_eng", text="Croeso.", recording=take())
    assert rig.entries()["cym_for_eng"]["id"] == WELSH.lower()


def test_courses_of_a_pair_share_recording_length_and_id(rig: Rig) -> None:
    """The others get date and length, and an id where they have none; their text only on purpose."""
    rig.seed(
        {"ita_for_eng": entry(), "ita_for_eng_10seeds": entry(voice="a"), "cym_for_eng": entry()}
    )
    saved = rig.save("ita_for_eng", text="Ciao.", recording=take(1.25))
    one, other, third = rig.entries().values()
    assert one["id"] == other["id"] == saved.id
    assert (other["duration"], other["text"], other["voice"]) == (1.25, "Welcome.", "a")
    assert third == entry()
    rig.save("ita_for_eng", text="Salve.", also=["ita_for_eng_10seeds"])
    assert rig.entries()["ita_for_eng_10seeds"]["text"] == "Salve."
    with pytest.raises(InvalidInput, match="cym_for_eng cannot be changed along"):
        rig.save("ita_for_eng", text="Ciao.", also=["cym_for_eng"])


def test_another_pair_never_overwrites_the_first_one_s_file(rig: Rig) -> None:
    """Italian for Japanese speakers gets its own name; readers find each their own."""
    rig.seed({"ita_for_eng": RECORDED, "ita_for_jpn": entry(duration=1)}, {"ita": take()})
    assert "other-pairs" in rig.todos("ita_for_jpn")  # it plays ita.wav so far
    plan = rig.welcomes.plan_save(ME, "ssi", "ita_for_jpn", recording=take(seed=2))
    assert "It is stored as ita_for_jpn.wav, so that ita_for_eng keeps its own." in plan.sentences
    rig.welcomes.save(ME, plan)
    assert rig.body("canonical", WAV) == take()
    assert rig.body("canonical", "canonical/welcomes/ita_for_jpn.wav") == take(seed=2)
    for course, name in (("ita_for_eng", "ita.wav"), ("ita_for_jpn", "ita_for_jpn.wav")):
        recording = rig.row(course).recording
        assert recording is not None
        assert recording.key.endswith("/" + name)
        assert "other-pairs" not in rig.todos(course)


def test_a_file_says_whose_it_is(rig: Rig) -> None:
    """Whatever the registry's order becomes, the pair that recorded it keeps it."""
    rig.save("ita_for_jpn", text="a", recording=take())
    raw = registry_of({"ita_for_eng": entry(duration=1, id=ITA), **rig.entries()})
    rig.put("canonical", REGISTRY, raw)
    rig.save("ita_for_eng", recording=take(seed=2))
    assert rig.body("canonical", WAV) == take()


# -- two editors ----------------------------------------------------------------------------------


def test_what_others_saved_for_other_courses_stays(rig: Rig) -> None:
    """The plan was made before: their entry and mine are both there."""
    rig.seed({"ita_for_eng": entry(), "cym_for_eng": entry()})
    mine = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", text="Ciao.")
    rig.save("cym_for_eng", text="Croeso.")
    assert rig.welcomes.save(ME, mine).merged
    assert [one["text"] for one in rig.entries().values()] == ["Ciao.", "Croeso."]


def test_the_same_entry_touched_twice_is_a_choice(rig: Rig) -> None:
    """Both versions are in the conflict, whichever field it was; nothing of mine was written."""
    rig.seed({"ita_for_eng": entry()})
    seen = rig.row("ita_for_eng").base
    rig.save("ita_for_eng", voice="Anna")
    plan = rig.welcomes.plan_save(
        ME, "ssi", "ita_for_eng", text="Ciao.", recording=take(), base=seen
    )
    with pytest.raises(SaveConflict) as conflict:
        rig.welcomes.save(ME, plan)
    fields = conflict.value.fields
    assert fields["text"] == ("Welcome.", "Ciao.", "Welcome.")
    assert fields["voice"] == (None, None, "Anna")
    assert not conflict.value.wrote_recording
    assert rig.keys("canonical") == [REGISTRY]
    assert rig.save("ita_for_eng", text="Ciao.").merged is False  # on top of theirs: mine stays


def test_the_same_change_by_both_is_no_conflict(rig: Rig) -> None:
    """There is nothing to choose."""
    rig.seed({"ita_for_eng": entry()})
    mine = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", text="Ciao.")
    rig.save("ita_for_eng", text="Ciao.")
    assert rig.welcomes.save(ME, mine).registry is None


def test_a_recording_that_somebody_else_replaced_is_a_choice(rig: Rig) -> None:
    """Also by a script that knows of no registry."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    plan = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", recording=take(seed=2))
    rig.put("canonical", WAV, take(seed=3))
    with pytest.raises(SaveConflict) as conflict:
        rig.welcomes.save(ME, plan)
    assert conflict.value.recording
    assert rig.body("canonical", WAV) == take(seed=3)


def test_a_removed_welcome_is_not_brought_back(rig: Rig) -> None:
    """Somebody took the entry out meanwhile: told, not undone."""
    rig.seed({"ita_for_eng": entry(), "cym_for_eng": entry()})
    plan = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", text="Ciao.")
    rig.seed({"cym_for_eng": entry()})
    with pytest.raises(SaveConflict):
        rig.welcomes.save(ME, plan)
    assert list(rig.entries()) == ["cym_for_eng"]


# -- the gap --------------------------------------------------------------------------------------


def test_a_recording_without_its_entry_is_shown_and_mended(rig: Rig) -> None:
    """Interrupted between the two writes: the list says so, and any next save mends it."""
    rig.seed({"ita_for_eng": entry(), "ita_for_eng_10seeds": entry()})
    before = rig.body("canonical", REGISTRY)
    rig.save("ita_for_eng", recording=take(1.5))
    rig.put("canonical", REGISTRY, before)
    assert "gap" in rig.todos("ita_for_eng")
    assert "gap" in rig.todos("ita_for_eng_10seeds")
    rig.save("ita_for_eng", voice="Anna")
    assert [one["duration"] for one in rig.entries().values()] == [1.5, 1.5]
    assert all(one["id"] for one in rig.entries().values())
    for course in ("ita_for_eng", "ita_for_eng_10seeds"):
        assert "gap" not in rig.todos(course)


def test_the_same_save_again_goes_on(rig: Rig) -> None:
    """Its recording is there already, and nobody else's: only the registry is written."""
    rig.seed({"ita_for_eng": entry()})
    before = rig.body("canonical", REGISTRY)
    plan = rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", recording=take())
    rig.welcomes.save(ME, plan)
    rig.put("canonical", REGISTRY, before)
    rig.welcomes.save(ME, plan)
    assert rig.entries()["ita_for_eng"]["duration"] == 1


def test_a_recording_by_a_script_is_a_gap_where_the_entry_knows_none(rig: Rig) -> None:
    """A WAV that was put there by hand, for an entry without id and length."""
    rig.seed({"ita_for_eng": entry()}, {"ita": take(2.0)})
    assert "gap" in rig.todos("ita_for_eng")
    rig.save("ita_for_eng", text="Ciao.")
    assert rig.entries()["ita_for_eng"]["duration"] == 2
    assert "gap" not in rig.todos("ita_for_eng")


# -- history --------------------------------------------------------------------------------------


def test_any_version_can_be_seen_and_restored(rig: Rig) -> None:
    """Text and sound, each by itself; who saved them is told."""
    rig.save("ita_for_eng", text="One.", recording=take())
    rig.save("ita_for_eng", text="Two.", recording=take(seed=2))
    rig.save("cym_for_eng", text="Croeso.")
    found = rig.welcomes.history(ME, "ssi", "ita_for_eng")
    texts = [row for row in found.rows if row.kind == "text"]
    takes = [row for row in found.rows if row.kind == "recording"]
    assert [row.fields["text"] for row in texts] == ["Two.", "One."]
    assert [row.current for row in (*texts, *takes)] == [True, False, True, False]
    assert {row.by for row in found.rows} == {ME.name}
    for old in (texts[1], takes[1]):
        plan = rig.welcomes.plan_restore(ME, "ssi", "ita_for_eng", old)
        rig.welcomes.save(ME, plan, note="the old one was better")
    assert rig.entries()["ita_for_eng"]["text"] == "One."
    assert rig.body("canonical", WAV) == take()
    assert len(rig.welcomes.history(ME, "ssi", "ita_for_eng").rows) == 6


def test_a_version_that_is_gone_is_told(rig: Rig) -> None:
    """Cleaned up meanwhile: NotFound, and nothing changed."""
    rig.save("ita_for_eng", text="One.")
    rig.save("ita_for_eng", text="Two.")
    old = rig.welcomes.history(ME, "ssi", "ita_for_eng").rows[1]
    rig.store.client.delete_object(
        Bucket=rig.buckets["canonical"], Key=REGISTRY, VersionId=old.version_id
    )
    with pytest.raises(NotFound):
        rig.welcomes.plan_restore(ME, "ssi", "ita_for_eng", old)


# -- to testing, and on ---------------------------------------------------------------------------


def test_what_is_published_is_at_its_level(rig: Rig) -> None:
    """-16 LUFS, at most -1.5 dBTP, under its id in upper case, and made from this recording."""
    rig.seed({"ita_for_eng": entry(id=ITA.lower())})
    rig.save("ita_for_eng", recording=sounds.wav(sounds.speech(3.0, level=0.05)))
    job = rig.publish("ita_for_eng")
    assert (job.state, job.result["done"]) == ("done", 1)
    body = rig.body("stage", f"mastered/{ITA}.mp3")
    heard = measure(body)
    assert heard.loudness.integrated_lufs == pytest.approx(-16, abs=0.5)
    assert heard.loudness.true_peak_dbtp is not None
    assert heard.loudness.true_peak_dbtp <= -1.5
    head = rig.head("stage", f"mastered/{ITA}.mp3")
    assert head["ContentType"] == "audio/mpeg"
    recording = rig.body("canonical", WAV)
    assert head["Metadata"]["welcome-source-sha256"] == hashlib.sha256(recording).hexdigest()
    assert rig.keys("prod") == []


def test_all_courses_of_a_pair_are_published_at_once(rig: Rig) -> None:
    """One MP3 for each id they have; what is there already is not made again."""
    rig.seed(
        {"ita_for_eng": entry(id=ITA), "ita_for_eng_10seeds": entry(id=WELSH), "x": {}},
    )
    rig.save("ita_for_eng", recording=take())
    plan = rig.welcomes.plan_publish(ME, "ssi", ["ita_for_eng_10seeds"])
    assert {step.courses for step in plan.steps} == {("ita_for_eng",), ("ita_for_eng_10seeds",)}
    rig.publish("ita_for_eng_10seeds")
    assert sorted(rig.keys("stage")) == sorted(f"mastered/{one}.mp3" for one in (ITA, WELSH))
    again = rig.welcomes.plan_publish(ME, "ssi", ["ita_for_eng"])
    assert again.todo == ()
    with pytest.raises(InvalidInput, match="in testing already"):
        rig.welcomes.publish(ME, again)


def test_what_cannot_be_published_says_why(rig: Rig) -> None:
    """Without a recording, without an id, with another pair's recording or id."""
    rig.seed(
        {
            "fra_for_eng": entry(),
            "ita_for_eng": RECORDED,
            "ita_for_jpn": entry(id=WELSH, duration=1),
            "cym_for_eng": entry(id=ITA, duration=1),
            "spa_for_eng": entry(duration=1),
        },
        {"ita": take(), "cym": take(), "spa": take()},
    )
    courses = ["fra_for_eng", "ita_for_jpn", "cym_for_eng", "spa_for_eng"]
    plan = rig.welcomes.plan_publish(ME, "ssi", courses)
    assert [(one.course, one.code) for one in plan.refused] == [
        ("fra_for_eng", "not-recorded"),
        ("ita_for_jpn", "other-pairs"),
        ("cym_for_eng", "id-twice"),
        ("spa_for_eng", "no-id"),
    ]
    assert plan.steps == ()
    with pytest.raises(NotFound, match="no welcome of gle_for_eng"):
        rig.welcomes.plan_publish(ME, "ssi", ["gle_for_eng"])


def test_a_recording_replaced_since_it_was_planned_is_not_published(rig: Rig) -> None:
    """The MP3 in testing is always of a recording that somebody saw."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    plan = rig.welcomes.plan_publish(ME, "ssi", ["ita_for_eng"])
    rig.put("canonical", WAV, take(seed=2))
    with pytest.raises(NotFound, match="replaced or removed"):
        rig.welcomes.publish(ME, plan, watch=lambda *_: None)
    assert rig.keys("stage") == []


def test_prod_is_never_written(rig: Rig) -> None:
    """Not by a plan that was tampered with either."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    plan = rig.welcomes.plan_publish(ME, "ssi", ["ita_for_eng"])
    bad = [
        (f"mastered/{ITA.lower()}.mp3", "not written in the case"),
        ("canonical/welcomes.json", "Canonical files never go"),
    ]
    for key, words in bad:
        steps = (replace(plan.steps[0], key=key),)
        with pytest.raises(RuleViolation, match=words):
            rig.welcomes.publish(ME, replace(plan, steps=steps))
    assert rig.keys("stage") == rig.keys("prod") == []


def test_who_asks_to_go_live_is_on_the_operators_list_until_it_is(rig: Rig) -> None:
    """Only what is in testing; gone when it is live, or when another recording is in testing."""
    rig.seed({"ita_for_eng": RECORDED, "cym_for_eng": entry()}, {"ita": take()})
    for course in ("ita_for_eng", "cym_for_eng"):
        with pytest.raises(InvalidInput, match="Only a recording that is in testing"):
            rig.welcomes.ask_to_go_live(ME, "ssi", course)
    assert rig.welcomes.requests(ME, "ssi") == ()
    rig.publish("ita_for_eng")
    asked = rig.welcomes.ask_to_go_live(ME, "ssi", "ita_for_eng", note="for Monday")
    assert rig.welcomes.requests(ME, "ssi") == (asked,)
    assert rig.todos("ita_for_eng") == ["asked"]
    rig.promote(f"mastered/{ITA}.mp3")
    assert rig.welcomes.requests(ME, "ssi") == ()
    with pytest.raises(InvalidInput) as refused:
        rig.welcomes.ask_to_go_live(ME, "ssi", "ita_for_eng")
    assert refused.value.remedy == "It is live already."


def test_a_request_is_told_with_every_course_that_shares_the_recording(rig: Rig) -> None:
    """It is one MP3, so it is asked for once, and nobody asks again from the other course."""
    rig.seed({"ita_for_eng": RECORDED, "ita_for_eng_10seeds": RECORDED}, {"ita": take()})
    rig.publish("ita_for_eng")
    asked = rig.welcomes.ask_to_go_live(ME, "ssi", "ita_for_eng")
    assert rig.row("ita_for_eng_10seeds").asked == asked
    assert rig.welcomes.requests(ME, "ssi") == (asked,)


def test_a_request_can_be_taken_back(rig: Rig) -> None:
    """Withdrawn or declined; once."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    rig.publish("ita_for_eng")
    rig.welcomes.ask_to_go_live(ME, "ssi", "ita_for_eng")
    rig.welcomes.end_request(ME, "ssi", "ita_for_eng", note="too quiet")
    assert rig.welcomes.requests(ME, "ssi") == ()
    with pytest.raises(NotFound):
        rig.welcomes.end_request(ME, "ssi", "ita_for_eng")


def test_a_project_without_welcomes_says_so(rig: Rig) -> None:
    """Not an empty list."""
    layouts: Any = rig.layouts
    layouts["other"] = replace(layouts["ssi"], name="other", kinds=())
    with pytest.raises(InvalidInput, match="has no welcomes"):
        rig.welcomes.list(ME, "other")
    with pytest.raises(InvalidInput, match="no project 'nowhere'"):
        rig.welcomes.list(ME, "nowhere")


def test_operators_are_told_of_courses_compiled_with_another_length(rig: Rig) -> None:
    """The length in the manifest of a course whose welcome is asked for; not one of another id, none
    that was not measured, and nothing where the manifest is broken or there is none."""
    rig.seed({"ita_for_eng": RECORDED}, {"ita": take()})
    rig.publish("ita_for_eng")
    asked = rig.welcomes.ask_to_go_live(ME, "ssi", "ita_for_eng")

    def told(manifest: bytes) -> list[str]:
        rig.put("canonical", "courses/ita_for_eng/course_manifest.json", manifest)
        return [one.text for one in rig.welcomes.manifest_findings(ME, "ssi", [asked])]

    def said(seconds: float, one: str = asked.id.lower()) -> bytes:
        introduction = {"id": one, "cadence": "natural", "role": "presentation"}
        document = {"slices": [], "introduction": {**introduction, "duration": seconds}}
        return json.dumps(document, indent=1).encode()

    assert rig.welcomes.manifest_findings(ME, "ssi", [asked]) == ()
    assert told(said(3.9)) == ["The compiled course says 3.9 s; it lasts 1.0 s."]
    for manifest in (said(1.0), said(0), said(3.9, WELSH), b"{}", b'{"introduction": {"id": '):
        assert told(manifest) == []
