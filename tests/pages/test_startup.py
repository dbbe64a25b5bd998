"""The first seconds: progress, a failed start told with its remedy, and another try."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from page_rig import Console, own_s3
from scripted_server import ScriptedServer

from storage import bootstrap
from storage.bootstrap import Services
from storage.errors import Unavailable
from storage.layout.profile import Bucket, Layout
from ui import startup

Build = Callable[..., Services]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config file, `.env` or store of the person who runs the tests."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> Console:
    return Console(monkeypatch)


def _ended() -> None:
    """Waits until the start under way has ended."""
    for thread in threading.enumerate():
        if thread.name == "console-start":
            thread.join(20)


def _failed(tab: Console) -> str:
    """What the box of a failed start says."""
    _ended()
    tab.again()
    (box,) = tab.app.error
    assert tab.app.button(key="startup:again")
    return str(box.value).replace("\\", "").replace("\u2060", "")


def _try_again(tab: Console) -> None:
    """Presses "Try again" and waits, as the page does."""
    tab.press("startup:again")
    _ended()
    tab.again()


def test_a_page_shows_progress_until_the_store_is_ready(
    tab: Console, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starting, filling with counts, ready: no page before that, and the page after."""
    go_on = threading.Event()

    def build(*_args: object) -> Services:
        go_on.wait(20)
        return services

    monkeypatch.setattr(bootstrap, "build", build)
    assert "Getting the console ready" in tab.open().words
    assert not tab.shown
    bootstrap._filling(7, 1200, "")
    assert "7 of 1,200 objects" in tab.again().words
    go_on.set()
    _ended()
    assert "home:people" in tab.again().shown


def test_two_tabs_start_once(monkeypatch: pytest.MonkeyPatch, services: Services) -> None:
    """Tabs that open while the console starts wait for the same start."""
    builds: list[int] = []
    go_on = threading.Event()

    def build(*_args: object) -> Services:
        builds.append(1)
        go_on.wait(20)
        return services

    monkeypatch.setattr(bootstrap, "build", build)
    tabs = [Console(monkeypatch).open(), Console(monkeypatch).open()]
    go_on.set()
    _ended()
    assert all("home:people" in tab.again().shown for tab in tabs)
    assert builds == [1]


def test_a_wrong_config_file_is_told_and_recovers(
    tab: Console, tmp_path: Path, scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, line and remedy; corrected, "Try again" goes on, by a reload that brings the policy
    of the store."""
    file = tmp_path / "soundstage.toml"
    file.write_text('[store]\nregion = "eu-west-1"\nadressing = "path"\n')
    tab.open()
    said = _failed(tab)
    assert "soundstage.toml, line 3" in said
    assert "addressing" in said  # what is allowed
    file.write_text(f'[store]\nendpoint_url = "{scripted.url}"\n')
    reloads: list[str] = []
    monkeypatch.setattr(startup, "_reload", lambda *, key: reloads.append(key))
    _try_again(tab)
    assert reloads == ["startup:reload"]
    assert "home:people" in tab.again().shown  # as the reloaded page does


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("STORAGE_LAYOUT=sssi", "'sssi'"),
        ("STORAGE=azure", "STORAGE is 'azure'"),
        ("STORAGE_CONFIG=nowhere.toml", "no config file 'nowhere.toml'"),
        (
            "S3_ENDPOINT_URL=s3.example.org",
            "S3_ENDPOINT_URL is 's3.example.org', which is not a web address",
        ),
    ],
)
def test_a_wrong_setting_is_told_and_recovers(
    tab: Console, tmp_path: Path, scripted: ScriptedServer, line: str, said: str
) -> None:
    """A line of .env, named with what it may be; corrected in the file, the next try reads it."""
    (tmp_path / ".env").write_text(f"{line}\n")
    tab.open()
    assert said in _failed(tab)
    (tmp_path / ".env").write_text(f"S3_ENDPOINT_URL={scripted.url}\nAWS_ACCESS_KEY_ID=a\n")
    _try_again(tab)
    assert not tab.app.error


def test_a_failed_start_stays_still(tab: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that runs again, or another tab, shows the same error and starts nothing."""
    builds: list[int] = []

    def build(*_args: object) -> Services:
        builds.append(1)
        raise Unavailable("The embedded store did not start.", "See its log.")

    monkeypatch.setattr(bootstrap, "build", build)
    tab.open()
    assert "did not start" in _failed(tab)
    assert "tries again every 5 seconds" in tab.words
    assert "did not start" in _failed(Console(monkeypatch).open())
    tab.again()
    _ended()
    assert builds == [1]
    _try_again(tab)
    assert builds == [1, 1]


def test_a_filling_that_failed_goes_on(
    monkeypatch: pytest.MonkeyPatch, services: Services, tab: Console
) -> None:
    """The store came up and filling it failed: another try fills it, the store is kept."""
    fillings: list[int] = []

    def fill(*_args: object) -> None:
        fillings.append(1)
        if len(fillings) == 1:
            raise Unavailable("The store is full.", "Make room.")

    with_store = replace(services, embedded=object())
    builds: list[int] = []
    monkeypatch.setattr(bootstrap, "build", lambda *_args: builds.append(1) or with_store)
    monkeypatch.setattr(bootstrap, "fill_once", fill)
    tab.open()
    assert "The store is full." in _failed(tab)
    _try_again(tab)
    assert not tab.app.error
    assert (len(builds), len(fillings)) == (1, 2)


def test_what_nobody_foresaw_is_no_endless_wait(
    tab: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that breaks is said to have; the log has the cause, the page has no traceback."""
    seen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)

    def build(*_args: object) -> Services:
        raise RuntimeError("internal detail")

    monkeypatch.setattr(bootstrap, "build", build)
    tab.open()
    assert "could not start" in _failed(tab)
    assert "internal detail" not in tab.words
    assert seen


def test_a_store_that_fails_in_a_page_is_no_failed_start(
    monkeypatch: pytest.MonkeyPatch, scripted: ScriptedServer
) -> None:
    """Once ready, the console stays so: a page's error has no "Try again" of the start."""

    def down(_layout: Layout, _bucket: Bucket) -> object:
        raise Unavailable("The store cannot be reached.", "Start it.")

    bootstrap.install(replace(own_s3(scripted.url), store_for=down))
    tab = Console(monkeypatch).open()
    assert "startup:again" not in [button.key for button in tab.app.button]
