"""The process that owns the embedded store: starts it, watches it, ends it after its last user.

    python -m storage.s3.supervisor --home FOLDER --kind seaweedfs|moto [--port P]

Only `storage/s3/embedded.py` starts it. Users (consoles, the command line) hold a lease: an open
TCP connection to the control port. The supervisor greets, the user sends the token of
`state.json`, and is answered by one JSON line when the store is ready: `{"store": {…}}`, or
`{"error": {…}}`. A connection ends however its process does, so nobody has to say goodbye.
One thread, for good: on Linux the server is killed with the thread that started it.
"""

from __future__ import annotations

import argparse
import hmac
import json
import logging
import secrets
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import filelock

from storage.errors import StorageError, Unavailable
from storage.s3.local_ready import is_ready, takes_requests
from storage.s3.local_server import choose_ports, end_server, end_stale, start_server
from storage.s3.local_state import (
    GREETING,
    HOMES,
    NO_TOKEN,
    SERVER_LOG,
    last_words,
    new_state,
    read_state,
    write_state,
)
from storage.settings import Secret

LINGER_S = 3.0  # a reload of the console, or one command after another, finds the store still up
READY_S = 30.0  # it takes about one second, after a kill up to seven; a cold disk more
RESTARTS = 5  # within RESTARTS_S; then something is wrong that no restart mends
RESTARTS_S = 60.0
PREDECESSOR_S = 15.0  # how long an ending supervisor may take to let go of the folder
REGION = "us-east-1"  # neither server minds which

_log = logging.getLogger("soundstage.supervisor")


