"""Who makes a request: by the session cookie, by an API token, never by both."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from loops import run_async
from starlette.requests import HTTPConnection
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from server import tokens
from storage import bootstrap
from storage.audit.log import open_audit
from storage.config import LoginConfig, RoleLine
from storage.db.engine import open_database
from storage.db.people import People
from storage.db.tokens import Tokens
from storage.errors import AccessDenied, NotSignedIn
from storage.model.people import Actor, Role
from storage.people.login import Login
from storage.sessions import Sessions
from storage.settings import Secret

PUBLIC = "https://console.example.org"
SECRET = "c0ffee" * 8
ELLA = {
    "iss": "https://login.example.org",
    "sub": "ella",
    "name": "Ella",
    "groups": ["editors"],
    "origin": PUBLIC,
    "is_logged_in": True,
    "provider": "default",
}
OWNER = Actor("login.example.org/adam", "Adam", frozenset({Role.ADMIN}), "token")


class Keyring:
    """Knows one token; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def actor_of(self, secret: str, *, address: str, request_id: str) -> Actor:
        self.asked.append(secret)
        if secret != "sst_right":
            raise NotSignedIn("This API token is not valid.", "Ask an admin for a new one.")
        return OWNER


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    auth = {"redirect_uri": f"{PUBLIC}/oauth2callback", "cookie_secret": SECRET}
    monkeypatch.setattr(secrets_singleton, "_secrets", {"auth": auth})


