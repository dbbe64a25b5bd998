"""A login is whole or the console does not start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server import login_setup
from server.login_setup import check_login, configured_login
from server.loopback import REMEDY
from storage.config import LoginConfig
from storage.errors import ConfigError

PUBLIC = "https://console.example.org"
AUTH: dict[str, Any] = {
    "redirect_uri": f"{PUBLIC}/oauth2callback",
    "cookie_secret": "c0ffee" * 8,
    "client_id": "soundstage",
    "client_secret": "never-shown",
    "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
}
PROVIDER = {name: AUTH[name] for name in ("client_id", "client_secret", "server_metadata_url")}
SHARED = {name: AUTH[name] for name in ("redirect_uri", "cookie_secret")}
LOGIN = LoginConfig(PUBLIC, ())


def option(**values: Any) -> Any:
    """Streamlit's options: those given, `server_address` as "server.address"; a loopback start."""
    known = {"server_address": "127.0.0.1", **values}
    return lambda name: known.get(name.replace(".", "_"))


def test_without_a_login_this_machine_only() -> None:
    """As ever: loopback starts, any other address does not and learns how to make a login."""
    assert check_login(None, {}, option()) is None
    with pytest.raises(ConfigError) as refused:
        check_login(None, {}, option(server_address="0.0.0.0"))
    assert REMEDY in refused.value.remedy
    assert "docs/login.md" in refused.value.remedy


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "192.0.2.7", "", None])
def test_with_a_login_any_address(address: str | None) -> None:
    """Others may come, because they must say who they are."""
    public = check_login(LOGIN, AUTH, option(server_address=address))
    assert public is not None
    assert (public.origin, public.host, public.https) == (PUBLIC, "console.example.org", True)


def test_a_login_on_this_machine_opens_no_address() -> None:
    """Its address means another machine to everybody else."""
    login = LoginConfig("http://127.0.0.1:8501", ())
    auth = {**AUTH, "redirect_uri": login.redirect_uri}
    assert check_login(login, auth, option()) is not None
    with pytest.raises(ConfigError, match=r"server\.address"):
        check_login(login, auth, option(server_address="0.0.0.0"))


@pytest.mark.parametrize(("login", "auth"), [(None, AUTH), (LOGIN, {})])
def test_half_a_login(login: LoginConfig | None, auth: dict[str, Any]) -> None:
    """One file without the other names both, and where to read on; on any address."""
    for address in ("127.0.0.1", "0.0.0.0"):
        with pytest.raises(ConfigError) as refused:
            check_login(login, auth, option(server_address=address))
        assert "[auth]" in refused.value.what
        assert "[login]" in refused.value.what
        assert "docs/login.md" in refused.value.remedy


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"redirect_uri": None}, "redirect_uri"),
        ({"redirect_uri": "https://other.example.org/oauth2callback"}, "redirect_uri"),
        ({"redirect_uri": f"{PUBLIC}/"}, "redirect_uri"),
        ({"cookie_secret": None}, "cookie_secret"),
        ({"cookie_secret": "short"}, "cookie_secret"),
        ({"cookie_secret": 12345678901234567890123456789012}, "cookie_secret"),
        ({"client_secret": None}, "client_secret"),
        ({"client_secret": " "}, "client_secret"),
        ({"server_metadata_url": None}, "server_metadata_url"),
        ({"server_metadata_url": "http://login.example.org/x"}, "not https"),
        ({"server_metadata_url": "http://127.0.0.1:9400/x"}, None),
        ({"client_id": None}, "no provider"),
    ],
)
def test_what_a_provider_needs(changed: dict[str, Any], said: str | None) -> None:
    """Each missing or unsafe value is named, and no secret is repeated."""
    auth = {name: value for name, value in {**AUTH, **changed}.items() if value is not None}
    if said is None:
        check_login(LOGIN, auth, option())
        return
    with pytest.raises(ConfigError) as refused:
        check_login(LOGIN, auth, option())
    told = f"{refused.value.what} {refused.value.remedy}"
    assert said in told
    assert "never-shown" not in told
    assert "short" not in told.replace("too short", "")


def test_several_providers() -> None:
    """Each in a table of its own; each must be whole."""
    check_login(LOGIN, {**SHARED, "google": PROVIDER, "entra": PROVIDER}, option())
    with pytest.raises(ConfigError, match=r"\[auth\.entra\].*client_id"):
        check_login(LOGIN, {**SHARED, "google": PROVIDER, "entra": {}}, option())
    with pytest.raises(ConfigError, match="underscore"):
        check_login(LOGIN, {**SHARED, "my_idp": PROVIDER}, option())


@pytest.mark.parametrize(
    ("public_url", "shown"),
    [
        ("https://c.example.org:443", "https://c.example.org."),
        ("http://localhost:80", "localhost."),
    ],
)
def test_the_port_that_browsers_leave_out(public_url: str, shown: str) -> None:
    """It would never match what a browser sends."""
    login = LoginConfig(public_url, ())
    with pytest.raises(ConfigError) as refused:
        check_login(login, {**AUTH, "redirect_uri": login.redirect_uri}, option())
    assert shown in refused.value.remedy


@pytest.mark.parametrize(
    ("name", "value"),
    [("server_trustedUserHeaders", {"X-User": "sub"}), ("server_baseUrlPath", "console")],
)
def test_options_that_undo_a_login(name: str, value: Any) -> None:
    """A header that says who asks, and addresses the guards do not know, are refused."""
    with pytest.raises(ConfigError, match=name.replace("_", r"\.")):
        check_login(LOGIN, AUTH, option(**{name: value}))


def test_a_config_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it is shown by the page, as ever; never on an open address, nor with a provider."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "soundstage.toml").write_text("[login")
    monkeypatch.setattr(login_setup, "auth_section", dict)
    assert configured_login(option()) is None
    with pytest.raises(ConfigError, match=r"server\.address"):
        configured_login(option(server_address="0.0.0.0"))
    monkeypatch.setattr(login_setup, "auth_section", lambda: AUTH)
    with pytest.raises(ConfigError, match="soundstage"):
        configured_login(option())
