"""A team member's folder and the store: what moves, what is in conflict, what is never touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sounds
from welcomes_rig import ITA, REGISTRY, WELSH, Copy, Rig, entry, moved, registry_of, rigged, take

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import InvalidInput, StorageError
from storage.gate import Gate
from storage.s3.client import Store
from storage.welcomes import pushing

WAV = "canonical/welcomes/ita.wav"
KNOWN = {"ita_for_eng": entry(id=ITA, duration=1), "cym_for_eng": entry(id=WELSH, duration=1)}
WAVS = {"ita": take(), "cym": take(seed=2)}


@pytest.fixture
def rig(
    moto_store: Store, gate_to: Callable[..., Gate], audit: Audit, console_database: Database
) -> Iterator[Rig]:
    with rigged(moto_store, gate_to, audit, console_database) as made:
        yield made


@pytest.fixture
def copy(rig: Rig, tmp_path: Path) -> Copy:
    """An empty folder; the store holds two welcomes, as the team's script left them."""
    rig.seed(KNOWN, WAVS)
    folder = tmp_path / "copy"
    folder.mkdir()
    return Copy(rig, folder)


def test_a_first_pull_brings_everything(copy: Copy) -> None:
    """The registry byte for byte, the recordings under the names the scripts use."""
    plan = copy.pull()
    assert all(one.done for one in plan.actions)
    assert copy.registry.read_bytes() == copy.rig.body("canonical", REGISTRY)
    assert copy.wav("ita").read_bytes() == WAVS["ita"]
    assert copy.status().actions == copy.status().conflicts == ()
    assert list(copy.folder.rglob(".writing-*")) == []


def test_a_first_push_makes_everything(copy: Copy, rig: Rig, tmp_path: Path) -> None:
    """Into an empty bucket: documentation, formatting and all."""
    copy.pull()
    raw = copy.registry.read_bytes().replace(b'"welcomes": {', b'"welcomes":   { "_comment": "c",')
    copy.registry.write_bytes(raw)
    for key in rig.keys("canonical"):
        rig.store.client.delete_object(Bucket=rig.buckets["canonical"], Key=key)
    (copy.folder / ".soundstage-welcomes.json").unlink()
    copy.push()
    assert rig.body("canonical", REGISTRY) == raw
    assert rig.body("canonical", WAV) == WAVS["ita"]


def test_only_what_differs_moves(copy: Copy) -> None:
    """By content: a file that was merely touched, or formatted anew, stays."""
    copy.pull()
    copy.wav("ita").touch()
    copy.registry.write_bytes(json.dumps(json.loads(copy.registry.read_bytes())).encode())
    assert copy.status().actions == ()
    copy.record("cym", take(seed=3))
    copy.write("ita_for_eng", text="Ciao.")
    assert moved(copy.status()) == [
        ("registry", "ita_for_eng", "push", False),
        ("recording", "cym", "push", False),
    ]
    copy.push()
    assert copy.rig.body("canonical", "canonical/welcomes/cym.wav") == take(seed=3)
    assert copy.rig.entries()["ita_for_eng"]["text"] == "Ciao."
    assert copy.status().actions == ()


def test_a_new_recording_arrives_though_a_remote_one_exists(copy: Copy) -> None:
    """What the old script skipped; length and date go into both registries."""
    copy.pull()
    copy.record("ita", take(2.5))
    copy.push()
    assert copy.rig.body("canonical", WAV) == take(2.5)
    for entries in (copy.rig.entries(), copy.entries()):
        assert entries["ita_for_eng"]["duration"] == 2.5
        assert entries["ita_for_eng"]["generated_date"] > "2025-09-02T08:30:00Z"
    assert "gap" not in copy.rig.todos("ita_for_eng")
    assert copy.status().actions == ()


def test_a_registry_that_tells_of_the_recording_is_left_alone(copy: Copy) -> None:
    """Who generated it wrote date and length already."""
    copy.pull()
    copy.record("ita", take(2.5))
    copy.write("ita_for_eng", duration=2.5, generated_date="2026-01-01T00:00:00Z")
    copy.push()
    assert copy.rig.entries()["ita_for_eng"]["generated_date"] == "2026-01-01T00:00:00Z"
    assert "gap" not in copy.rig.todos("ita_for_eng")


def test_what_others_changed_meanwhile_stays(copy: Copy) -> None:
    """Their entry is not overwritten by a push of mine, and comes with a pull."""
    copy.pull()
    copy.rig.save("cym_for_eng", text="Croeso.")
    copy.write("ita_for_eng", text="Ciao.")
    plan = copy.push()
    assert moved(plan) == [
        ("registry", "ita_for_eng", "push", True),
        ("registry", "cym_for_eng", "pull", False),
    ]
    assert {one["text"] for one in copy.rig.entries().values()} == {"Ciao.", "Croeso."}
    copy.pull()
    assert copy.entries() == copy.rig.entries()


