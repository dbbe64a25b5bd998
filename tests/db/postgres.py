"""A PostgreSQL server of the test session's own: on loopback, in a folder that ends with it."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian does not put them on the PATH
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
_USER = "tester"
_START_S = 60


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest there is."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).parent
    found = [
        folder
        for pattern in _FOLDERS
        for folder in Path("/").glob(pattern.lstrip("/"))
        if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]
    return max(found, default=None)


@contextmanager
def running_server(binaries: Path, port: int) -> Iterator[str]:
    """Runs it; yields its address with user and password, without a database."""
    # not below pytest's own folder: that is closed to the user PostgreSQL runs as
    folder = Path(tempfile.mkdtemp(prefix="soundstage-pg-"))
    password = secrets.token_hex(16)
    try:
        (folder / "password").write_text(password)
        as_user = _as_other_user(folder)
        data = folder / "data"
        _run(
            [
                *as_user, str(binaries / "initdb"), "-D", str(data), "-U", _USER, "-E", "UTF8",
                "--locale=C", "--no-sync", "-A", "scram-sha-256", "--pwfile", str(folder / "password"),
            ]
        )  # fmt: skip
        address = f"postgresql://{_USER}:{password}@127.0.0.1:{port}"
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [
                    *as_user, str(binaries / "postgres"), "-D", str(data), "-p", str(port),
                    "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}",
                    "-c", "fsync=off", "-c", "max_connections=60",
                ],
                stdout=log,
                stderr=log,
                cwd=folder,
            )  # fmt: skip
        try:
            _wait(server, address, folder / "log")
            yield address
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: ends sessions that tests left open
            server.wait(_START_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_other_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return [
        "setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--",
    ]  # fmt: skip


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(f"{address}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
