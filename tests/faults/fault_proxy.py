"""A proxy on loopback in front of the real store that fails as networks and busy stores do.

It passes requests on byte for byte, `Host` included, so that signatures stay valid. What happens to
a request is decided by `proxy.plan(request)`; what happened is kept in `proxy.seen`. One request a
connection: every answer ends with `Connection: close`.
"""

from __future__ import annotations

import contextlib
import enum
import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

DELAY_S = 0.2
STALL_S = 30.0  # longer than any test's client waits; ends early with the proxy


class Fault(enum.Enum):
    """What happens to one request. The comment says whether the store sees it."""

    NONE = "passed on"  # yes
    DELAY = "passed on late, while the client still waits"  # yes
    BUSY = "503 SlowDown instead of passing on"  # no
    DENIED = "403 AccessDenied instead of passing on"  # no
    RESET_BEFORE = "connection reset before passing on"  # no
    CUT_REQUEST = "half of the request passed on, then reset on both sides"  # a half
    STALL = "never passed on, never answered"  # no
    RESET_AFTER = "passed on, connection reset before the answer"  # yes
    HALF_ANSWER = "passed on, half of the answer, then closed"  # yes
    GATEWAY = "passed on, 502 of a gateway instead of the answer"  # yes
    STALL_AFTER = "passed on, never answered"  # yes
    LATE = "passed on after the client has gone"  # yes, afterwards


UNSEEN = frozenset({Fault.BUSY, Fault.DENIED, Fault.RESET_BEFORE, Fault.STALL})
"""After these the store has not seen the request."""
SLOW = frozenset({Fault.STALL, Fault.STALL_AFTER, Fault.LATE})
"""With these the client waits until its own timeout."""


@dataclass(eq=False)
class Request:
    """One request that came in, and what became of it. `number` counts from 0."""

    number: int
    method: str
    target: str
    head: bytes = field(repr=False)
    body: bytes = field(repr=False)
    fault: Fault = Fault.NONE
    status: int = 0
    """The store's answer; 0 where it gave none or was not asked."""

    @property
    def operation(self) -> str:
        """S3's name of it, such as "UploadPart"."""
        asked = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        copy = b"\nx-amz-copy-source:" in self.head.lower()
        for method, word, with_copy, name in _OPERATIONS:
            if self.method == method and (not word or word in asked) and copy >= with_copy:
                return name
        return self.method

    @property
    def writes(self) -> bool:
        """Whether the store changes by it."""
        return self.method in ("PUT", "DELETE", "POST")