@pytest.mark.parametrize("side", ["local", "remote"])
@pytest.mark.parametrize("way", ["push", "pull"])
def test_a_conflict_is_listed_and_settled_by_a_choice(copy: Copy, side: Any, way: str) -> None:
    """Both changed: nothing moves until somebody chooses; then it moves whichever way."""
    copy.pull()
    copy.rig.save("ita_for_eng", text="Theirs.", recording=take(seed=5))
    copy.write("ita_for_eng", text="Mine.")
    copy.record("ita", take(seed=6))
    for plan in (copy.status(), copy.push(), copy.pull()):
        assert [(one.what, one.course) for one in plan.conflicts] == [
            ("registry", "ita_for_eng"),
            ("recording", "ita_for_eng"),
        ]
    assert copy.entries()["ita_for_eng"]["text"] == "Mine."
    assert copy.rig.entries()["ita_for_eng"]["text"] == "Theirs."
    plan = getattr(copy, way)(take={"ita_for_eng": side})
    assert plan.conflicts == ()
    text, seed = ("Mine.", 6) if side == "local" else ("Theirs.", 5)
    assert copy.entries()["ita_for_eng"]["text"] == text
    assert copy.rig.entries()["ita_for_eng"]["text"] == text
    assert copy.rig.body("canonical", WAV) == copy.wav("ita").read_bytes() == take(seed=seed)
    assert copy.status().actions == copy.status().conflicts == ()


def test_without_a_common_past_what_differs_is_a_conflict(copy: Copy) -> None:
    """Nobody knows which is newer; what is the same is the same."""
    copy.write("ita_for_eng", **{**KNOWN["ita_for_eng"], "text": "Mine."})
    copy.record("cym", WAVS["cym"])
    plan = copy.status()
    assert [one.name for one in plan.conflicts] == ["ita_for_eng"]
    assert [one.name for one in plan.actions] == ["cym_for_eng", "ita"]


def test_a_choice_for_nobody_s_course_is_refused(copy: Copy) -> None:
    """A mistyped code settles nothing."""
    with pytest.raises(InvalidInput, match="no welcome of itq_for_eng"):
        copy.push(take={"itq_for_eng": "local"})


def test_nothing_is_removed_from_the_store(copy: Copy) -> None:
    """What is missing here comes back with a pull."""
    copy.pull()
    copy.wav("ita").unlink()
    copy.registry.write_bytes(registry_of({"cym_for_eng": KNOWN["cym_for_eng"]}))
    copy.push()
    assert copy.rig.entries() == KNOWN
    assert copy.rig.body("canonical", WAV) == WAVS["ita"]
    copy.pull()
    assert copy.entries() == KNOWN | copy.entries()
    assert copy.wav("ita").exists()


def test_what_was_removed_from_the_store_goes_here_too(copy: Copy) -> None:
    """Unless it was changed here."""
    copy.pull()
    copy.rig.put("canonical", REGISTRY, registry_of({"cym_for_eng": KNOWN["cym_for_eng"]}))
    copy.rig.store.client.delete_object(Bucket=copy.rig.buckets["canonical"], Key=WAV)
    copy.pull()
    assert list(copy.entries()) == ["cym_for_eng"]
    assert not copy.wav("ita").exists()


def test_a_part_can_be_moved_alone(copy: Copy) -> None:
    """Recordings without the registry, or the other way; the other part is not even compared."""
    copy.pull(parts=("registry",))
    assert not copy.wav("ita").exists()
    copy.write("ita_for_eng", text="Ciao.")
    assert all(one.what == "recording" for one in copy.status(parts=("recording",)).actions)
    copy.pull(parts=("recording",))
    assert copy.wav("ita").exists()
    assert copy.rig.entries() == KNOWN
    assert moved(copy.status()) == [("registry", "ita_for_eng", "push", False)]


