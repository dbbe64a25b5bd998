"""Kept-alive connections to one address, by http.client itself."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection

from botocore.httpsession import get_cert_path
from urllib3.util import wait_for_read


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: HTTPMessage = field(repr=False)
    body: bytes = field(repr=False)


class Connections:
    """At most `kept` idle connections to the server of `base_url`. Thread-safe."""

    def __init__(
        self, base_url: str, *, connect_timeout_s: float, read_timeout_s: float, kept: int
    ) -> None:
        self.host = base_url.partition("://")[2].partition("/")[0]
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._idle: deque[HTTPConnection] = deque(maxlen=kept)
        self._trust = (
            ssl.create_default_context(cafile=get_cert_path(True))
            if base_url.startswith("https:")
            else None
        )

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Sends a request; its answer. Raises OSError and HTTPException: then it is
        not known whether it was carried out.
        """
        connection = self._connection()
        try:
            connection.request(method, target, body, headers=dict(headers))
            response = connection.getresponse()
            found = response.read()
        except (OSError, HTTPException):
            connection.close()
            raise
        self._idle.append(connection)
        return Answer(response.status, response.headers, found)

    def close(self) -> None:
        """Closes the idle ones."""
        while self._idle:
            self._idle.pop().close()

    def _connection(self) -> HTTPConnection:
        try:
            connection = self._idle.pop()
        except IndexError:
            timeout = self._connect_timeout_s
            connection = (
                HTTPSConnection(self.host, timeout=timeout, context=self._trust)
                if self._trust
                else HTTPConnection(self.host, timeout=timeout)
            )
        if connection.sock is not None and wait_for_read(connection.sock, timeout=0):
            connection.close()  # the server ended it while it was idle
        if connection.sock is None:
            self._open(connection)
        return connection

    def _open(self, connection: HTTPConnection) -> None:
        connection.connect()
        connection.sock.settimeout(self._read_timeout_s)
