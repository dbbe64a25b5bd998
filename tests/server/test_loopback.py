"""Who may knock, without and with a login, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from server.loopback import Public, address_refusal, is_this_machine, refusal

HOST = "127.0.0.1:8501"
OWN = f"http://{HOST}"
PUBLIC = Public("https://console.example.org")
HERE = Public("http://127.0.0.1:8501")
ELSEWHERE = {"client": ("192.0.2.7", 50_000), "server": ("192.0.2.1", 8501)}


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


# -- with a login -------------------------------------------------------------------------------


def public_scope(*headers: tuple[str, str], **facts: Any) -> dict[str, Any]:
    """A request for the public address, from another machine, through a proxy that ends https."""
    return scope([("host", "console.example.org"), *headers], **{**ELSEWHERE, **facts})


def test_with_a_login_others_may_come() -> None:
    """To the public address, as browsers write it; the websocket from our own pages."""
    assert refusal(public_scope(), PUBLIC) == ""
    assert refusal(scope([("host", "Console.Example.ORG")], **ELSEWHERE), PUBLIC) == ""
    own = ("origin", PUBLIC.origin)
    assert refusal(public_scope(own, kind="websocket"), PUBLIC) == ""
    assert refusal(public_scope(own, method="POST"), PUBLIC) == ""


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        ["evil.example"],
        ["console.example.org", "console.example.org"],
        ["console.example.org:8501"],
        ["console.example.org."],
        ["console.example.org.evil.example"],
        ["evil@console.example.org"],
        ["192.0.2.1"],
        ["127.0.0.1:8501"],
        ["localhost"],
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_with_a_login_one_host_is_answered(hosts: list[str], kind: str) -> None:
    """Cookies and links are for that one; this machine's own names are others."""
    headers = [("host", host) for host in hosts] + [("origin", PUBLIC.origin)]
    assert "another address" in refusal(scope(headers, kind=kind, **ELSEWHERE), PUBLIC)


def test_health_is_answered_for_any_host() -> None:
    """A load balancer asks by number; it may ask for nothing else, and send nothing."""
    by_number = [("host", "192.0.2.1:8501")]
    assert refusal(scope(by_number, path="/api/health", **ELSEWHERE), PUBLIC) == ""
    for facts in ({"method": "POST"}, {"path": "/api/healthy"}, {"kind": "websocket"}):
        asked = scope(by_number, **{"path": "/api/health", **ELSEWHERE, **facts})
        assert refusal(asked, PUBLIC) != ""


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://console.example.org",
        "https://console.example.org:8443",
        "https://evil.example",
        "https://console.example.org.evil.example",
        "https://CONSOLE.example.org",
        "https://127.0.0.1:8501",
    ],
)
def test_with_a_login_another_origin_is_refused(kind: str, origin: str) -> None:
    """The page without encryption is another origin too."""
    asked = public_scope(("origin", origin), kind=kind)
    assert "another origin" in refusal(asked, PUBLIC)


def test_a_program_with_a_token_needs_no_origin() -> None:
    """For our own routes alone: elsewhere the header means nothing, and a cookie might count."""
    token = ("authorization", "Bearer sst_x")
    assert refusal(public_scope(token, method="POST", path="/api/ui/clip"), PUBLIC) == ""
    for path in ("/_stcore/upload_file/s/f", "/apiary", "/"):
        assert "Origin" in refusal(public_scope(token, method="POST", path=path), PUBLIC)
    assert "Origin" in refusal(public_scope(token, kind="websocket", path="/api/x"), PUBLIC)
    assert "Origin" in refusal(public_scope(method="POST", path="/api/ui/clip"), PUBLIC)
    foreign = public_scope(token, ("origin", "https://evil.example"), method="POST", path="/api/x")
    assert "another origin" in refusal(foreign, PUBLIC)


@pytest.mark.parametrize(
    ("path", "method", "passes"),
    [
        ("/browse", "GET", True),
        ("/oauth2callback", "GET", True),
        ("/browse", "POST", False),
        ("/sign-in", "GET", False),
        ("/auth/login", "GET", False),
        ("/auth/logout", "GET", False),
        ("/api/ui/zip", "GET", False),
    ],
)
def test_other_sites_start_nothing(path: str, method: str, passes: bool) -> None:
    """A link opens a page and the provider leads back; nothing signs in or out or downloads."""
    headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]
    asked = public_scope(("origin", PUBLIC.origin), *headers, path=path, method=method)
    assert (refusal(asked, PUBLIC) == "") is passes


def test_a_login_of_this_machine_lets_no_other_in() -> None:
    """Its address is a name that every machine has for itself."""
    assert refusal(scope(), HERE) == ""
    assert "this machine" in refusal(scope(**ELSEWHERE), HERE)
    assert address_refusal("0.0.0.0", HERE) is not None
    assert address_refusal("0.0.0.0", PUBLIC) is None
    assert address_refusal(None, PUBLIC) is None


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1:8501", True),
        ("[::1]:1", True),
        ("", False),
        ("127.0.0.1.evil.example", False),
        ("localhost:8501@evil.example", False),
        ("console.example.org", False),
    ],
)
def test_names_of_this_machine(host: str, here: bool) -> None:
    """Those that no other machine can be reached by."""
    assert is_this_machine(host) is here
