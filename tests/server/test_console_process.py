"""A real `streamlit run app.py`: the gate, the headers and the start as anyone meets them."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from consoles import FAKE_STORE, Console
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from server.headers import FIXED_HEADERS

WEBSOCKET = "/_stcore/stream"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "streamlit",
}


def ask(
    port: int, path: str, headers: list[tuple[str, str]], *, method: str = "GET"
) -> http.client.HTTPResponse:
    """One request with exactly these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    if answer.status != 101:
        answer.read()
    connection.close()
    return answer


# -- who may come in ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (["127.0.0.1:{port}"], 200),
        (["localhost:{port}"], 200),
        (["localhost"], 200),
        (["evil.example:{port}"], 403),
        (["192.0.2.7"], 403),
        (["127.0.0.1:{port}", "evil.example"], {400, 403}),
        ([], {400, 403}),
    ],
)
@pytest.mark.parametrize("path", ["/", "/browse", "/_stcore/health", "/api/health"])
def test_hosts(console: Console, path: str, hosts: list[str], status: int | set[int]) -> None:
    """A page that DNS rebinding points at this port gets nothing, not even Streamlit's own."""
    answer = ask(console.port, path, [("Host", host.format(port=console.port)) for host in hosts])
    assert answer.status in (status if isinstance(status, set) else {status})


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", 101),
        ("localhost:{port}", "http://localhost:{port}", 101),
        ("127.0.0.1:{port}", None, 403),
        ("127.0.0.1:{port}", "null", 403),
        ("127.0.0.1:{port}", "http://evil.example", 403),
        ("127.0.0.1:{port}", "http://127.0.0.1:3000", 403),
        ("127.0.0.1:{port}", "http://localhost:{port}", 403),
        ("evil.example:{port}", "http://evil.example:{port}", 403),
        ("evil.example:{port}", "http://127.0.0.1:{port}", 403),
    ],
)
def test_websocket(console: Console, host: str, origin: str | None, status: int) -> None:
    """The websocket drives the console: our own pages alone may open it."""
    headers = [("Host", host.format(port=console.port)), *UPGRADE.items()]
    if origin is not None:
        headers.append(("Origin", origin.format(port=console.port)))
    assert ask(console.port, WEBSOCKET, headers).status == status


def test_a_proxy_on_this_machine_lets_nobody_in(console: Console) -> None:
    """A reverse proxy that rewrites Host still says whom it asks for."""
    headers = [("Host", "127.0.0.1"), ("X-Forwarded-For", "192.0.2.7")]
    assert ask(console.port, "/", headers).status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_writing_from_elsewhere(console: Console, method: str) -> None:
    """A form or script of another page changes nothing, on Streamlit's addresses too."""
    host = ("Host", f"127.0.0.1:{console.port}")
    for path in ("/api/ui/clip", "/_stcore/upload_file/session/file"):
        for origin in ([], [("Origin", "http://evil.example")]):
            assert ask(console.port, path, [host, *origin], method=method).status == 403


# -- headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/browse?prefix=x", 200),
        ("/browse/", 301),
        ("/favicon.png", 200),
        ("/static/js/none.js", 200),
        ("/_stcore/health", 200),
        ("/_stcore/host-config", 200),
        ("/media/none.wav", 404),
        ("/api/health", 200),
        ("/api/nope", 404),
        ("/..%2f..%2fetc/passwd", 400),
        ("//evil.example/x", 400),
    ],
)
def test_every_response_carries_the_headers(console: Console, path: str, status: int) -> None:
    """Streamlit's pages, files, redirects and errors as well as ours."""
    answer = ask(console.port, path, [("Host", "127.0.0.1")])
    assert answer.status == status
    for name, value in FIXED_HEADERS.items():
        assert answer.headers.get_all(name) == [value]
    policy = answer.headers.get_all("Content-Security-Policy")
    assert policy is not None
    assert len(policy) == 1
    assert "media-src 'self' http://127.0.0.1:9 blob:;" in policy[0]