@pytest.fixture
def services(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A login over a real database, and one API token."""
    clock = lambda: datetime.now(UTC)  # noqa: E731
    database = open_database(tmp_path / "console.db")
    people = People(database)
    sessions = Sessions(people, Tokens(database), clock)
    audit = open_audit(database, tmp_path, Secret(""), clock, [])
    config = LoginConfig(
        PUBLIC, (RoleLine("claim", "editors", frozenset({Role.EDITOR}), "groups"),), 1
    )
    made = SimpleNamespace(
        login=Login(config, people, sessions, audit, clock),
        tokens=Keyring(),
        sessions=sessions,
        people=people,
        close=database.close,
    )
    bootstrap.install(made)  # type: ignore[arg-type]
    yield made
    bootstrap.close()


def cookie(
    claims: dict[str, Any], *, age_s: float = 5, secret: str = SECRET, name: str = USER_COOKIE_NAME
) -> str:
    """A session cookie as Streamlit makes it."""
    text = json.dumps({"iat": int(time.time() - age_s), **claims})
    return create_signed_value(secret, name, text).decode()


def request(*headers: tuple[str, str]) -> HTTPConnection:
    return HTTPConnection(
        {
            "type": "http",
            "client": ("192.0.2.7", 50_000),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
            "state": {"request_id": "r-1"},
        }
    )


def asking(*headers: tuple[str, str]) -> Actor:
    """Who `tokens.actor_of` says it is."""
    return run_async(tokens.actor_of, request(*headers))


def with_cookie(value: str, name: str = USER_COOKIE_NAME) -> tuple[str, str]:
    return ("cookie", f"other=1; {name}={value}")


def test_the_session_cookie(services: SimpleNamespace) -> None:
    """Its person, with the roles they have now, where they are and which request it is."""
    actor = asking(with_cookie(cookie(ELLA)))
    assert (actor.id, actor.roles) == ("login.example.org/ella", {Role.EDITOR})
    assert (actor.via, actor.address, actor.request_id) == ("session", "192.0.2.7", "r-1")
    assert actor.session is not None


def test_a_cookie_in_pieces(services: SimpleNamespace) -> None:
    """Streamlit splits what is too long for one."""
    text = json.dumps({"iat": int(time.time()), **ELLA})
    pieces = {
        USER_COOKIE_NAME: "chunks-2",
        f"{USER_COOKIE_NAME}_1": text[:50],
        f"{USER_COOKIE_NAME}_2": text[50:],
    }
    signed = {name: create_signed_value(SECRET, name, value) for name, value in pieces.items()}
    line = "; ".join(f"{name}={value.decode()}" for name, value in signed.items())
    assert asking(("cookie", line)).name == "Ella"
    with pytest.raises(NotSignedIn):
        asking(("cookie", line.rpartition(";")[0]))


def _tampered() -> str:
    whole = cookie(ELLA)
    middle = len(whole) // 3
    return whole[:middle] + ("A" if whole[middle] != "A" else "B") + whole[middle + 1 :]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "\u00e9",
        _tampered(),
        cookie(ELLA, secret="0" * 48),
        cookie(ELLA, name="_streamlit_user_tokens"),
        cookie({**ELLA, "origin": "https://other.example.org"}),
        cookie({**ELLA, "origin": None}),
        cookie({**ELLA, "is_logged_in": False}),
        cookie({**ELLA, "is_logged_in": "true"}),
        cookie({**ELLA, "sub": None}),
        cookie(ELLA, age_s=3_600),
        cookie(ELLA, age_s=-3_600),
        create_signed_value(SECRET, USER_COOKIE_NAME, "[]").decode(),
        create_signed_value(SECRET, USER_COOKIE_NAME, "{").decode(),
        create_signed_value(SECRET, USER_COOKIE_NAME, "chunks-3").decode(),
    ],
    ids=lambda _value: "cookie",  # what is signed holds the time, another one in each worker
)
def test_a_cookie_that_counts_for_nothing(services: SimpleNamespace, value: str) -> None:
    """Changed, of another secret, cookie or site, of nobody, too old, from the future."""
    with pytest.raises(NotSignedIn):
        asking(with_cookie(value))


def test_nobody_is_told_how_to_become_somebody(services: SimpleNamespace) -> None:
    """Without any cookie: no word of claims that nobody sent."""
    with pytest.raises(NotSignedIn, match="Nobody is signed in") as refused:
        asking()
    assert "API token" in refused.value.remedy


def test_a_session_that_was_ended(services: SimpleNamespace) -> None:
    """Signed out or revoked: the same cookie counts no more."""
    held = with_cookie(cookie(ELLA))
    services.sessions.end(asking(held))
    with pytest.raises(NotSignedIn, match="signed out"):
        asking(held)
    services.people.revoke("login.example.org/ella", datetime.now(UTC) + timedelta(seconds=1))
    with pytest.raises(NotSignedIn, match="admin"):
        asking(held)


def test_a_person_without_a_role(services: SimpleNamespace) -> None:
    """Signed in and yet nobody here."""
    with pytest.raises(AccessDenied, match="nobody gave you a role"):
        asking(with_cookie(cookie({**ELLA, "groups": []})))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_an_api_token(services: SimpleNamespace, scheme: str) -> None:
    """It acts for its owner, also where a cookie of somebody else comes along."""
    sent = ("authorization", f"{scheme} sst_right")
    services.sessions = SimpleNamespace(check=lambda _actor: None)
    assert asking(sent) == OWNER
    assert asking(with_cookie(cookie(ELLA)), sent) == OWNER


@pytest.mark.parametrize(
    "values",
    [
        ["Bearer sst_wrong"],
        ["Bearer"],
        [""],
        ["Basic dXNlcjpwYXNz"],
        ["sst_right"],
        ["Bearer sst_right", "Bearer sst_right"],
        ["Bearer \u00e9"],
    ],
)
def test_a_token_that_counts_for_nothing(services: SimpleNamespace, values: list[str]) -> None:
    """And then the cookie beside it is not looked at: it would come without an Origin."""
    sent = [("authorization", value) for value in values]
    with pytest.raises(NotSignedIn):
        asking(with_cookie(cookie(ELLA)), *sent)


def test_without_a_login_this_machine_is_somebody(services: SimpleNamespace) -> None:
    """The local person; but not for a host that others can ask for."""
    services.login = None
    assert asking(("host", "127.0.0.1:8501")).via == "local"
    for host in ("console.example.org", "", "evil.localhost"):
        with pytest.raises(NotSignedIn):
            asking(("host", host))


def test_without_a_login_a_cookie_counts_for_nothing(services: SimpleNamespace) -> None:
    """And no secret of Streamlit's, which it makes up itself then, is ever asked."""
    secrets_singleton._secrets = {}
    assert tokens.session_claims(request(with_cookie(cookie(ELLA)))) == {}
