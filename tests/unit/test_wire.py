"""A connection past http.client: what it sends, and which answers it takes for whole ones."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPException

import pytest

from storage.s3.wire import Answer, Wire

CHUNKED = (
    b"HTTP/1.1 503 Slow\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
)

Ends = tuple[Wire, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A wire, and the server's end of it."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    yield Wire(ours), theirs
    ours.close()
    theirs.close()


def asked(ends: Ends, answer: bytes, method: str = "GET") -> Answer:
    """What is made of that answer, after which the server ends the connection."""
    wire, server = ends
    wire.send(method, "/b", {"host": "h"})
    server.recv(65_536)
    server.sendall(answer)
    server.shutdown(socket.SHUT_WR)
    return wire.receive(method)


def test_a_request_is_sent_as_it_was_signed(ends: Ends) -> None:
    """Names, values and order; a request that could have a body says that it has none."""
    wire, server = ends
    wire.send("PUT", "/b/k%20l", {"host": "h:1", "if-none-match": "*"})
    assert server.recv(65_536) == (
        b"PUT /b/k%20l HTTP/1.1\r\nhost: h:1\r\nif-none-match: *\r\n"
        b"accept-encoding: identity\r\ncontent-length: 0\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("target", "value"),
    [("/b", "a\r\nx: y"), ("/b", "a\ny"), ("/b", "a\0"), ("/b", "Ω"), ("/b c", "a"), ("/é", "a")],
)
def test_nothing_is_smuggled_into_a_request(ends: Ends, target: str, value: str) -> None:
    """What would be another header, or cannot be said, is not sent at all."""
    wire, server = ends
    with pytest.raises(ValueError, match=r"sent|encode"):
        wire.send("GET", target, {"x-amz-storage-class": value})
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.recv(1)


@pytest.mark.parametrize(
    ("answer", "method", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "GET", 200, b"abc"),
        (b"HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", "PUT", 200, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET", 204, b""),
        (
            CHUNKED,
            "GET",
            503,
            b"abc0123456789",
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", "GET", 200, b"to the end"),
    ],
    ids=["length", "no body", "HEAD", "no content", "chunks", "until it ends"],
)
def test_a_whole_answer(ends: Ends, answer: bytes, method: str, status: int, body: bytes) -> None:
    """However its length is told."""
    found = asked(ends, answer, method)
    assert (found.status, found.body) == (status, body)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"<html>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000,
    ],
    ids=[
        "nothing", "half a head", "too short", "less than nothing", "to be continued", "HTTP/2",
        "no HTTP", "a folded header", "another encoding", "a chunk of less", "a chunk of more",
        "chunks without an end", "a head without an end",
    ],
)  # fmt: skip
def test_half_an_answer_is_none(ends: Ends, answer: bytes) -> None:
    """What was cut, or is not understood, is never taken for an answer."""
    with pytest.raises(HTTPException):
        asked(ends, answer)


def test_names_are_in_lower_case_and_repeated_ones_are_joined(ends: Ends) -> None:
    """As HTTP has it."""
    told = asked(
        ends, b'HTTP/1.1 204 x\r\nETag:  "e" \r\nX-Amz-Meta-A: 1\r\nx-amz-meta-a: 2\r\n\r\n'
    )
    assert told.headers == {"etag": '"e"', "x-amz-meta-a": "1, 2"}


@pytest.mark.parametrize(
    ("answer", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", False),
    ],
    ids=["kept", "closed", "more than was said", "HTTP/1.0"],
)
def test_what_may_be_asked_again(ends: Ends, answer: bytes, reusable: bool) -> None:
    """Only a connection that the server keeps, with nothing left on it."""
    asked(ends, answer)
    assert ends[0].reusable is reusable


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 5_000])
def test_a_body_piece_by_piece(ends: Ends, size: int) -> None:
    """All of it, whatever came with the head; then the connection may be asked again."""
    wire, server = ends
    body = bytes(number % 251 for number in range(size))
    for _ in range(2):
        wire.send("GET", "/b", {"host": "h"})
        server.recv(65_536)
        server.sendall(b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: %d\r\n\r\n' % size + body)
        status, told, length = wire.begin()
        assert (status, told["etag"], length) == (200, '"e"', size)
        room, found = memoryview(bytearray(10)), b""
        while count := wire.more(room):
            found += room[:count]
        assert found == body
        assert wire.reusable


@pytest.mark.parametrize(
    ("answer", "pieces"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 1),
        (b"HTTP/1.1 200 OK\r\n\r\nabc", 0),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 0),
    ],
    ids=["cut", "without a length", "in chunks"],
)
def test_a_body_that_ends_early_raises(ends: Ends, answer: bytes, pieces: int) -> None:
    """What came before is no whole body, and a length is needed to know it."""
    wire, server = ends
    wire.send("GET", "/b", {"host": "h"})
    server.recv(65_536)
    server.sendall(answer)
    server.shutdown(socket.SHUT_WR)
    room, had = memoryview(bytearray(65_536)), []

    def read() -> None:
        wire.begin()
        while count := wire.more(room):
            had.append(count)

    with pytest.raises(HTTPException):
        read()
    assert len(had) == pieces


def test_a_silent_server_has_its_time_and_no_more(ends: Ends) -> None:
    """It times out; one that had its time already is hurried; an ended one is stale."""
    wire, server = ends
    assert not wire.is_stale()
    wire.send("GET", "/b", {})
    wire.hurry()
    with pytest.raises(TimeoutError):
        wire.receive("GET")
    server.close()
    assert wire.is_stale()
