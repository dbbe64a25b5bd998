"""The Promote page as people see it: planned, approved, run, undone, looked back at, refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from page_rig import MP3, Console, own_s3

from storage import bootstrap
from storage.bootstrap import Services
from storage.model.people import local_actor
from storage.model.promotion import Scope
from storage.model.releases import Release
from storage.s3.bucket import keep_versions
from storage.s3.client import Store

ME = local_actor()
FOLDER = Scope("prefix", ("clips/",))
CLIPS = [f"clips/0A7051FF-4AB7-5123-8250-466D740ADC{number:02X}.mp3" for number in range(3)]
HOSTILE = "clips/[x](https://evil.example) <b>.mp3"
_ALL = '"promote:plan", "promote:approve", "promote:run", "promote:rollback"'
_LAYOUT = f"""
name = "pod"
title = "Podcast"
region = "us-east-1"
[buckets.draft]
title = "Drafts"
bucket = "pod-draft"
[buckets.prod]
title = "Prod"
bucket = "pod-prod"
live = true
[kinds.clip]
title = "Clip"
in = ["draft", "prod"]
key = "clips/{{id:UUID}}.mp3"
[promotion]
from = "draft"
to = "prod"
kind = "clip"
heard = "off"
audio = "off"
[access.viewer]
prod = ["object:list", "object:read"]
[access.editor]
draft = ["object:list", "object:read"]
[access.operator]
draft = ["object:list", "object:read", "object:archive"]
prod = ["object:list", "object:read", {_ALL}]
[access.admin]
draft = ["object:list", "object:read"]
prod = ["object:list", "object:read", {_ALL}]
"""
_PROJECTS = 'layout_files = ["pod.toml"]\nprojects = ["pod"]\n'
_LOGIN = """
[login]
public_url = "https://console.example.org"
session_hours = 1
contact = "help@example.org"
[[login.people]]
group = "operators"
roles = ["operator"]
[[login.people]]
group = "admins"
roles = ["admin"]
"""


@pytest.fixture
def pod(moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Two buckets with three clips in the first, one of them other live; and the project's file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.toml").write_text(_LAYOUT)
    for bucket in ("pod-draft", "pod-prod"):
        moto_store.client.create_bucket(Bucket=bucket)
    keep_versions(moto_store, "pod-prod")
    put(moto_store, "pod-prod", CLIPS[0], MP3 + b"old")
    for number, key in enumerate(CLIPS):
        put(moto_store, "pod-draft", key, MP3 + bytes([number]))
    return moto_store


@pytest.fixture
def services(pod: Store, tmp_path: Path) -> Services:
    """A console without a login, of that project."""
    return installed(pod, tmp_path, _PROJECTS)


@pytest.fixture
def tab(services: Services, monkeypatch: pytest.MonkeyPatch) -> Console:
    return Console(monkeypatch)


@pytest.fixture
def signed(
    pod: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Console]]:
    """`signed(name, group)`: a tab of somebody who has signed in."""
    installed(pod, tmp_path, _PROJECTS + _LOGIN)

    def opened(name: str, group: str) -> Console:
        console = Console(monkeypatch)
        console.app.user = {
            "is_logged_in": True,
            "iss": "https://login.example.org",
            "sub": name,
            "name": name,
            "groups": [group],
            "iat": int(time.time() - 5),
        }
        console.app.secrets["auth"] = {"client_id": "soundstage"}
        return console

    return opened


def installed(store: Store, folder: Path, config: str) -> Services:
    (folder / "soundstage.toml").write_text(config)
    services = own_s3(store.connection.endpoint_url)
    bootstrap.install(services)
    return services


def put(store: Store, bucket: str, key: str, body: bytes) -> None:
    store.client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="audio/mpeg")


def content(store: Store) -> dict[str, bytes]:
    """What is live, but for backups."""
    rows = store.client.list_objects_v2(Bucket="pod-prod").get("Contents", [])
    return {
        row["Key"]: store.client.get_object(Bucket="pod-prod", Key=row["Key"])["Body"].read()
        for row in rows
    }


def planned(tab: Console, prefix: str = "clips/") -> Console:
    """A plan of a folder, made on the page; it is open."""
    return tab.open("promote", project="pod", part="plan", prefix=prefix).press("promoting:make")


def until(tab: Console, words: str) -> Console:
    end = time.monotonic() + 30  # two cores shared by several workers
    while words not in tab.words:
        assert time.monotonic() < end, tab.words
        time.sleep(0.05)
        tab.again()
    return tab


def run(tab: Console, typed: str = "clips/") -> Console:
    """Types what is to be typed, and presses the red button."""
    tab.app.text_input(key="promoting:typed").set_value(typed)
    return tab.again().press("danger:promoting:run")


def keys(tab: Console) -> set[str]:
    """Of the buttons on the page."""
    return {str(one.key) for one in tab.app.button}


def cells(tab: Console, key: str = "promoting:rows") -> list[list[str]]:
    """What a table shows, row by row."""
    return [[words for words, _ in row["cells"]] for row in tab.data(key)["rows"]]


def released(services: Services, scope: Scope = FOLDER) -> Release:
    """Planned, approved and run past the page."""
    promotions = services.promotions
    plan = promotions.plan(ME, "pod", scope)
    promotions.approve(ME, "pod", plan.id, plan.hash)
    typed = scope.text
    promotions.run(ME, "pod", plan.id, typed=typed, watch=lambda *_: None)
    return promotions.show(ME, "pod", plan.id)


def test_from_the_plan_to_the_rollback(tab: Console, pod: Store) -> None:
    """A folder is planned, its rows are filtered by an address, one is heard before and after; it
    is self-approved by hash, run after its scope is typed, live with what was verified, and rolled
    back by a plan of its own; afterwards prod is as it was, and the list has both.
    """
    before = content(pod)
    planned(tab)
    assert "Promote folder clips/" in tab.words
    assert "All gates are open" in tab.words
    release = tab.app.query_params["release"]
    shown = {one.label: one.value for one in tab.app.metric}
    assert (shown["To write"], shown["Lacking in Prod afterwards"]) == ("3", "0")
    tab.open("promote", project="pod", release=release, state="changed")
    assert [row[:2] for row in cells(tab)] == [[CLIPS[0], "Changed"]]
    tab.open("promote", project="pod", release=release, at=CLIPS[0])
    assert {"promoting:player:Live now", "promoting:player:Afterwards"} <= tab.shown

    assert "recorded as self-approved" in tab.words
    tab.press("promoting:approve")
    assert "Approved. It can be run now." in tab.words
    assert tab.app.button(key="danger:promoting:run").disabled
    until(run(tab), "It is live")
    assert content(pod) == {key: MP3 + bytes([at]) for at, key in enumerate(CLIPS)}
    assert "Self-approved by You (local)" in tab.words
    assert "3 objects asked for" in tab.words
    assert {row[4] for row in cells(tab)} == {"written"}
    assert len(tab.app.get("audio")) == 2  # the version before, and the one it wrote

    tab.press("promoting:undo")
    assert "Roll back folder clips/" in tab.words
    assert {row[1] for row in cells(tab)} == {"Brought back", "Taken away"}
    tab.press("promoting:approve")
    until(run(tab), "It is rolled back")
    assert content(pod) == before
    tab.open("promote", project="pod")
    assert [row[:2] for row in cells(tab, "promoting:history")] == [
        ["Roll back folder clips/", "live"],
        ["Promote folder clips/", "undone"],
    ]
    tab.open("promote", project="pod", release=release)
    (undoing,) = [one for one in tab.app.button if "Roll back folder" in one.label]
    undoing.click()
    assert "It is rolled back" in tab.again().words
    assert "promoting:undo" in keys(tab)  # forward again