_OPERATIONS = (  # method, word in the query, copies, name; the first that fits
    ("PUT", "partNumber", True, "UploadPartCopy"),
    ("PUT", "partNumber", False, "UploadPart"),
    ("PUT", "tagging", False, "PutObjectTagging"),
    ("PUT", "", True, "CopyObject"),
    ("PUT", "", False, "PutObject"),
    ("POST", "uploads", False, "CreateMultipartUpload"),
    ("POST", "uploadId", False, "CompleteMultipartUpload"),
    ("POST", "delete", False, "DeleteObjects"),
    ("DELETE", "uploadId", False, "AbortMultipartUpload"),
    ("DELETE", "tagging", False, "DeleteObjectTagging"),
    ("DELETE", "", False, "DeleteObject"),
    ("HEAD", "", False, "HeadObject"),
    ("GET", "uploads", False, "ListMultipartUploads"),
    ("GET", "uploadId", False, "ListParts"),
    ("GET", "versions", False, "ListObjectVersions"),
    ("GET", "tagging", False, "GetObjectTagging"),
    ("GET", "list-type", False, "ListObjectsV2"),
    ("GET", "", False, "GetObject"),
)
_SLOW_DOWN = (
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
_DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>"
_BAD_GATEWAY = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


class FaultProxy:
    """Set `plan`; read `seen`. As a context manager it ends with the block, stalls included."""

    def __init__(self, endpoint_url: str) -> None:
        behind = urlsplit(endpoint_url)
        self._behind = (behind.hostname, behind.port)
        self.plan: Callable[[Request], Fault] = lambda _request: Fault.NONE
        self.seen: list[Request] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._late: list[bytes] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):  # the client went first
                    outer._handle(self.connection, self.rfile)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def recover(self) -> None:
        """The store is back: from here on all is passed on, and first what was `LATE`."""
        self.plan = lambda _request: Fault.NONE
        with self._lock:
            late, self._late = self._late, []
        for raw in late:
            self._ask(raw)

    def reached(self, operation: str = "") -> list[Request]:
        """The requests that the store answered, of one operation or all."""
        with self._lock:
            return [one for one in self.seen if one.status and operation in ("", one.operation)]

    def faulted(self, operation: str = "") -> list[Request]:
        """The requests that were not simply passed on."""
        with self._lock:
            return [
                one
                for one in self.seen
                if one.fault not in (Fault.NONE, Fault.DELAY) and operation in ("", one.operation)
            ]

    def _handle(self, client: socket.socket, incoming: Any) -> None:
        first, *lines = _head_lines(incoming)
        method, target, _ = first.decode("latin-1").split(" ", 2)
        kept = [one for one in lines if not one.lower().startswith((b"expect:", b"connection:"))]
        if any(one.lower().startswith(b"expect:") for one in lines):  # unsigned; ours to answer
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = b"".join([first, *kept, b"Connection: close\r\n\r\n"])
        body = incoming.read(_length(head))
        with self._lock:
            request = Request(len(self.seen), method, target, head, body)
            request.fault = self.plan(request)
            self.seen.append(request)
        _ACTS[request.fault](self, request, client)

    def _ask(self, raw: bytes) -> bytes:
        """The store's whole answer to a request, b"" where it gave none."""
        with socket.create_connection(self._behind) as store:
            store.sendall(raw)
            return b"".join(iter(lambda: store.recv(65_536), b""))

    def _answer(self, request: Request) -> bytes:
        answer = self._ask(request.head + request.body)
        with contextlib.suppress(IndexError, ValueError):
            request.status = int(answer.split(b" ", 2)[1])
        return answer

    def _stall(self) -> None:
        self._ended.wait(STALL_S)

    # -- one for each Fault --

    def _pass(self, request: Request, client: socket.socket) -> None:
        if request.fault is Fault.DELAY:
            self._ended.wait(DELAY_S)
        client.sendall(self._answer(request))

    def _busy(self, _request: Request, client: socket.socket) -> None:
        client.sendall(_made("503 Slow Down", "application/xml", _SLOW_DOWN))

    def _denied(self, _request: Request, client: socket.socket) -> None:
        client.sendall(_made("403 Forbidden", "application/xml", _DENIED))

    def _reset(self, _request: Request, client: socket.socket) -> None:
        _abort(client)

    def _reset_after(self, request: Request, client: socket.socket) -> None:
        self._answer(request)
        _abort(client)

    def _cut(self, request: Request, client: socket.socket) -> None:
        with socket.create_connection(self._behind) as store:
            if request.body:
                store.sendall(request.head + request.body[: len(request.body) // 2])
            else:
                store.sendall(request.head[: len(request.head) // 2])
            self._ended.wait(0.02)  # until the store has begun to read it
            _abort(store)
        _abort(client)

    def _half(self, request: Request, client: socket.socket) -> None:
        answer = self._answer(request)
        head, _, body = answer.partition(b"\r\n\r\n")
        # an answer without a body breaks off in its first header
        whole = len(head) + 4 + len(body) // 2 if body else answer.index(b"\r\n") + 10
        client.sendall(answer[:whole])

    def _gateway(self, request: Request, client: socket.socket) -> None:
        self._answer(request)
        client.sendall(_made("502 Bad Gateway", "text/html", _BAD_GATEWAY))

    def _never(self, request: Request, _client: socket.socket) -> None:
        if request.fault is Fault.STALL_AFTER:
            self._answer(request)
        self._stall()

    def _keep_for_later(self, request: Request, _client: socket.socket) -> None:
        with self._lock:
            self._late.append(request.head + request.body)
        self._stall()


_ACTS: dict[Fault, Callable[[FaultProxy, Request, socket.socket], None]] = {
    Fault.NONE: FaultProxy._pass,
    Fault.DELAY: FaultProxy._pass,
    Fault.BUSY: FaultProxy._busy,
    Fault.DENIED: FaultProxy._denied,
    Fault.RESET_BEFORE: FaultProxy._reset,
    Fault.CUT_REQUEST: FaultProxy._cut,
    Fault.STALL: FaultProxy._never,
    Fault.RESET_AFTER: FaultProxy._reset_after,
    Fault.HALF_ANSWER: FaultProxy._half,
    Fault.GATEWAY: FaultProxy._gateway,
    Fault.STALL_AFTER: FaultProxy._never,
    Fault.LATE: FaultProxy._keep_for_later,
}


def _head_lines(incoming: Any) -> list[bytes]:
    """The request line and the headers. Raises ConnectionError where the client went first."""
    lines: list[bytes] = []
    while (line := incoming.readline()) != b"\r\n":
        if not line:
            raise ConnectionResetError
        lines.append(line)
    return lines


def _length(head: bytes) -> int:
    found = re.search(rb"\ncontent-length:\s*(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _made(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
    return f"{head}connection: close\r\n\r\n".encode() + body


def _abort(connection: socket.socket) -> None:
    """Ends it by a reset (RST), as a crash or a firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
