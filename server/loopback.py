"""Who may knock at all: this machine's own browser, or with a login whoever asks for its address.

Pure rules over an ASGI scope. Without a login a page elsewhere could reach a local port through a
name of its own (DNS rebinding: wrong Host) or straight from its script (wrong Origin,
Sec-Fetch-Site); a machine elsewhere through an open address. With one, a page elsewhere could use
the session of a person who looks at it. `docs/decisions/0004-loopback-without-login.md` and
`0009-login.md` have the reasons.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Scope

from storage.errors import ConfigError

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?")
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HEALTH = "/api/health"

CONFIGURE = (
    "Serving others needs a login (OpenID Connect): [login] in soundstage.toml says who may come "
    "in, [auth] in .streamlit/secrets.toml names the provider; docs/login.md has both."
)
REMEDY = (
    "No login is configured, so the console serves this machine only: open it here as "
    "http://127.0.0.1 with its port. From another machine use a tunnel "
    f"(ssh -L 8501:127.0.0.1:8501 HOST), then the same address there. {CONFIGURE}"
)


@dataclass(frozen=True, slots=True)
class Public:
    """Where a console with a login is served: scheme, host and port as browsers write them."""

    origin: str  # https://console.example.org
    contact: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    @property
    def https(self) -> bool:
        return self.origin.startswith("https:")

    @property
    def here_only(self) -> bool:
        """Whether the address is one of this machine, which another cannot mean."""
        return is_this_machine(self.host)

    @property
    def remedy(self) -> str:
        return f"Open the console as {self.origin}."


def is_this_machine(host: str) -> bool:
    """Whether a Host header, with or without a port, is one of this machine's own names."""
    found = _HOST.fullmatch(host)
    return found is not None and found["name"].lower() in _OWN_NAMES


def refusal(scope: Scope, public: Public | None = None) -> str:
    """Why an "http" or "websocket" scope is refused, "" if it may pass.

    `public` is None without a login.
    """
    if public is None:
        refused = _peer_refusal(scope) or _host_refusal(_values(scope, b"host"))
    else:
        refused = _peer_refusal(scope) if public.here_only else ""
        refused = refused or _public_host_refusal(scope, public)
    return refused or _origin_refusal(scope, public) or _site_refusal(scope)


def address_refusal(address: str | None, public: Public | None = None) -> ConfigError | None:
    """The error for a `server.address` that other machines can reach; None for a loopback one, or
    when those others can sign in.
    """
    if address and (address == "localhost" or _is_loopback(address.strip("[]"))):
        return None
    if public is not None and not public.here_only:
        return None
    what = (
        f"server.address is {address!r}, which other machines can reach."
        if address
        else "server.address is not set, which means every address of this machine."
    )
    if public is None:
        return ConfigError(what, f"Set it to 127.0.0.1. {REMEDY}")
    return ConfigError(
        f"{what} [login] public_url is {public.origin}, which they cannot.",
        "Set it to 127.0.0.1, or public_url to the https address they use.",
    )


def _peer_refusal(scope: Scope) -> str:
    """Both ends of the connection, as the server sees them: a proxy's real client too."""
    for end in ("server", "client"):
        pair: Sequence[Any] | None = scope.get(end)
        if not pair or not _is_loopback(str(pair[0])):
            return "The connection does not come from this machine."
    return ""


def _host_refusal(hosts: Sequence[str]) -> str:
    if len(hosts) != 1:
        return "The request must have exactly one Host header."
    found = _HOST.fullmatch(hosts[0])
    if not found or int(found["port"] or 0) > 65_535:
        return "The Host header is malformed."
    if found["name"].lower() not in _OWN_NAMES:
        return "The Host header names another machine."
    return ""


def _public_host_refusal(scope: Scope, public: Public) -> str:
    hosts = [host.lower() for host in _values(scope, b"host")]
    if hosts == [public.host]:
        return ""
    if scope["type"] == "http" and scope["path"] == _HEALTH and scope["method"] in _READING:
        return ""  # a load balancer asks by the machine's number, and learns nothing of anybody
    return "The request is for another address than this console's."


def _origin_refusal(scope: Scope, public: Public | None) -> str:
    origins = _values(scope, b"origin")
    if not origins:
        if scope["type"] == "http" and (scope["method"] in _READING or _brings_token(scope)):
            return ""
        return "The request must have an Origin header."
    # compared as written: Streamlit's own check then agrees, and never looks up our public address
    own = public.origin if public else _own_origin(scope)
    if origins != [own]:
        return "The request comes from a page of another origin."
    return ""


def _own_origin(scope: Scope) -> str:
    return f"{_SCHEMES[scope['scheme']]}://{_values(scope, b'host')[0]}"


def _brings_token(scope: Scope) -> bool:
    """A program's request with a token of its own: `server/tokens.py` then uses no cookie, so a
    page elsewhere gains nothing by it.
    """
    return is_api(scope) and bool(_values(scope, b"authorization"))


def _site_refusal(scope: Scope) -> str:
    """What the browser itself says of the asking page; other clients do not send it."""
    sites = _values(scope, b"sec-fetch-site")
    if all(site in {"same-origin", "none"} for site in sites):
        return ""
    opens_page = scope["type"] == "http" and _values(scope, b"sec-fetch-mode") == ["navigate"]
    if opens_page and scope["method"] in _READING and not _acts(scope):
        return ""  # a link to the console in a mail or a wiki, or the way back from the provider
    return "The request comes from a page of another site."


def _acts(scope: Scope) -> bool:
    """Whether opening this address does something: ours, and signing in or out."""
    path: str = scope["path"]
    return is_api(scope) or path == "/sign-in" or path.startswith("/auth/")


def is_api(scope: Scope) -> bool:
    """Whether the request is for our own HTTP routes rather than for Streamlit."""
    path: str = scope["path"]
    return path == "/api" or path.startswith("/api/")


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for header, value in scope["headers"] if header == name]


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)  # ::ffff:127.0.0.1 on a dual-stack socket
    return bool((mapped or address).is_loopback)
