"""Two team members' folders and the real store, through random histories; and the commands."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from welcomes_rig import ITA, REGISTRY, Copy, Rig, entry, rigged, take

from storage import bootstrap
from storage.audit.log import Audit
from storage.cli import session
from storage.cli.main import main
from storage.db.engine import Database
from storage.gate import Gate
from storage.model.welcome_plans import SaveConflict
from storage.s3.client import Store
from storage.s3.listing import list_pages
from storage.welcomes import reading

COURSES = ("ita_for_eng", "cym_for_eng", "ita_for_jpn")
NAMES = ("ita", "cym", "ita_for_jpn")


@pytest.fixture
def rig(
    weed_store: Store, gate_to: Callable[..., Gate], audit: Audit, console_database: Database
) -> Iterator[Rig]:
    with rigged(weed_store, gate_to, audit, console_database) as made:
        yield made


who = st.sampled_from(["ann", "ben"])
seeds = st.integers(1, 4)
steps = st.one_of(
    st.tuples(st.just("write"), who, st.sampled_from(COURSES), seeds),
    st.tuples(st.just("record"), who, st.sampled_from(NAMES), seeds),
    st.tuples(st.just("lose"), who, st.sampled_from(NAMES), seeds),
    st.tuples(st.just("push"), who, st.just(""), seeds),
    st.tuples(st.just("pull"), who, st.just(""), seeds),
    st.tuples(st.just("console"), who, st.sampled_from(COURSES), seeds),
)


def do(rig: Rig, copies: dict[str, Copy], step: tuple[str, str, str, int]) -> None:
    what, person, name, seed = step
    copy = copies[person]
    if what == "write":
        copy.write(name, text=f"{person} {seed}")
    elif what == "record":
        copy.record(name, take(0.5, seed))
    elif what == "lose":
        copy.wav(name).unlink(missing_ok=True)
    elif what == "console":
        with suppress(SaveConflict):  # told: a recording came by a push without its entry
            rig.save(
                name, text=f"console {seed} {len(rig.keys('canonical'))}", recording=take(0.6, seed)
            )
    elif what == "push":
        copy.push()
    else:
        copy.pull()


def stored(rig: Rig) -> dict[str, Any]:
    """What is in the store, as `Copy.content` says it of a folder."""
    keys = rig.keys("canonical")
    wavs = {
        f"welcome_{key.rpartition('/')[2]}": rig.body("canonical", key)
        for key in keys
        if key.endswith(".wav")
    }
    return {**wavs, **(rig.entries() if REGISTRY in keys else {})}


@pytest.mark.property
@pytest.mark.timeout(600)
@settings(
    max_examples=100 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, max_size=10))
def test_two_folders_that_both_sync_end_equal_or_with_a_reported_conflict(
    rig: Rig, history: list[tuple[str, str, str, int]]
) -> None:
    """Whatever they, and somebody in the console, did before: what no folder reports as a conflict
    is the same in both and in the store."""
    for key in rig.keys("canonical"):
        rig.store.client.delete_object(Bucket=rig.buckets["canonical"], Key=key)
    root = Path(tempfile.mkdtemp())
    copies = {name: Copy(rig, root / name) for name in ("ann", "ben")}
    for copy in copies.values():
        copy.folder.mkdir()
    for step in history:
        do(rig, copies, step)
    for _ in range(2):
        for copy in copies.values():
            copy.push()
            copy.pull()
    conflicts = set().union(*map(reported, copies.values()))
    there = stored(rig)
    for copy in copies.values():
        mine = copy.content()
        for name in {*mine, *there} - conflicts:
            assert mine.get(name) == there.get(name), name
    for copy in copies.values():  # and every one of them can be settled
        names = {one.course for one in copy.status().conflicts}
        assert copy.push(take=dict.fromkeys(names, "local")).conflicts == ()
    shutil.rmtree(root)


def reported(copy: Copy) -> set[str]:
    """What the folder's status says is in conflict; nothing else is left to be moved."""
    plan = copy.status()
    assert plan.actions == ()
    return {
        one.name if one.what == "registry" else f"welcome_{one.name}.wav" for one in plan.conflicts
    }


