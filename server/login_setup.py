"""Whether a login is configured, and whole: asked once, before the server answers anybody.

Two files make a login: `[login]` in soundstage.toml (who may come in) and `[auth]` in Streamlit's
secrets (the provider). One without the other would be a console that nobody can enter or that
everybody can, so the start is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from server.loopback import Public, address_refusal, is_this_machine
from server.tokens import auth_section
from storage.config import LoginConfig
from storage.configuration import configure
from storage.errors import ConfigError
from storage.people.providers import DEFAULT, providers
from storage.settings import environment

_SECRETS = ".streamlit/secrets.toml (of this folder or of your home folder)"
_SEE = "docs/login.md has both, ready to copy."
_PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
_COOKIE_SECRET_CHARS = 32  # 16 random bytes in hex
_DEFAULT_PORTS = {"http": 80, "https": 443}


def configured_login(option: Callable[[str], Any]) -> Public | None:
    """As `check_login`, of the files as they are now. `option` reads a Streamlit option.

    A config file that cannot be read has no login as far as anybody knows: the console may then
    say what is wrong with it, but on this machine only, and only while no provider is named.
    """
    auth = auth_section()
    try:
        login = configure(environment()).config.login
    except ConfigError:
        if auth:
            raise
        login = None
    return check_login(login, auth, option)


def check_login(
    login: LoginConfig | None, auth: Mapping[str, Any], option: Callable[[str], Any]
) -> Public | None:
    """Where the console is served with its login; None without one, for this machine only.

    Pure. `auth` is `[auth]` of the secrets, `option` reads a Streamlit option. Raises ConfigError
    when the login is incomplete, or the console would be open to others without one.
    """
    public = _public(login, auth, option)
    refused = address_refusal(option("server.address"), public)
    if refused is not None:
        raise refused
    return public


def _public(
    login: LoginConfig | None, auth: Mapping[str, Any], option: Callable[[str], Any]
) -> Public | None:
    if login is None and not auth:
        return None
    if login is None:
        raise ConfigError(
            f"{_SECRETS} has [auth], but soundstage.toml has no [login]: nobody could come in.",
            f"Say in [login] who may, and as what; or take [auth] out. {_SEE}",
        )
    if not auth:
        raise ConfigError(
            f"soundstage.toml has [login], but {_SECRETS} has no [auth]: nobody could sign in.",
            f"Name the provider there; or take [login] out. {_SEE}",
        )
    public = Public(login.public_url, login.contact)
    _check_address(public)
    _check_auth(auth, login)
    _check_options(option)
    return public


def _check_address(public: Public) -> None:
    parts = urlsplit(public.origin)
    if parts.port is not None and parts.port == _DEFAULT_PORTS[parts.scheme]:
        # browsers leave it out, and no request would seem to be for this console
        raise ConfigError(
            f"[login] public_url {public.origin} names the port that {parts.scheme} has anyway.",
            f"Write {parts.scheme}://{public.host.rpartition(':')[0]}.",
        )


def _check_auth(auth: Mapping[str, Any], login: LoginConfig) -> None:
    if auth.get("redirect_uri") != login.redirect_uri:
        raise ConfigError(
            f"redirect_uri in [auth] of {_SECRETS} does not fit [login] public_url.",
            f'Set it to "{login.redirect_uri}", and register the same at the provider.',
        )
    secret = auth.get("cookie_secret")
    if not isinstance(secret, str) or len(secret) < _COOKIE_SECRET_CHARS:
        raise ConfigError(
            f"cookie_secret in [auth] of {_SECRETS} is missing or too short: whoever guesses it "
            "is anybody here.",
            'Make one with: python -c "import secrets; print(secrets.token_hex(32))"',
        )
    names = providers(auth)
    if not names:
        raise ConfigError(
            f"[auth] in {_SECRETS} names no provider.", f"Add {', '.join(_PROVIDER_KEYS)}. {_SEE}"
        )
    for name in names:
        _check_provider(name, auth if name == DEFAULT else auth[name])


def _check_provider(name: str, values: Mapping[str, Any]) -> None:
    table = "[auth]" if name == DEFAULT else f"[auth.{name}]"
    if "_" in name:
        raise ConfigError(f"{table} has an underscore in its name.", "Take another name.")
    for key in _PROVIDER_KEYS:
        if not isinstance(values.get(key), str) or not values[key].strip():
            raise ConfigError(
                f"{table} in {_SECRETS} lacks {key}.", f"The provider shows it to you. {_SEE}"
            )
    address = urlsplit(values["server_metadata_url"])
    if address.scheme != "https" and not is_this_machine(address.netloc):
        raise ConfigError(
            f"server_metadata_url in {table} is not https, so anybody on the way could sign in as "
            "anybody.",
            "Write the provider's https address, ending in /.well-known/openid-configuration.",
        )


def _check_options(option: Callable[[str], Any]) -> None:
    if option("server.trustedUserHeaders"):
        raise ConfigError(
            "server.trustedUserHeaders is set: a header of a request would say who asks.",
            "Take it out of .streamlit/config.toml; the login says who asks.",
        )
    if option("server.baseUrlPath"):
        raise ConfigError(
            "server.baseUrlPath is set, and other pages of that host could act for people here.",
            "Give the console a host name of its own and take the option out.",
        )
