"""Documentation that is made from the code is the code's."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from storage.config import load_config
from storage.people.providers import providers
from tools.make_docs import PERMISSIONS, SETTINGS, permissions_page, settings_page


def test_every_setting_is_documented() -> None:
    """docs/settings.md names every variable the console reads, with default and meaning."""
    assert SETTINGS.read_text(encoding="utf-8") == settings_page(), "run python -m tools.make_docs"


def test_every_permission_is_documented() -> None:
    """docs/permissions.md says what each role may do in each bucket, and on the console."""
    page = PERMISSIONS.read_text(encoding="utf-8")
    assert page == permissions_page(), "run python -m tools.make_docs"


LOGIN = SETTINGS.with_name("login.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?ms)^( *)```toml\n(.*?)^ *```", LOGIN)
EXAMPLE = SETTINGS.parents[1] / ".streamlit" / "secrets.toml.example"


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_what_the_page_on_signing_in_shows_can_be_copied(number: int, tmp_path: Path) -> None:
    """Each table of roles loads, and each provider has what a sign-in needs."""
    indent, block = BLOCKS[number]
    text = re.sub(f"(?m)^{indent}", "", block)
    if "[login]" in text:
        (tmp_path / "soundstage.toml").write_text(text, encoding="utf-8")
        login = load_config(tmp_path / "soundstage.toml").login
        assert login
        assert login.redirect_uri in LOGIN
    else:
        auth = tomllib.loads(text)["auth"]
        assert providers(auth) == ["default"]
        assert auth["redirect_uri"] == "https://console.example.org/oauth2callback"


def test_the_example_of_the_secrets_has_every_field_and_no_secret() -> None:
    """Two providers, each whole; what is secret is left empty."""
    auth = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))["auth"]
    assert providers(auth) == ["google", "microsoft"]
    assert auth["redirect_uri"] == "https://console.example.org/oauth2callback"
    assert auth["cookie_secret"] == ""
    for name in providers(auth):
        assert auth[name]["client_secret"] == ""
        assert auth[name]["client_id"]
        assert auth[name]["server_metadata_url"].endswith("/.well-known/openid-configuration")