def test_an_interrupted_push_is_finished_by_pushing_again(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recording was stored and the registry not: the gap is shown, and healed."""
    copy.pull()
    copy.record("ita", take(2.5))
    copy.write("ita_for_eng", text="Ciao.")
    real = pushing.put_file

    def failing(where: Any, call: str, *rest: Any, **facts: Any) -> Any:
        if call == "welcome":
            raise StorageError("the power went")
        return real(where, call, *rest, **facts)

    with monkeypatch.context() as patch:
        patch.setattr(pushing, "put_file", failing)
        with pytest.raises(StorageError, match="the power went"):
            copy.push()
    assert "gap" in copy.rig.todos("ita_for_eng")
    copy.push()
    assert "gap" not in copy.rig.todos("ita_for_eng")
    assert copy.rig.entries()["ita_for_eng"] == copy.entries()["ita_for_eng"]
    assert (copy.entries()["ita_for_eng"]["text"], copy.entries()["ita_for_eng"]["duration"]) == (
        "Ciao.",
        2.5,
    )


def test_a_recording_changed_while_it_is_pushed_is_left_and_told(
    copy: Copy, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is stored that was not compared; the log says that it was begun and failed, and of
    the other one, told in the same breath, that it was done."""
    copy.pull()
    copy.record("ita", take(1.5, seed=3))
    copy.record("cym", take(1.5, seed=4))
    append, told = rig.audit.append, list[Any]()

    def told_meanwhile(*events: Any) -> None:
        if not told:  # the push was compared, and stores nothing before this is told
            copy.record("ita", take(2.0, seed=5))
        told.append([(one.result, one.key.rpartition("/")[2]) for one in events])
        append(*events)

    monkeypatch.setattr(rig.audit, "append", told_meanwhile)
    plan = copy.push(parts=("recording",))
    (conflict,) = plan.conflicts
    assert (conflict.name, "changed here while this ran" in conflict.why) == ("ita", True)
    assert rig.body("canonical", WAV) == WAVS["ita"]
    assert told[0] == [("allowed", "cym.wav"), ("allowed", "ita.wav")]
    assert told[1] == [("done", "cym.wav"), ("failed", "ita.wav")]
    assert copy.push().conflicts == ()
    assert rig.body("canonical", WAV) == take(2.0, seed=5)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<html></html>", "HTML"),
        (take()[:9_000], "end is missing"),
        (sounds.wav(sounds.speech(1.0), declared=10), "shorter than it is"),
        (b"ID3\x04" + b"\0" * 500, "no WAV"),
    ],
)
def test_what_is_no_recording_is_not_pushed(copy: Copy, data: bytes, words: str) -> None:
    """It is listed with the reason, and the others go."""
    copy.pull()
    copy.record("ita", data)
    copy.record("cym", take(seed=8))
    plan = copy.push()
    assert [(one.name, words in one.why) for one in plan.conflicts] == [("ita", True)]
    assert copy.rig.body("canonical", WAV) == WAVS["ita"]
    assert copy.rig.body("canonical", "canonical/welcomes/cym.wav") == take(seed=8)


def test_a_broken_entry_is_not_pushed(copy: Copy) -> None:
    """Nor one under a name that is no course's; the registry in the store stays whole."""
    copy.pull()
    copy.write("ita_for_eng", text=5)
    copy.write("Italian", text="a")
    copy.write("cym_for_eng", text="Croeso.")
    plan = copy.push()
    assert {one.name for one in plan.conflicts} == {"ita_for_eng", "Italian"}
    assert copy.rig.entries() == {
        **KNOWN,
        "cym_for_eng": {**KNOWN["cym_for_eng"], "text": "Croeso."},
    }


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"welcomes": {', b"\xff"])
def test_a_broken_registry_moves_nothing(copy: Copy, raw: bytes) -> None:
    """On either side: said, and nothing is written anywhere."""
    copy.pull()
    copy.record("ita", take(seed=9))
    copy.registry.write_bytes(raw)
    with pytest.raises(InvalidInput, match="registry"):
        copy.push()
    assert copy.rig.body("canonical", WAV) == WAVS["ita"]
    copy.registry.write_bytes(registry_of(KNOWN))
    copy.rig.put("canonical", REGISTRY, raw)
    with pytest.raises(InvalidInput, match="registry"):
        copy.pull()
    assert copy.entries() == KNOWN


def test_nothing_is_written_outside_the_folder(copy: Copy, tmp_path: Path) -> None:
    """Not by a name in the bucket or the registry, and not through a link."""
    copy.rig.put("canonical", "canonical/welcomes/../../../evil.wav", take())
    copy.rig.put("canonical", "canonical/welcomes/ita_for_eng_10seeds.wav", take())
    copy.rig.put(
        "canonical", REGISTRY, registry_of({**KNOWN, "../../evil_for_eng": entry(duration=1)})
    )
    copy.pull()
    assert sorted(path.name for path in copy.folder.rglob("*.wav")) == [
        "welcome_cym.wav",
        "welcome_ita.wav",
    ]
    outside = tmp_path / "outside"
    outside.mkdir()
    other = Copy(copy.rig, tmp_path / "other")
    other.folder.mkdir()
    (other.folder / "extracted-welcomes").symlink_to(outside)
    with pytest.raises(InvalidInput, match="leads out of"):
        other.pull()
    assert list(outside.iterdir()) == []


def test_a_folder_that_is_none_is_refused(copy: Copy, tmp_path: Path) -> None:
    """A mistyped one is not made."""
    with pytest.raises(InvalidInput, match="is no folder"):
        Copy(copy.rig, tmp_path / "nowhere").pull()
    assert not (tmp_path / "nowhere").exists()


def test_a_state_of_another_bucket_counts_for_nothing(copy: Copy) -> None:
    """A folder that was a copy of something else begins anew: what differs is a conflict."""
    copy.pull()
    state = copy.folder / ".soundstage-welcomes.json"
    state.write_text(state.read_text().replace(copy.rig.buckets["canonical"], "another"))
    copy.write("ita_for_eng", text="Mine.")
    assert [one.name for one in copy.status().conflicts] == ["ita_for_eng"]
    state.write_text("broken {")
    assert [one.name for one in copy.status().conflicts] == ["ita_for_eng"]
