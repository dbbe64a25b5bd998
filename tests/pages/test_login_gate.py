"""The gate of every run: who is let in, what others see, and what the page says of itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from page_rig import Console, own_s3

from storage import bootstrap
from storage.bootstrap import Services
from storage.errors import StorageError
from storage.model.people import Role, local_actor
from storage.s3.client import Store
from ui import login

CONFIG = """
[login]
public_url = "https://console.example.org"
session_hours = 1
contact = "help@example.org"
[[login.people]]
group = "editors"
roles = ["editor"]
[[login.people]]
group = "listeners"
roles = ["qa"]
[[login.people]]
group = "admins"
roles = ["admin"]
"""
NOBODY = {"is_logged_in": False}
ADMIN = local_actor(frozenset({Role.ADMIN}))


def signed_in(*groups: str, age_s: float = 5, name: str = "Ella") -> dict[str, Any]:
    """The claims of somebody in `groups` who signed in `age_s` seconds ago."""
    return {
        "is_logged_in": True,
        "iss": "https://login.example.org",
        "sub": "ella",
        "name": name,
        "groups": list(groups),
        "iat": int(time.time() - age_s),
    }


@pytest.fixture
def signed(stocked: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Services:
    """Services with a login, in use by the process."""
    (tmp_path / "soundstage.toml").write_text(CONFIG)
    services = own_s3(stocked.connection.endpoint_url)
    bootstrap.install(services)
    return services


@pytest.fixture
def tab(signed: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Console]:
    """`tab(claims, **address)`: a tab of that person, opened at an address."""

    def opened(claims: dict[str, Any], **address: str) -> Console:
        console = Console(monkeypatch)
        console.app.user = claims
        console.app.secrets["auth"] = {"client_id": "soundstage"}
        for name, value in address.items():
            console.app.query_params[name] = value
        return console.again()

    return opened


def keys(console: Console) -> set[str | None]:
    """The keys of the buttons on the page."""
    return {button.key for button in console.app.button}


def test_nobody_sees_the_sign_in_and_nothing_else(tab: Callable[..., Console]) -> None:
    """No request to the store, no menu, one button."""
    console = tab(NOBODY, project="ssi", bucket="stage", at="mastered/2.txt")
    assert keys(console) == {"login:default"}
    assert login.SENTENCE in console.words
    assert console.requests == []
    assert console.shown == set()
    assert {page["page_name"] for page in console.app._registered_pages.values()} == {""}
    assert "mastered" not in console.words


def test_a_sign_in_needs_no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody learns how far the start is, or why it failed."""
    failed = SimpleNamespace(state="failed", error=StorageError("The secret cause.", ""))
    monkeypatch.setattr(bootstrap, "status", lambda: failed)
    console = Console(monkeypatch)
    console.app.user = NOBODY
    console.app.secrets["auth"] = {"client_id": "soundstage"}
    assert keys(console.again()) == {"login:default"}
    console.app.user = signed_in("editors")
    console.again()
    assert "could not start" in console.words
    assert "The secret cause" not in console.words


