"""One kept-alive connection: requests, and their whole answers.

http.client parses every head as an e-mail, which takes longer than a small object takes to be
copied. Whatever is unusual is raised here, and the SDK asks again.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected

from urllib3.util import wait_for_read

_HEAD_BYTES = 65_536  # http.client: the longest line
_READ_BYTES = 65_536
_HURRY_S = 0.05
_STATUS = re.compile(r"HTTP/1\.([01]) ([2-5]\d\d)(?: |\r|$)")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?")
_TARGET = re.compile(r"/[!-~]*")
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Wire:
    """A connected socket. For one thread at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._got = bytearray()
        self._left = 0  # bytes of a body that is read piece by piece
        self._keeps = True  # what the head says of the connection
        self.reusable = True  # after an answer: whether another request may be sent

    def is_stale(self) -> bool:
        """Whether the server ended it, or said what nobody asked, while it was idle."""
        return wait_for_read(self._sock, timeout=0)

    def close(self) -> None:
        """Ends it."""
        self._sock.close()

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Sends a request, whose answer is to be received next. Raises OSError: then it is not
        known whether it was sent; ValueError where it cannot be.
        """
        self._sock.sendall(_request(method, target, headers, len(body)))
        if body:
            self._sock.sendall(body)

    def hurry(self) -> None:
        """Waits no longer for what has had its time."""
        self._sock.settimeout(_HURRY_S)

    def receive(self, method: str) -> Answer:
        """The answer. Raises OSError and HTTPException: then it is not known whether the request
        was carried out, and the connection is of no use.
        """
        status, told = self._head()
        body = b"" if method == "HEAD" or status in _BODILESS else self._body(told)
        self._ended()
        return Answer(status, told, body)

    def begin(self) -> tuple[int, Mapping[str, str], int]:
        """Status, headers and length of an answer whose body is then had by `more`. Raises as
        `receive`; HTTPException also where no length is told.
        """
        status, told = self._head()
        length = told.get("content-length", "")
        if "transfer-encoding" in told or not length.isdecimal():
            raise HTTPException("Its length is not told.")
        self._left = int(length)
        if not self._left:
            self._ended()
        return status, told, self._left

    def more(self, room: memoryview) -> int:
        """Puts the next bytes of the body into `room`; how many, 0 at its end. Raises OSError and
        HTTPException where it breaks off.
        """
        most = min(len(room), self._left)
        if not most:
            return 0
        if self._got:
            count = min(most, len(self._got))
            room[:count] = self._got[:count]
            del self._got[:count]
        else:
            count = self._sock.recv_into(room, most)
            if not count:
                raise IncompleteRead(b"", self._left)
        self._left -= count
        if not self._left:
            self._ended()
        return count

    def _head(self) -> tuple[int, dict[str, str]]:
        head = self._until(b"\r\n\r\n")
        found = _STATUS.match(head)
        if found is None:
            raise BadStatusLine(head[:80])
        told = _headers(head)
        self._keeps = found[1] == "1" and told.get("connection", "").lower() != "close"
        return int(found[2]), told

    def _ended(self) -> None:
        self.reusable = self.reusable and self._keeps and not self._got

    def _body(self, headers: Mapping[str, str]) -> bytes:
        length = headers.get("content-length", "")
        if "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked":
                raise HTTPException("It is encoded in an unknown way.")
            return self._chunks()
        if length.isdecimal():
            return self._exactly(int(length))
        if length:
            raise HTTPException("Its length is no number.")
        self.reusable = False  # it ends with the connection
        while self._more():
            pass
        return bytes(self._got)

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            found = _SIZE.fullmatch(self._until(b"\r\n").encode("latin-1"))
            if found is None:
                raise HTTPException("A chunk has no size.")
            size = int(found[1], 16)
            if not size:
                break
            body += self._exactly(size)
            if self._until(b"\r\n"):
                raise HTTPException("A chunk is longer than it says.")
        while self._until(b"\r\n"):  # what follows the last one
            pass
        return bytes(body)

    def _until(self, end: bytes) -> str:
        """What comes before `end`, which is taken away, too."""
        got, start = self._got, 0
        while (at := got.find(end, start)) < 0:
            if len(got) > _HEAD_BYTES:
                raise HTTPException("It has no end.")
            start = max(0, len(got) - len(end))
            if not self._more():
                raise RemoteDisconnected("The connection was ended without an answer.")
        text = got[:at].decode("latin-1")
        del got[: at + len(end)]
        return text

    def _exactly(self, count: int) -> bytes:
        got = self._got
        if len(got) < count:  # the rest of a page goes where it belongs, not through the buffer
            whole = bytearray(count)
            at = len(got)
            whole[:at] = got
            got.clear()
            with memoryview(whole) as room:
                while at < count:
                    more = self._sock.recv_into(room[at:])
                    if not more:
                        raise IncompleteRead(bytes(room[:at]), count - at)
                    at += more
            return bytes(whole)
        piece = bytes(got[:count])
        del got[:count]
        return piece

    def _more(self) -> bool:
        piece = self._sock.recv(_READ_BYTES)
        self._got += piece
        return bool(piece)


def _request(method: str, target: str, headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append("accept-encoding: identity")
    if method not in {"GET", "HEAD"}:
        lines.append(f"content-length: {length}")
    text = "\r\n".join(lines)
    breaks = len(lines) - 1
    odd = text.count("\n") != breaks or text.count("\r") != breaks or "\0" in text
    if odd or not _TARGET.fullmatch(target):
        raise ValueError("A name or value cannot be sent.")
    return f"{text}\r\n\r\n".encode("latin-1")


def _headers(head: str) -> dict[str, str]:
    told: dict[str, str] = {}
    for line in head.split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise HTTPException("A header is none.")
        name, value = name.lower(), value.strip(" \t")
        told[name] = f"{told[name]}, {value}" if name in told else value
    return told
