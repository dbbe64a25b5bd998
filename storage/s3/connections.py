"""Kept-alive connections to one address."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from botocore.httpsession import get_cert_path

from storage.s3.wire import Answer, Wire


class Connections:
    """At most `kept` idle connections to the server of `base_url`. Thread-safe."""

    def __init__(
        self, base_url: str, *, connect_timeout_s: float, read_timeout_s: float, kept: int
    ) -> None:
        self.host = base_url.partition("://")[2].partition("/")[0]
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._kept = kept
        self._idle: deque[Wire] = deque()
        self._trust = (
            ssl.create_default_context(cafile=get_cert_path(True))
            if base_url.startswith("https:")
            else None
        )

    def exchange(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """Sends a request without a body to this host; its answer. Raises OSError and
        HTTPException: then it is not known whether it was carried out; ValueError where it cannot
        be sent.
        """
        return self.receive(self.send(method, target, headers), method)

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Wire:
        """Sends a request; the connection to receive its answer from."""
        wire = self._wire()
        try:
            wire.send(method, target, {"host": self.host, **headers}, body)
        except (OSError, ValueError):
            wire.close()
            raise
        return wire

    def receive(self, wire: Wire, method: str) -> Answer:
        """The answer to what was sent."""
        try:
            answer = wire.receive(method)
        except (OSError, HTTPException):
            wire.close()
            raise
        self.keep(wire)
        return answer

    def keep(self, wire: Wire) -> None:
        """Its answer was read to the end."""
        if wire.reusable and len(self._idle) < self._kept:
            self._idle.append(wire)
        else:
            wire.close()

    def close(self) -> None:
        """Closes the idle ones."""
        while self._idle:
            self._idle.pop().close()

    def _wire(self) -> Wire:
        while self._idle:
            try:
                wire = self._idle.pop()
            except IndexError:  # another thread took it
                break
            if not wire.is_stale():
                return wire
            wire.close()
        return self._opened()

    def _opened(self) -> Wire:
        timeout = self._connect_timeout_s
        connection = (
            HTTPSConnection(self.host, timeout=timeout, context=self._trust)
            if self._trust
            else HTTPConnection(self.host, timeout=timeout)
        )
        connection.connect()
        connection.sock.settimeout(self._read_timeout_s)
        return Wire(connection.sock)