def test_the_way_in_keeps_the_page(
    tab: Callable[..., Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address of the tab goes along, without how the last attempt ended."""
    went: list[str] = []
    monkeypatch.setattr(login, "_go", lambda *, data, key: went.append(data["url"]))
    console = tab(NOBODY, project="ssi", at="a&b=ü", **{"sign-in": "denied"})
    assert "was not completed" in console.words
    console.press("login:default")
    assert went == [
        "/sign-in?provider=default&next=%2F%3Fproject%3Dssi%26at%3Da%2526b%253D%25C3%25BC"
    ]


def test_several_ways_in(tab: Callable[..., Console]) -> None:
    """A button for each provider, and the first is the one that stands out."""
    console = tab(NOBODY)
    console.app.secrets["auth"] = {"google": {"client_id": "a"}, "entra": {"client_id": "b"}}
    console.again()
    ways = [button for button in console.app.button if str(button.key).startswith("login:")]
    assert [button.label for button in ways] == ["Sign in with Google", "Sign in with Entra"]
    assert [button.proto.type for button in ways] == ["primary", "secondary"]


def test_somebody_with_a_role_comes_in(tab: Callable[..., Console]) -> None:
    """With their own work, their name, a way out, and no word of a console without a login."""
    console = tab(signed_in("editors"), **{"as": "admin", "sign-in": "stale"})
    assert set(console.cards("people")) == {"Content editor"}
    assert "gate:out" in keys(console)
    assert "Ella" in console.words
    assert "Nobody signs in here" not in console.words
    assert "That sign-in was used" not in console.words
    assert "sign-in" not in console.app.query_params
    assert not console.app.selectbox(key="session:project:ssi").disabled
    assert all(box.key != "gate:view-as" for box in console.app.selectbox)


def test_several_roles_can_be_looked_at_one_by_one(tab: Callable[..., Console]) -> None:
    """Only one's own: "View as" takes roles away and never gives one."""
    claims = signed_in("editors", "listeners")
    assert set(tab(claims).cards("people")) == {"Content editor", "QA listener"}
    assert set(tab(claims, **{"as": "qa"}).cards("people")) == {"QA listener"}
    foreign = tab(claims, **{"as": "operator"})
    assert set(foreign.cards("people")) == {"Content editor", "QA listener"}
    options = foreign.app.selectbox(key="gate:view-as").options
    assert not any("Operator" in option or "Admin" in option for option in options)


def test_somebody_unknown(tab: Callable[..., Console]) -> None:
    """Told who they are here, letter by letter; nothing is asked of the store."""
    console = tab(signed_in("strangers", name="*Mallory* [x](http://evil.example)"))
    assert "*Mallory* [x](http://evil.example)" in console.app.text[0].value
    assert "help@example.org" in console.words
    assert "login.example.org/ella" in console.words
    assert keys(console) == {"login:other"}
    assert console.requests == []


@pytest.mark.parametrize(
    "claims",
    [
        signed_in("editors", age_s=3_601),
        {"is_logged_in": True},
        {**signed_in("editors"), "iat": "soon"},
        {**signed_in("editors"), "sub": ""},
        {**signed_in("editors"), "is_logged_in": "yes"},
    ],
)
def test_a_session_that_is_none(tab: Callable[..., Console], claims: dict[str, Any]) -> None:
    """Too old, or with claims that say not who or since when: the sign-in, and why."""
    console = tab(claims)
    assert "login:default" in keys(console)
    assert "gate:out" not in keys(console)
    assert console.requests == []


def test_a_revocation_ends_the_tab(tab: Callable[..., Console], signed: Services) -> None:
    """With its next run; and the tab stays at the sign-in."""
    console = tab(signed_in("editors"))
    signed.users.revoke(ADMIN, "login.example.org/ella", "left")
    console.again()
    assert "was ended by an admin" in console.words
    assert "login:default" in keys(console)
    assert console.shown == set()
    console.again()
    assert "login:default" in keys(console)


def test_a_login_that_came_later(tab: Callable[..., Console]) -> None:
    """Configured while the console runs: nobody is taken for the local person."""
    console = tab({})
    assert "The login was changed while the console runs" in console.words
    assert console.requests == []


def test_a_login_that_is_taken_away(tab: Callable[..., Console], signed: Services) -> None:
    """From both files, and the services built anew: still nobody is the local person."""
    console = tab(NOBODY)
    bootstrap.install(replace(signed, login=None))
    console.app.user = {}
    console.again()
    assert "The login was changed while the console runs" in console.words
    assert console.requests == []


def test_without_a_login_every_page_says_so(console: Console) -> None:
    """The banner of a console that takes whoever opens it."""
    assert "Nobody signs in here" in console.open("home").words
    assert "Nobody signs in here" in console.open("browse").words
    assert "gate:out" not in keys(console)


def test_reading_only_is_said_with_who_and_why(installed: Services, console: Console) -> None:
    """On every page, as text."""
    assert "Reading only" not in console.open("home").words
    installed.switches.set_read_only(ADMIN, "moving house [x](http://evil.example)")
    for page in ("home", "browse"):
        words = console.open(page).words
        assert "Reading only" in words
        assert f"{ADMIN.name}: moving house [x](http://evil.example)" in words