def test_no_page_of_another_origin_may_read_answers(console: Console) -> None:
    """No CORS header is given to anyone."""
    answer = ask(console.port, "/_stcore/health", [("Host", "127.0.0.1")])
    assert answer.headers["Access-Control-Allow-Origin"] is None


# -- the gate -----------------------------------------------------------------------------------


def first_run(port: int, page: str) -> str:
    """All that an anonymous browser gets that opens `page` first, as one text."""
    url = f"ws://127.0.0.1:{port}{WEBSOCKET}"
    got = []
    with connect(url, origin=f"http://127.0.0.1:{port}", subprotocols=["streamlit"]) as browser:
        hello = BackMsg()
        hello.rerun_script.page_name = page
        browser.send(hello.SerializeToString())
        while True:
            message = ForwardMsg.FromString(browser.recv(timeout=30))
            got.append(str(message))
            if message.WhichOneof("type") == "script_finished":
                return "".join(got)


@pytest.mark.parametrize("page", ["browse", "", "pages/browse"])
def test_a_deep_link_first_goes_through_the_gate(
    run_console: Callable[..., Console], page: str
) -> None:
    """On a fresh server the first, anonymous request to a page runs ui/console.py, never the
    page by itself."""
    shown = first_run(run_console("--server.port=0").port, page)
    assert "the gate" in shown
    assert "the page behind the gate" not in shown


# -- start and end ------------------------------------------------------------------------------


def test_it_starts_quietly_and_says_where(run_console: Callable[..., Console]) -> None:
    """One line with the URL: no e-mail prompt, no statistics, no address of the network."""
    console = run_console("--server.port=0")
    assert "the gate" in first_run(console.port, "")
    lines = [line.strip() for line in console.lines if line.strip()]
    assert lines == [f"Soundstage: http://127.0.0.1:{console.port}   (Ctrl+C ends it)"]


def test_a_taken_port_means_the_next_one(run_console: Callable[..., Console]) -> None:
    """Two consoles run side by side, and each says its own URL."""
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", 8501))
            other.listen()
        except OSError:
            pass  # somebody else has it: as good
        port = run_console().port
    assert port > 8501
    assert ask(port, "/api/health", [("Host", f"127.0.0.1:{port}")]).status == 200


def test_an_open_address_is_refused(run_console: Callable[..., Console]) -> None:
    """The process ends with an error that says what to set, without a traceback."""
    console = run_console("--server.port=0", "--server.address=0.0.0.0")
    assert console.wait() != 0
    assert "server.address is '0.0.0.0', which other machines can reach." in console.output
    assert "Set it to 127.0.0.1." in console.output
    assert "Traceback" not in console.output
    assert "Soundstage:" not in console.output


def test_the_services_end_with_the_server(run_console: Callable[..., Console]) -> None:
    """Ctrl+C lets go of the store."""
    console = run_console("--server.port=0")
    assert console.port
    console.end()
    assert "services closed" in console.output


def test_a_browser_that_goes_away_ends_the_archive(console: Console) -> None:
    """A cancelled download stops reading from the store at once."""
    with socket.create_connection(("127.0.0.1", console.port), timeout=20) as browser:
        browser.sendall(b"GET /api/ui/zip?ticket=any HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"200 OK" in browser.recv(4096)
    deadline = time.monotonic() + 20
    while "archive closed" not in console.output and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "archive closed" in console.output


def test_health_answers_while_the_store_starts(
    run_console: Callable[..., Console], tmp_path: Path
) -> None:
    """The port answers at once: "starting", with 200."""
    slow = (
        "import time\nfrom storage import bootstrap\nbootstrap.build = lambda *_: time.sleep(5)\n"
    )
    app = tmp_path / "app.py"
    app.write_text(app.read_text().replace(FAKE_STORE, slow))
    port = run_console("--server.port=0").port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/api/health")
    answer = connection.getresponse()
    assert (answer.status, b'"status":"starting"' in answer.read()) == (200, True)
    connection.close()
