"""Who may come in while there is no login, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from server.loopback import address_refusal, refusal

HOST = "127.0.0.1:8501"
OWN = f"http://{HOST}"


def scope(
    headers: list[tuple[str, str]] | None = None,
    *,
    kind: str = "http",
    method: str = "GET",
    path: str = "/",
    client: Any = ("127.0.0.1", 50_000),
    server: Any = ("127.0.0.1", 8501),
) -> dict[str, Any]:
    """What an ASGI server hands on; by default a person opening the console."""
    pairs = [("host", HOST)] if headers is None else headers
    return {
        "type": kind,
        "scheme": "ws" if kind == "websocket" else "http",
        "method": method,
        "path": path,
        "client": client,
        "server": server,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
    }


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8501", "localhost", "localhost:9", "LOCALHOST:1", "[::1]:8501"]
)
def test_this_machines_names_may_pass(host: str) -> None:
    """Each name of this machine, with any port: a tunnel may use another one."""
    assert refusal(scope([("host", host)])) == ""


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        [HOST, HOST],
        [HOST, "evil.example"],
        ["evil.example"],
        ["evil.example:8501"],
        ["127.0.0.1.evil.example"],
        ["localhost.evil.example"],
        ["evil.localhost"],
        ["localhost."],
        ["127.0.0.2"],
        ["127.1"],
        ["2130706433"],
        ["0.0.0.0:8501"],
        ["[::]:8501"],
        ["::1"],
        ["[::1"],
        ["localhost:"],
        ["localhost:port"],
        ["localhost:99999"],
        ["localhost:8501@evil.example"],
        ["evil.example@localhost"],
        ["localhost/path"],
        ["localhost evil.example"],
        ["localhost,evil.example"],
        ["localhost\u00e9"],
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_any_other_host_is_refused(hosts: list[str], kind: str) -> None:
    """A name that DNS can be made to point here, none, two or garbage: refused, also with the
    Origin such a page would send."""
    headers = [("host", host) for host in hosts]
    headers += [("origin", f"http://{host}") for host in hosts[:1]]
    assert "Host header" in refusal(scope(headers, kind=kind))


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:3000",
        "http://localhost:8501",
        "https://127.0.0.1:8501",
        f"{OWN}/",
        f"{OWN}.evil.example",
        "",
    ],
)
def test_another_origin_is_refused(kind: str, origin: str) -> None:
    """A page of another origin, another port of this machine among them, is refused."""
    assert "another origin" in refusal(scope([("host", HOST), ("origin", origin)], kind=kind))


def test_two_origins_are_refused() -> None:
    """Our own origin beside a second one does not pass."""
    headers = [("host", HOST), ("origin", OWN), ("origin", "http://evil.example")]
    assert "another origin" in refusal(scope(headers))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_no_origin(method: str) -> None:
    """A browser that opens a page sends no Origin."""
    assert refusal(scope(method=method)) == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "ODD"])
def test_writing_needs_our_origin(method: str) -> None:
    """Anything but reading must say that one of our own pages asks."""
    assert "Origin header" in refusal(scope(method=method))
    assert refusal(scope([("host", HOST), ("origin", OWN)], method=method)) == ""


def test_the_websocket_needs_our_origin() -> None:
    """A page drives the console through the websocket, so it must be our own."""
    assert "Origin header" in refusal(scope(kind="websocket"))
    assert refusal(scope([("host", HOST), ("origin", OWN)], kind="websocket")) == ""


@pytest.mark.parametrize(
    ("path", "site", "mode", "passes"),
    [
        ("/api/ui/zip", "same-origin", "navigate", True),
        ("/api/ui/zip", "none", "navigate", True),
        ("/api/ui/zip", "cross-site", "navigate", False),
        ("/api/ui/zip", "same-site", "navigate", False),
        ("/api", "cross-site", "navigate", False),
        ("/api/health", "cross-site", "no-cors", False),
        ("/browse", "cross-site", "navigate", True),
        ("/apiary", "cross-site", "navigate", True),
        ("/media/x.wav", "cross-site", "no-cors", False),
        ("/media/x.wav", "same-site", "no-cors", False),
        ("/static/x.js", "same-origin", "cors", True),
    ],
)
def test_other_sites_may_only_link_to_pages(path: str, site: str, mode: str, passes: bool) -> None:
    """A link elsewhere opens a page; it starts no download and embeds nothing of ours."""
    headers = [("host", HOST), ("sec-fetch-site", site), ("sec-fetch-mode", mode)]
    assert (refusal(scope(headers, path=path)) == "") is passes


def test_a_websocket_of_another_site_is_refused() -> None:
    """Even when it claims our origin."""
    headers = [("host", HOST), ("origin", OWN), ("sec-fetch-site", "cross-site")]
    assert "another site" in refusal(scope(headers, kind="websocket"))


@pytest.mark.parametrize("end", ["client", "server"])
@pytest.mark.parametrize(
    "address", [None, (), ("192.0.2.7", 1), ("2001:db8::1", 1), ("::ffff:192.0.2.7", 1), ("x", 1)]
)
def test_connections_from_elsewhere_are_refused(end: str, address: Any) -> None:
    """Whatever the headers say: an open port, or a proxy that rewrites Host, lets nobody in."""
    assert "this machine" in refusal(scope(**{end: address}))


@pytest.mark.parametrize("address", [("127.8.8.8", 1), ("::1", 1), ("::ffff:127.0.0.1", 1)])
def test_loopback_connections_pass(address: Any) -> None:
    """All loopback addresses, also as IPv6 writes them."""
    assert refusal(scope(client=address, server=address)) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.5"])
def test_the_console_starts_on_loopback(address: str) -> None:
    """Nothing to say about an address only this machine reaches."""
    assert address_refusal(address) is None


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.0.2.7", "console.example"])
def test_an_open_address_is_refused_with_a_remedy(address: str | None) -> None:
    """The error names the option, what to set, and what serving others would need."""
    error = address_refusal(address)
    assert error is not None
    assert "server.address" in error.what
    assert "127.0.0.1" in error.remedy
    assert "login" in error.remedy
