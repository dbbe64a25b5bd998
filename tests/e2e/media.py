"""A stand-in for the store and for /api/ui/clip: addresses that a test can let expire or fail."""

from __future__ import annotations

import io
import json
import sys
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import numpy as np

RATE_HZ = 8_000


def tone(seconds: float) -> bytes:
    """A WAV of one quiet tone, mono, 16 bit."""
    moments = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    samples = (np.sin(2 * np.pi * 440 * moments) * 3_000).astype("<i2")
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return made.getvalue()


@dataclass
class Media:
    """The files, which addresses of them work, and what was asked."""

    files: dict[str, bytes]
    origin: str = ""
    life_s: float = 600  # of the next address
    newest: int = 0
    revoked: int = 0  # addresses up to this one are refused
    refusal: dict[str, str] | None = None  # what the renewal answers instead of an address
    renewals: list[dict[str, str]] = field(default_factory=list)
    fetches: list[tuple[str, str, int]] = field(default_factory=list)  # key, Range, status
    lock: threading.Lock = field(default_factory=threading.Lock)

    def revoke(self) -> None:
        """From now on every address given so far is refused, as an expired one is."""
        self.revoked = self.newest

    def address(self, key: str) -> dict[str, str]:
        """A working address, as /api/ui/clip gives it."""
        with self.lock:
            self.newest += 1
            number = self.newest
        ends = datetime.now(UTC) + timedelta(seconds=self.life_s)
        return {
            "url": f"{self.origin}/media/{quote(key, safe='')}?token={number}",
            "expires_at": ends.isoformat(),
        }

    def body_of(self, key: str, token: str, asked: str) -> tuple[int, bytes, str]:
        """Status, body and Content-Range for one GET."""
        whole = self.files.get(key)
        if int(token) <= self.revoked:
            return 403, b"<Error><Code>AccessDenied</Code></Error>", ""
        if whole is None:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>", ""
        if not asked:
            return 200, whole, ""
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(whole)), len(whole) - 1)
        if start > end:
            return 416, b"", f"bytes */{len(whole)}"
        return 206, whole[start : end + 1], f"bytes {start}-{end}/{len(whole)}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    media: Media

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        key = unquote(parts.path.removeprefix("/media/"))
        token = parse_qs(parts.query).get("token", ["0"])[0]
        asked = self.headers.get("Range", "")
        status, body, content_range = self.media.body_of(key, token, asked)
        self.media.fetches.append((key, asked, status))
        headers = {"Accept-Ranges": "bytes", "Access-Control-Allow-Origin": "*"}
        if content_range:
            headers["Content-Range"] = content_range
        self._answer(status, "audio/wav", body, headers)

    def do_POST(self) -> None:
        """/clip: what the console's own route would answer; /first: the page's first address."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/clip":
            self.media.renewals.append(asked)
        refusal = self.media.refusal if self.path == "/clip" else None
        answer: Any = {"error": refusal} if refusal else self.media.address(asked["key"])
        self._answer(403 if refusal else 200, "application/json", json.dumps(answer).encode(), {})

    def _answer(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the browser has heard enough

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: `Media.fetches` has it all."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # browsers hang up all the time
            super().handle_error(request, client_address)


@contextmanager
def media_server(files: dict[str, bytes]) -> Iterator[Media]:
    """Serves `files` on a free port of this machine until the block ends."""
    media = Media(files)
    handler = type("Handler", (_Handler,), {"media": media})
    server = _Server(("127.0.0.1", 0), handler)
    media.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield media
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
