"""A server on loopback that answers as a test says: for answers no stand-in gives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def region(self) -> str:
        """The region it was signed for, in the header or in the query."""
        text = self.headers.get("authorization", "") or self.path.replace("%2F", "/")
        return text.split("/s3/aws4_request")[0].rpartition("/")[2]


@dataclass(frozen=True)
class Answer:
    """What to send. `cut` ends the connection after that many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


DROP = Answer(status=0)
"""Ends the connection without any answer."""


class ScriptedServer:
    """Answers with `answer(request)` and keeps what was asked."""

    def __init__(self, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Answer] = lambda _asked: Answer(500)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _reply(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers)
                outer.asked.append(asked)
                answer = outer.answer(asked)
                if answer.status == 0:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body[: answer.cut])
                self.close_connection = answer.cut is not None

            do_GET = do_HEAD = do_PUT = _reply  # noqa: N815  http.server's names

            def log_message(self, *_args: Any) -> None:
                """Nothing on stderr."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def s3_error(code: str, message: str = "", status: int = 400, **more: str) -> Answer:
    """An error body in the shape of S3."""
    extra = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message>{extra}"
        "<RequestId>4442587FB7D0A2F9</RequestId><HostId>abc=</HostId></Error>"
    )
    return Answer(status, body.encode(), {"content-type": "application/xml"})
