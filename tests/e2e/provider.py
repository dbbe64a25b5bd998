"""An OpenID provider on this machine, and consoles that people sign in to by it."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import flask
from browser import free_port, settle, streamlit_server
from jinja2 import ChoiceLoader, DictLoader
from oidc_provider_mock import User, app
from playwright.sync_api import Locator, Page, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from werkzeug.serving import make_server

PEOPLE = {
    "ella": {"name": "Ella Editor", "email": "ella@example.org", "groups": ["editors"]},
    "olga": {"name": "Olga Operator", "email": "olga@example.org", "groups": ["operators"]},
    "adam": {"name": "Adam Admin", "email": "adam@example.org", "groups": ["admins"]},
    "both": {"name": "Bo Both", "email": "bo@example.org", "groups": ["editors", "listeners"]},
    "mallory": {"name": "*Mallory* <b>", "email": "m@evil.example", "groups": []},
}
ROLES = {"editors": "editor", "operators": "operator", "admins": "admin", "listeners": "qa"}
# the provider's own pages take their looks from elsewhere, and tests ask nobody elsewhere
_PLAIN = "<!doctype html><title>Provider</title>{% block content %}{% endblock %}"


@dataclass
class Provider:
    """A running provider. `fault` makes it fail: "metadata" or "token" answers nonsense."""

    port: int
    fault: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        # another name than the console's, so that the browser takes it for another site
        return f"http://localhost:{self.port}"

    def fail(self) -> tuple[str, int] | None:
        """What is answered instead, for a request now."""
        path = flask.request.path
        self.asked.append(path)
        if self.fault == "metadata" and path.endswith("/openid-configuration"):
            return "<html>Down for maintenance</html>", 200
        if self.fault == "token" and path == "/oauth2/token":
            return json.dumps({"error": "invalid_client"}), 401
        return None


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider that knows `PEOPLE`, until the block ends."""
    served = app(user_claims=[User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()])
    served.jinja_loader = ChoiceLoader([DictLoader({"_base.html": _PLAIN}), served.jinja_loader])
    server = make_server("localhost", 0, served, threaded=True)
    provider = Provider(server.server_port)
    served.before_request(provider.fail)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@dataclass(frozen=True)
class SignedConsole:
    """A console with a login."""

    url: str
    provider: Provider
    cookie_secret: str
    log: Path
    env: Mapping[str, str]

    def person(self, sub: str) -> str:
        """The id by which the console knows somebody."""
        return f"localhost:{self.provider.port}/{sub}"

    def cookie(self, sub: str, *, age_s: float = 0, secret: str = "") -> dict[str, str]:
        """The session cookie of somebody who signed in `age_s` seconds ago."""
        claims = {
            **PEOPLE[sub],
            "iss": self.provider.url,
            "sub": sub,
            "iat": int(time.time() - age_s),
            "origin": self.url,
            "is_logged_in": True,
            "provider": "default",
        }
        signed = create_signed_value(
            secret or self.cookie_secret, USER_COOKIE_NAME, json.dumps(claims)
        )
        return {"name": USER_COOKIE_NAME, "value": signed.decode(), "url": self.url}


@contextmanager
def signed_console(
    provider: Provider,
    env: Mapping[str, str],
    folder: Path,
    *,
    log: Path,
    script: str = "app.py",
    projects: str = "",
) -> Iterator[SignedConsole]:
    """A console with a login by `provider`, for an hour; its files lie in `folder`. `projects` are
    lines of its config file on them.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    secret = secrets.token_hex(32)
    lines = "".join(
        f'[[login.people]]\ngroup = "{group}"\nroles = ["{role}"]\n'
        for group, role in ROLES.items()
    )
    config = folder / "soundstage.toml"
    config.write_text(
        f'{projects}[login]\npublic_url = "{url}"\nsession_hours = 1\ncontact = "help@example.org"\n{lines}'
    )
    hidden = folder / "secrets.toml"
    hidden.write_text(
        f'[auth]\nredirect_uri = "{url}/oauth2callback"\ncookie_secret = "{secret}"\n'
        f'client_id = "soundstage"\nclient_secret = "client-secret-of-the-test"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
    env = {"STORAGE_CONFIG": str(config), "STORAGE_DATA": str(folder), **env}
    flags = {"secrets.files": str(hidden)}
    with streamlit_server(script, env, log=log, port=port, flags=flags):
        yield SignedConsole(url, provider, secret, log, env)


def way_in(page: Page) -> Locator:
    """The one button of the sign-in page."""
    return page.get_by_role("button", name="Sign in", exact=True)


def sign_in(page: Page, sub: str) -> None:
    """From the sign-in page through the provider, and back to a page at rest."""
    way_in(page).click()
    page.get_by_role("button", name=sub, exact=True).click()
    page.wait_for_url(lambda url: "/oauth2" not in url)
    expect(page.locator(".stApp")).to_be_visible()
    expect(way_in(page)).to_have_count(0)
    settle(page)


def sign_out(page: Page) -> None:
    """By the menu of whoever is signed in, and through the provider's own question."""
    page.locator(".stPopover button").first.click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect(way_in(page)).to_be_visible()
