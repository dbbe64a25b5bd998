"""The embedded store: a real S3 server on this machine, shared by all who work on one data folder.

`acquire` is all there is to it. The server belongs to a supervisor process (`supervisor.py`) and
ends a few seconds after its last lease, however the lease's holder ended.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlsplit

import filelock

from storage.errors import ConfigError, StorageError, Unavailable
from storage.s3.local_server import require_seaweedfs, seaweedfs_binary
from storage.s3.local_state import (
    GREETING,
    HOMES,
    SERVER_LOG,
    SUPERVISOR_LOG,
    last_words,
    read_state,
)
from storage.settings import Secret

__all__ = ["EmbeddedStore", "Lease", "acquire", "seaweedfs_binary"]

GREETING_S = 5.0  # a supervisor greets at once, unless it is waiting for its server
START_S = 45.0  # an ending predecessor, and then the supervisor's own limit for the server
_PROJECT = Path(__file__).resolve().parents[2]
_ERRORS: dict[str, type[StorageError]] = {error.code: error for error in (ConfigError, Unavailable)}


@dataclass(frozen=True, slots=True)
class EmbeddedStore:
    """Where the embedded store answers and with which credentials. `pid` is the S3 server's."""

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: Secret
    kind: Literal["seaweedfs", "moto"]
    pid: int


class Lease:
    """A claim on the running store: it stays up until `release`, or until this process ends."""

    def __init__(self, store: EmbeddedStore, line: socket.socket) -> None:
        self.store = store
        self._line = line

    def release(self) -> None:
        """Give the claim back. Calling it again does nothing."""
        self._line.close()

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def acquire(data_dir: Path, *, kind: str = "", port: int = 0) -> Lease:
    """A lease on the embedded store of `data_dir`, which is started when it does not run yet.

    `kind` "" takes SeaweedFS where its program is installed, else moto, which keeps all in memory.
    `port` 0 takes the last or a free port. Raises ConfigError when the program, the folder or the
    port cannot be used, Unavailable when the store does not come up (with its last log lines).
    """
    kind = kind or ("seaweedfs" if seaweedfs_binary() else "moto")
    if kind not in HOMES:
        raise ConfigError(f"There is no embedded store {kind!r}.", "Choose seaweedfs or moto.")
    if kind == "seaweedfs":
        require_seaweedfs()
    home = data_dir.resolve() / HOMES[kind]
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lease = _join(home) or _start(home, kind, port)
    except OSError as error:
        raise ConfigError(
            f"The folder {home} cannot be used: {error.strerror or error}.",
            "Choose another one with STORAGE_DATA.",
        ) from error
    runs_on = urlsplit(lease.store.endpoint_url).port
    if port and port != runs_on:
        lease.release()
        raise ConfigError(
            f"The embedded store of {data_dir} already runs on port {runs_on}, not {port}.",
            "End the console or command that uses it first, or leave the port out to share it.",
        )
    return lease


def _join(home: Path) -> Lease | None:
    """A lease from the supervisor that runs, None when none does."""
    state = read_state(home)
    if state is None or not state.control_port:
        return None
    try:
        line = socket.create_connection(("127.0.0.1", state.control_port), GREETING_S)
    except OSError:
        return None
    try:
        return _ask(line, state.token, home)
    except OSError:  # it is just ending, or was killed and another program has its port
        line.close()
        return None
    except StorageError:
        line.close()
        raise


def _ask(line: socket.socket, token: str, home: Path) -> Lease:
    """Show the token, wait until the store is ready. OSError where no supervisor answers."""
    with line.makefile("rb") as answers:
        if answers.readline(len(GREETING)) != GREETING:
            raise ConnectionError
        line.sendall(token.encode() + b"\n")
        line.settimeout(START_S)
        try:
            said = answers.readline()
        except TimeoutError:
            raise _no_answer(home) from None
    if not said.endswith(b"\n"):
        raise ConnectionError
    return Lease(_store(json.loads(said)), line)


def _store(answer: dict[str, Any]) -> EmbeddedStore:
    if error := answer.get("error"):
        raise _ERRORS.get(error["code"], Unavailable)(error["what"], error["remedy"])
    facts = answer["store"]
    secret = Secret(facts.pop("secret_access_key"))
    return EmbeddedStore(**facts, secret_access_key=secret)


def _start(home: Path, kind: str, port: int) -> Lease:
    """Start a supervisor, or share the one that another process is starting at this moment."""
    try:
        with filelock.FileLock(home / "start.lock", timeout=START_S):
            return _join(home) or _spawn(home, kind, port)
    except filelock.Timeout:
        raise _no_answer(home) from None


def _spawn(home: Path, kind: str, port: int) -> Lease:
    supervisor = _spawn_supervisor(home, kind, port)
    # a child that ends before us must be waited for, or it stays as a zombie
    threading.Thread(target=supervisor.wait, name="embedded-store", daemon=True).start()
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        ended = supervisor.poll() is not None
        if lease := _join(home):
            return lease
        if ended:
            break
        time.sleep(0.02)
    raise _no_answer(home)


def _spawn_supervisor(home: Path, kind: str, port: int) -> subprocess.Popen[bytes]:
    """Apart from this terminal: Ctrl-C here must not end a store that others still use."""
    command = [sys.executable, "-m", "storage.s3.supervisor", "--home", str(home)]
    with (home / SUPERVISOR_LOG).open("ab") as log:
        return subprocess.Popen(  # noqa: S603  # our own words and paths, no shell
            [*command, "--kind", kind, "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=_PROJECT,
            start_new_session=True,
            creationflags=_windows_flags(),
        )


def _windows_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


def _no_answer(home: Path) -> Unavailable:
    return Unavailable(
        "The embedded store did not start. Its supervisor said last:\n"
        + last_words(home / SUPERVISOR_LOG),
        f"Look for the cause there or in {home / SERVER_LOG}.",
    )
