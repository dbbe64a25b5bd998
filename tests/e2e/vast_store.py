"""An S3 server with two buckets, of a million keys and of 300, that counts what it is asked."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.listing_server import PREFIX, make_keys, render

VAST, SMALL = "vast-bucket", "small-bucket"
_LAST = "\U0010ffff"
_EMPTY = {
    "tagging": b"<Tagging><TagSet></TagSet></Tagging>",
    "versions": b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>",
}


@dataclass
class VastStore:
    """The keys of its buckets, the bytes every object has, and the requests so far.

    Requests of the console are counted by what they are ("list", "head", "get", "tagging" …),
    those a browser makes by presigned URL under "browser".
    """

    buckets: dict[str, list[str]]
    clip: bytes
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def take(self) -> list[str]:
        """What the console asked since the last call, sorted."""
        seen, self.asked = self.asked, []
        return sorted(one for one in seen if one != "browser")

    def listing(self, bucket: str, asked: dict[str, str]) -> bytes:
        """The page of ListObjectsV2; keys lie in one folder, so a delimiter changes nothing there."""
        prefix, after = asked.get("prefix", ""), asked.get("start-after", "")
        keys = self.buckets[bucket]
        if not prefix.startswith(PREFIX):
            return _FOLDER
        found = keys[bisect_left(keys, prefix) : bisect_right(keys, prefix + _LAST)]
        return render(found, bisect_right(found, after), int(asked.get("max-keys", "1000")), after)


_FOLDER = (
    "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    f"<CommonPrefixes><Prefix>{PREFIX}</Prefix></CommonPrefixes></ListBucketResult>"
).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: VastStore

    def do_HEAD(self) -> None:
        self._answer_to("head")

    def do_GET(self) -> None:
        query = urlsplit(self.path).query
        self._answer_to("browser" if "X-Amz-Signature" in query else "get")

    def _answer_to(self, what: str) -> None:
        parts = urlsplit(self.path)
        asked = {
            name: values[0]
            for name, values in parse_qs(parts.query, keep_blank_values=True).items()
        }
        bucket, _, key = unquote(parts.path[1:]).partition("/")
        if not bucket:  # what server it is: asked once a console, and no step of anybody's
            self._send(200, b"<ListAllMyBucketsResult/>", {"Content-Type": "application/xml"})
            return
        if not key and "list-type" in asked:
            self.store.asked.append("list")
            self._send(200, self.store.listing(bucket, asked), {"Content-Type": "application/xml"})
            return
        plain = next((_EMPTY[name] for name in _EMPTY if name in asked), None)
        if plain is not None:
            self.store.asked.append(next(name for name in _EMPTY if name in asked))
            self._send(200, plain, {"Content-Type": "application/xml"})
            return
        self.store.asked.append(what)
        self._object()

    def _object(self) -> None:
        body = self.store.clip
        headers = {
            "Content-Type": "audio/mpeg",
            "ETag": '"0123456789abcdef0123456789abcdef"',
            "Last-Modified": "Fri, 01 May 2026 12:00:00 GMT",
            "Accept-Ranges": "bytes",
        }
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            self._send(200, body, headers)
            return
        first, last = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        self._send(206, body[first : last + 1], headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: `VastStore.asked` has it all."""


@contextmanager
def vast_store(clip: bytes) -> Iterator[VastStore]:
    """Serves the two buckets on a free port of this machine until the block ends."""
    keys = make_keys()
    store = VastStore({VAST: keys, SMALL: keys[:: len(keys) // 300][:300]}, clip)
    handler = type("Handler", (_Handler,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
