"""Welcomes on the real store: two editors at once, a console that is killed, and the whole way."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from welcomes_rig import ITA, ME, REGISTRY, WELSH, Rig, entry, registry_of, rigged, take

from storage.audit.log import Audit
from storage.courses.registry import parse_registry
from storage.db.engine import Database
from storage.gate import Gate
from storage.model.welcome_plans import SaveConflict
from storage.s3.client import Store

ROOT = Path(__file__).resolve().parents[2]
WAV = "canonical/welcomes/ita.wav"
COURSES = ("ita_for_eng", "cym_for_eng", "spa_for_eng", "gle_for_eng")


@pytest.fixture
def rig(
    weed_store: Store, gate_to: Callable[..., Gate], audit: Audit, console_database: Database
) -> Iterator[Rig]:
    with rigged(weed_store, gate_to, audit, console_database) as made:
        yield made


# -- two editors ----------------------------------------------------------------------------------


@dataclass
class Editor:
    """Saves texts again and again, each over what they saw; keeps what went in, and what did not."""

    rig: Rig
    name: str
    saved: list[tuple[str, str, str]] = field(default_factory=list)  # course, seen, written
    conflicts: int = 0

    def work(self, times: int) -> None:
        welcomes, chance = self.rig.another(), random.Random(self.name)
        for number in range(times):
            course, text = chance.choice(COURSES), f"{self.name} {number}"
            for _ in range(100):
                seen = welcomes.show(ME, "ssi", course)
                plan = welcomes.plan_save(ME, "ssi", course, text=text, base=seen.base)
                try:
                    welcomes.save(ME, plan)
                except SaveConflict:  # looks at theirs, and saves on top of it
                    self.conflicts += 1
                    continue
                self.saved.append((course, seen.text, text))
                break


@pytest.mark.long
def test_two_editors_lose_nothing(rig: Rig) -> None:
    """A hundred saves on four courses at once: each one was made over the one before it, so none
    was overwritten unseen; a reader in between always sees a whole registry."""
    rig.seed({course: entry(text="start", unknown=course) for course in COURSES})
    editors = [Editor(rig, name) for name in ("Ann", "Ben")]
    over = threading.Event()

    def read_all_the_time() -> int:
        count = 0
        while not over.is_set():
            found = parse_registry(rig.body("canonical", REGISTRY))
            assert tuple(found.entries) == COURSES
            assert found.findings == ()
            count += 1
        return count

    with ThreadPoolExecutor(3) as pool:
        reading = pool.submit(read_all_the_time)
        working = [pool.submit(editor.work, 50) for editor in editors]
        try:
            for one in working:
                one.result(timeout=110)
        finally:
            over.set()
        assert reading.result() > 10
    every = [one for editor in editors for one in editor.saved]
    assert len(every) == 100
    for course in COURSES:
        next_of = {seen: written for at, seen, written in every if at == course}
        text, steps = "start", 0
        while text in next_of:
            text, steps = next_of[text], steps + 1
        assert steps == sum(at == course for at, _, _ in every), "one was overwritten unseen"
        assert rig.entries()[course] == entry(text=text, unknown=course)


def test_two_recordings_at_once_leave_the_registry_telling_of_the_one_that_is_there(
    rig: Rig,
) -> None:
    """Whoever comes second is told; date and length are those of the file."""
    rig.seed({"ita_for_eng": entry(id=ITA, duration=1)}, {"ita": take()})
    lengths = (1.5, 2.5)
    plans = [
        rig.welcomes.plan_save(ME, "ssi", "ita_for_eng", recording=take(length))
        for length in lengths
    ]
    services = [rig.another() for _ in plans]

    def save(at: int) -> bool:
        try:
            services[at].save(ME, plans[at])
        except SaveConflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        went_in = list(pool.map(save, range(2)))
    assert sorted(went_in) == [False, True]
    length = lengths[went_in.index(True)]
    assert rig.body("canonical", WAV) == take(length)
    assert rig.entries()["ita_for_eng"]["duration"] == length


# -- killed ---------------------------------------------------------------------------------------


def killed_after(rig: Rig, folder: Path, number: int) -> str:
    """A console of its own that ends after so many requests of its save; what it printed."""
    there = rig.store.connection
    recording = folder / "new.wav"
    recording.write_bytes(take(1.5, seed=7))
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "STORAGE_DATA": str(folder / "data"),
        "STORAGE_LAYOUT": "ssi",
        "S3_ENDPOINT_URL": there.endpoint_url,
        "AWS_REGION": there.region,
        "AWS_ACCESS_KEY_ID": there.access_key_id,
        "AWS_SECRET_ACCESS_KEY": there.secret_access_key,
        **{f"S3_{role.upper()}_BUCKET": name for role, name in rig.buckets.items()},
    }
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "tests/welcomes_killed.py"),
            "ita_for_eng",
            recording,
            str(number),
        ],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == (-9 if number else 0), done.stderr
    return done.stdout


@pytest.mark.long
def test_a_killed_save_leaves_whole_files_and_a_gap_that_the_next_one_mends(
    rig: Rig, tmp_path: Path
) -> None:
    """kill -9 after each request of a save: old or new, never half; a new recording without its
    entry is shown as a gap, and any next save mends it."""
    before = registry_of({"ita_for_eng": entry(id=ITA, duration=1), "cym_for_eng": entry()})
    new, old = take(1.5, seed=7), take()
    rig.seed({}, {"ita": old})
    rig.put("canonical", REGISTRY, before)
    requests = int(killed_after(rig, tmp_path, 0))
    gaps = 0
    for number in range(1, requests + 1):
        rig.put("canonical", REGISTRY, before)
        rig.put("canonical", WAV, old)
        killed_after(rig, tmp_path, number)
        recording, registry = rig.body("canonical", WAV), rig.body("canonical", REGISTRY)
        assert recording in (old, new)
        assert (registry == before) or (recording == new)
        if registry != before:
            assert rig.entries()["ita_for_eng"]["duration"] == 1.5
            assert "gap" not in rig.todos("ita_for_eng")
            continue
        assert ("gap" in rig.todos("ita_for_eng")) == (recording == new)
        if recording == new:
            gaps += 1
            rig.save("ita_for_eng", voice="Anna")
            assert rig.entries()["ita_for_eng"]["duration"] == 1.5
            assert "gap" not in rig.todos("ita_for_eng")
            assert rig.entries()["cym_for_eng"] == entry()
    assert gaps >= 2


# -- the whole way --------------------------------------------------------------------------------


def test_a_welcome_on_its_way_from_a_take_to_live_and_back(rig: Rig) -> None:
    """Saved, sent to testing, promoted, replaced, and the old one restored and sent again."""
    rig.seed(
        {"ita_for_eng": entry(), "ita_for_eng_10seeds": entry(), "cym_for_eng": entry(id=WELSH)}
    )
    saved = rig.save("ita_for_eng", text="Ciao.", recording=take())
    first = rig.head("canonical", WAV)
    rig.publish("ita_for_eng")
    rig.welcomes.ask_to_go_live(ME, "ssi", "ita_for_eng")
    assert len(rig.welcomes.requests(ME, "ssi")) == 1
    rig.promote(f"mastered/{saved.id}.mp3")
    for course in ("ita_for_eng", "ita_for_eng_10seeds"):
        assert (rig.row(course).state, rig.row(course).certain) == ("live", True)
    assert rig.welcomes.requests(ME, "ssi") == ()
    rig.save("ita_for_eng", recording=take(seed=2))
    assert rig.row("ita_for_eng").state == "recorded"
    plan = rig.welcomes.plan_restore(ME, "ssi", "ita_for_eng", first["VersionId"])
    rig.welcomes.save(ME, plan)
    assert rig.body("canonical", WAV) == take()
    assert rig.row("ita_for_eng").state == "live"  # the very bytes that are live, again
    assert rig.keys("prod") == [f"mastered/{saved.id}.mp3"]