class Leases:
    """Open connections of the store's users."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._strangers: dict[socket.socket, bytes] = {}  # -> what they sent so far
        self._holders: dict[socket.socket, bool] = {}  # -> was answered
        self._last_used = time.monotonic()
        self.port: int = self._listener.getsockname()[1]

    def unused_s(self) -> float:
        """Seconds since the last lease ended; 0 while there is one."""
        return 0.0 if self._holders else time.monotonic() - self._last_used

    def serve(self, wait_s: float) -> None:
        """Let new users in and take note of those who left, for at most about `wait_s`."""
        for key, _ in self._selector.select(wait_s):
            peer = key.fileobj
            if peer is self._listener:
                self._greet()
            elif isinstance(peer, socket.socket):
                self._read(peer)

    def waiting(self) -> list[socket.socket]:
        """Users who were not answered yet."""
        return [peer for peer, answered in self._holders.items() if not answered]

    def answer(self, reply: dict[str, Any]) -> int:
        """Send `reply` to every user who waits for one; how many there were."""
        waiting = self.waiting()
        for peer in waiting:
            self._holders[peer] = True
            self._send(peer, json.dumps(reply).encode() + b"\n")
        return len(waiting)

    def close(self) -> None:
        """Let nobody in any more, and hang up on everybody."""
        self._selector.unregister(self._listener)
        self._listener.close()
        for peer in [*self._holders, *self._strangers]:
            self._drop(peer)
        self._selector.close()

    def _greet(self) -> None:
        try:
            peer, _ = self._listener.accept()
        except OSError:  # it hung up before its turn
            return
        peer.setblocking(False)
        self._strangers[peer] = b""
        self._selector.register(peer, selectors.EVENT_READ)
        self._send(peer, GREETING)

    def _send(self, peer: socket.socket, line: bytes) -> None:
        try:
            peer.sendall(line)
        except OSError:
            self._drop(peer)

    def _read(self, peer: socket.socket) -> None:
        try:
            data = peer.recv(256)
        except OSError:  # killed with our answer unread
            data = b""
        if not data:
            self._drop(peer)
        elif peer in self._strangers:
            self._admit(peer, self._strangers[peer] + data)

    def _admit(self, peer: socket.socket, said: bytes) -> None:
        if not said.endswith(b"\n") and len(said) <= len(self._token):
            self._strangers[peer] = said
        elif hmac.compare_digest(said, self._token + b"\n"):
            del self._strangers[peer]
            self._holders[peer] = False
        else:
            self._drop(peer)

    def _drop(self, peer: socket.socket) -> None:
        self._selector.unregister(peer)
        peer.close()
        self._strangers.pop(peer, None)
        if self._holders.pop(peer, None) is not None:
            self._last_used = time.monotonic()


class Supervisor:
    """One embedded store and those who use it."""

    def __init__(self, home: Path, kind: str, port: int) -> None:
        self._home = home
        self._kind = kind
        self._wanted_port = port
        self._server: subprocess.Popen[bytes] | None = None
        self._starts: list[float] = []
        self._ready = False
        self._failure: StorageError | None = None
        self._given_up = False
        former = read_state(home) or new_state()
        end_stale(home, former)
        log = home / SERVER_LOG
        if log.exists():  # the last run's log is kept, older ones are not
            log.replace(log.with_suffix(".old.log"))
        token = Secret(secrets.token_hex(32))
        self._leases = Leases(token)
        self._state = replace(former, server_pid=0, control_port=self._leases.port, token=token)
        write_state(home, self._state)

    def run(self) -> None:
        """Serve until the last lease is gone for LINGER_S, or the store failed and it was said."""
        try:
            while self._leases.unused_s() < LINGER_S and not self._given_up:
                self._look_after_server()
                self._answer()
                self._leases.serve(0.5 if self._ready else 0.02)
        finally:
            self._end()

    def _answer(self) -> None:
        """Tell those who wait what became of the server. Of a later failure all see the end."""
        if self._failure is not None:
            told = self._leases.answer({"error": self._failure.as_dict()})
            self._given_up = told > 0 or len(self._starts) > 1
        elif self._ready and self._leases.waiting() and takes_requests(self._state):
            self._leases.answer({"store": self._facts()})  # asked again: it may be dying just now

    def _look_after_server(self) -> None:
        """Start it, wait for it, or start it again; a failure is kept for those who wait."""
        if self._failure is not None:
            return
        try:
            if self._server is None:
                self._start()
            elif self._server.poll() is not None:
                self._server_died(self._server.returncode)
            elif not self._ready:
                self._check_ready()
        except StorageError as error:
            self._failure = error
        except OSError as error:
            self._failure = Unavailable(
                f"The embedded store could not be started: {error.strerror or error}.",
                f"Check the folder {self._home} and the free space of its disk.",
            )
        if self._failure is not None:
            _log.error("%s", self._failure.what)

    def _start(self) -> None:
        if not self._starts:  # later starts keep the ports: addresses are in use
            ports = choose_ports(self._kind, self._wanted_port, self._state.ports)
            self._state = replace(self._state, ports=ports)
        self._starts.append(time.monotonic())
        self._server = start_server(self._kind, self._home, self._state)
        self._state = replace(self._state, server_pid=self._server.pid)
        write_state(self._home, self._state)

    def _server_died(self, status: int) -> None:
        recent = [start for start in self._starts if time.monotonic() - start < RESTARTS_S]
        if len(recent) > RESTARTS or (len(self._starts) == 1 and not self._ready):
            raise self._unwell(f"The embedded store ended by itself (status {status})")
        _log.warning("the server ended with status %d and is started again", status)
        self._ready = False
        self._server = None

    def _check_ready(self) -> None:
        if is_ready(self._kind, self._home, self._state):
            self._ready = True
            _log.info("%s is ready on port %d", self._kind, self._state.ports["s3"])
        elif time.monotonic() - self._starts[-1] > READY_S:
            raise self._unwell(f"The embedded store did not answer within {READY_S:.0f} seconds")

    def _unwell(self, what: str) -> Unavailable:
        log = self._home / SERVER_LOG
        return Unavailable(
            f"{what}. It said last:\n{last_words(log)}",
            f"Look for the cause there or in {log}; a full disk is the usual one.",
        )

    def _facts(self) -> dict[str, str | int]:
        return {
            "endpoint_url": f"http://127.0.0.1:{self._state.ports['s3']}",
            "region": REGION,
            "access_key_id": self._state.access_key_id,
            "secret_access_key": self._state.secret_access_key,
            "kind": self._kind,
            "pid": self._state.server_pid,
        }

    def _end(self) -> None:
        """Close the door first, so that whoever comes now starts a supervisor of their own."""
        gone = replace(self._state, control_port=0, token=NO_TOKEN)
        try:
            write_state(self._home, gone)
        finally:  # also on a full disk, or in a folder that was deleted
            self._leases.close()
            if self._server is not None:
                end_server(self._server, self._state.ports)
        write_state(self._home, replace(gone, server_pid=0))
        _log.info("ended")


def main(argv: Sequence[str] | None = None) -> int:
    """Own the store of `--home` until it is no longer used. 0 also when another process owns it."""
    parser = argparse.ArgumentParser(prog="python -m storage.s3.supervisor")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--kind", choices=sorted(HOMES), required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    signal.signal(signal.SIGTERM, _stop)
    try:
        with filelock.FileLock(options.home / "supervisor.lock", timeout=PREDECESSOR_S):
            Supervisor(options.home, options.kind, options.port).run()
    except filelock.Timeout:
        _log.info("another supervisor owns the store")
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM unwinds the loop, and with it ends the server."""
    raise SystemExit(0)


if __name__ == "__main__":
    raise SystemExit(main())
