"""Without a login the console has all roles, so it answers this machine's own browser only.

Pure rules over an ASGI scope. A page elsewhere could reach a local port through a name of its own
(DNS rebinding: wrong Host) or straight from its script (wrong Origin, Sec-Fetch-Site); a machine
elsewhere through an open address. `docs/decisions/0004-loopback-without-login.md` has the reasons.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

from starlette.types import Scope

from storage.errors import ConfigError

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?")
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})

REMEDY = (
    "No login is configured, so the console serves this machine only: open it here as "
    "http://127.0.0.1 with its port. From another machine use a tunnel "
    "(ssh -L 8501:127.0.0.1:8501 HOST), then the same address there. Serving others needs a "
    "login (OpenID Connect, [auth] in .streamlit/secrets.toml), which this version does not "
    "have yet."
)


def allowed_hosts() -> frozenset[str]:
    """The names the console answers to. The one place to extend once there is a login."""
    return frozenset({"127.0.0.1", "localhost", "[::1]"})


def refusal(scope: Scope) -> str:
    """Why an "http" or "websocket" scope is refused, "" if it may pass."""
    return (
        _peer_refusal(scope)
        or _host_refusal(_values(scope, b"host"))
        or _origin_refusal(scope)
        or _site_refusal(scope)
    )


def address_refusal(address: str | None) -> ConfigError | None:
    """The error for a `server.address` that other machines can reach; None for a loopback one."""
    if address and (address == "localhost" or _is_loopback(address.strip("[]"))):
        return None
    what = (
        f"server.address is {address!r}, which other machines can reach."
        if address
        else "server.address is not set, which means every address of this machine."
    )
    return ConfigError(what, f"Set it to 127.0.0.1. {REMEDY}")


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
    if found["name"].lower() not in allowed_hosts():
        return "The Host header names another machine."
    return ""


def _origin_refusal(scope: Scope) -> str:
    origins = _values(scope, b"origin")
    if not origins:
        if scope["type"] == "http" and scope["method"] in _READING:
            return ""
        return "The request must have an Origin header."
    # compared as written: Streamlit's own check then agrees, and never looks up our public address
    own = f"{_SCHEMES[scope['scheme']]}://{_values(scope, b'host')[0]}"
    if origins != [own]:
        return "The request comes from a page of another origin."
    return ""


def _site_refusal(scope: Scope) -> str:
    """What the browser itself says of the asking page; other clients do not send it."""
    sites = _values(scope, b"sec-fetch-site")
    if all(site in {"same-origin", "none"} for site in sites):
        return ""
    opens_page = scope["type"] == "http" and _values(scope, b"sec-fetch-mode") == ["navigate"]
    if opens_page and not is_api(scope):
        return ""  # a link to the console in a mail or a wiki
    return "The request comes from a page of another site."


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