def test_more_recordings_than_a_page_are_read_page_by_page(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what is one page is."""
    rig.seed({"ita_for_eng": entry()})
    for name in NAMES:
        rig.put("canonical", f"canonical/welcomes/{name}.wav", take(0.5))
    (tmp_path / "copy").mkdir()
    copy = Copy(rig, tmp_path / "copy")
    plan = copy.status()
    assert len([one for one in plan.actions if one.what == "recording"]) == len(NAMES)
    monkeypatch.setattr(reading, "list_small", lambda *_, **__: None)
    monkeypatch.setattr("storage.s3.listing.list_pages", partial(list_pages, limit=2))
    assert copy.status() == plan


# -- the commands ---------------------------------------------------------------------------------


@pytest.fixture
def run(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Any]]:
    """`run(*argv, status=0)`: the JSON document a command prints, over the rig's buckets."""
    there = rig.store.connection
    environ = {
        "STORAGE_DATA": str(tmp_path / "data"),
        "STORAGE_LAYOUT": "ssi",
        "S3_ENDPOINT_URL": there.endpoint_url,
        "AWS_REGION": there.region,
        "AWS_ACCESS_KEY_ID": there.access_key_id,
        "AWS_SECRET_ACCESS_KEY": str(there.secret_access_key),
        **{f"S3_{role.upper()}_BUCKET": name for role, name in rig.buckets.items()},
    }
    services = bootstrap.build(environ)
    monkeypatch.setattr(bootstrap, "services", lambda *_: services)
    monkeypatch.setattr(bootstrap, "close", lambda: None)
    monkeypatch.setattr(session, "environment", lambda: environ)

    def go(*argv: str, status: int = 0) -> Any:
        assert main(["--json", "welcomes", *argv]) == status
        return json.loads(capsys.readouterr().out)

    yield go
    services.close()


def test_the_commands_replace_the_script(run: Callable[..., Any], rig: Rig, tmp_path: Path) -> None:
    """Set, list, show, publish, history, restore; status, pull and push of a folder."""
    rig.seed({"ita_for_eng": entry()})
    recording, folder = tmp_path / "take.wav", tmp_path / "copy"
    recording.write_bytes(take(1.5))
    folder.mkdir()
    plan = run("set", "ita_for_eng", "--text", "Ciao.", "--recording", str(recording), "--dry-run")
    assert plan["recording"]["container"] == "WAV"
    assert rig.entries()["ita_for_eng"] == entry()
    saved = run("set", "ita_for_eng", "--text", "Ciao.", "--recording", str(recording))
    (row,) = run("list")
    names = ("course", "language", "text", "id", "voice", "duration", "state")
    assert [row[name] for name in names] == [
        *("ita_for_eng", "Italian for English speakers", "Ciao."),
        *(saved["id"], None, 1.5, "Recorded"),
    ]
    assert run("publish", "ita_for_eng")["done"] == 1
    assert run("publish", "ita_for_eng")["done"] == 0
    shown = run("show", "ita_for_eng")
    assert (shown["state"], shown["duration"]) == ("In testing", 1.5)
    assert run("show", "gle_for_eng", status=3)["error"]["code"] == "not-found"
    found = run("status", "--dir", str(folder))
    assert {(one["what"], one["course"], one["direction"]) for one in found["actions"]} == {
        ("recording", "ita_for_eng", "pull"),
        ("registry", "ita_for_eng", "pull"),
    }
    run("pull", "--dir", str(folder), "--dry-run")
    assert list(folder.iterdir()) == []
    assert all(one["done"] for one in run("pull", str(folder))["actions"])
    copy = Copy(rig, folder)
    copy.write("ita_for_eng", text="Mine.")
    run("set", "ita_for_eng", "--text", "Theirs.")
    refused = run("push", str(folder), status=1)
    assert [one["course"] for one in refused["conflicts"]] == ["ita_for_eng"]
    settled = run("push", str(folder), "--take", "local", "ita_for_eng")
    assert settled["conflicts"] == []
    assert rig.entries()["ita_for_eng"]["text"] == "Mine."
    texts = [one for one in run("history", "ita_for_eng") if one["kind"] == "text"]
    assert [one["fields"]["text"] for one in texts] == ["Mine.", "Theirs.", "Ciao.", "Welcome."]
    run("restore", "ita_for_eng", texts[2]["version"])
    assert rig.entries()["ita_for_eng"]["text"] == "Ciao."


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("set", "Italian", "--text", "a"), "invalid-input"),
        (("set", "ita_for_eng", "--text", "a", "--text-file", "b"), "invalid-input"),
        (("set", "ita_for_eng", "--recording", "/no such file"), "invalid-input"),
        (("push", "--take", "mine", "ita_for_eng"), "invalid-input"),
        (("push", "a", "--dir", "b"), "invalid-input"),
        (("pull", "/no such folder"), "invalid-input"),
        (("publish",), "invalid-input"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(
    run: Callable[..., Any], rig: Rig, argv: tuple[str, ...], code: str
) -> None:
    """Exit 2, and nothing was changed."""
    rig.seed({"ita_for_eng": entry(id=ITA)})
    assert run(*argv, status=2)["error"]["code"] == code
    assert rig.entries() == {"ita_for_eng": entry(id=ITA)}


def test_people_read_the_same_in_words(
    run: Callable[..., Any], rig: Rig, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without --json: lines for a terminal, nothing in it unescaped."""
    rig.seed({"ita_for_eng": entry(text="Ciao\x1b[31m"), "Italian": entry()})
    assert main(["welcomes", "list"]) == 1  # one entry is no course's
    told = capsys.readouterr()
    assert "\\x1b[31m" in told.out
    assert "no course code" in told.err
    for argv in (
        ["show", "ita_for_eng"],
        ["set", "ita_for_eng", "--text", "x", "--dry-run"],
        ["history", "ita_for_eng"],
    ):
        assert main(["welcomes", *argv]) == 0
        assert "\x1b" not in capsys.readouterr().out
