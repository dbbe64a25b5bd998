"""What the embedded store says when it cannot start, and what it refuses to do once it runs."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from storage.errors import ConfigError, Unavailable
from storage.s3 import embedded, local_server
from storage.s3.client import Store
from storage.s3.embedded import EmbeddedStore, acquire
from storage.s3.local_state import GREETING, read_state


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_without_the_program_it_names_the_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for SeaweedFS where there is none, the remedy says STORAGE_EMBEDDED=moto."""
    monkeypatch.setattr(local_server, "seaweedfs_binary", lambda: None)

    with pytest.raises(ConfigError) as caught:
        acquire(tmp_path, kind="seaweedfs")

    assert "STORAGE_EMBEDDED=moto" in caught.value.remedy


def test_without_the_program_moto_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for nothing in particular, a platform without SeaweedFS gets moto."""
    monkeypatch.setattr(embedded, "seaweedfs_binary", lambda: None)

    with acquire(tmp_path) as lease:
        assert lease.store.kind == "moto"


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    """A kind that does not exist is refused with the ones that do."""
    with pytest.raises(ConfigError, match="minio") as caught:
        acquire(tmp_path, kind="minio")

    assert caught.value.remedy == "Choose seaweedfs or moto."


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The message names the folder, and the remedy the setting that chooses another."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ConfigError) as caught:
        acquire(tmp_path / "file", kind="moto")

    assert str(tmp_path / "file") in caught.value.what
    assert "STORAGE_DATA" in caught.value.remedy


@pytest.mark.parametrize("kind", ["seaweedfs", "moto"])
def test_a_taken_port_is_named(tmp_path: Path, taken_port: int, kind: str) -> None:
    """A port in use is refused by number, and the next start without it works."""
    with pytest.raises(ConfigError, match=f"Port {taken_port} is taken"):
        acquire(tmp_path, kind=kind, port=taken_port)

    with acquire(tmp_path, kind=kind) as lease:
        assert not lease.store.endpoint_url.endswith(f":{taken_port}")


def test_the_port_asked_for_is_used_and_shared(tmp_path: Path, free_port: int) -> None:
    """`port=` is kept; the same one shares the store, another one is refused with both numbers."""
    with acquire(tmp_path, kind="seaweedfs", port=free_port) as lease:
        assert lease.store.endpoint_url == f"http://127.0.0.1:{free_port}"
        with acquire(tmp_path, kind="seaweedfs", port=free_port) as again:
            assert again.store == lease.store
        with pytest.raises(ConfigError, match=f"runs on port {free_port}, not 1234"):
            acquire(tmp_path, kind="seaweedfs", port=1234)


def test_a_server_that_ends_at_once_shows_its_last_words(tmp_path: Path) -> None:
    """When SeaweedFS cannot use its data, the error has its log's last lines and the log's path."""
    data = tmp_path / "store" / "data"
    data.mkdir(parents=True)
    (data / "filerldb2").write_text("not a folder")

    with pytest.raises(Unavailable) as caught:
        acquire(tmp_path, kind="seaweedfs")

    assert "filerldb2 Writable: Not a valid folder" in caught.value.what
    assert "goroutine" not in caught.value.what
    assert "server.log" in caught.value.remedy


def test_a_supervisor_that_cannot_run_shows_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor that ends before it answers is not waited for: its error is shown."""

    def broken(home: Path, _kind: str, _port: int) -> subprocess.Popen[bytes]:
        with (home / "supervisor.log").open("wb") as log:
            return subprocess.Popen([sys.executable, "-c", "1 / 0"], stderr=log)

    monkeypatch.setattr(embedded, "_spawn_supervisor", broken)

    with pytest.raises(Unavailable, match="ZeroDivisionError"):
        acquire(tmp_path, kind="moto")


def test_a_stranger_on_the_supervisors_port_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stale state file whose port now belongs to another program does not hold up a start."""
    with acquire(tmp_path, kind="moto") as lease:
        server = psutil.Process(lease.store.pid)
    assert not psutil.wait_procs([server], timeout=10)[1]
    state_file = tmp_path / "store-moto" / "state.json"
    monkeypatch.setattr(embedded, "GREETING_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        text = state_file.read_text("utf-8").replace('"control_port": 0', f'"control_port": {port}')
        state_file.write_text(text, "utf-8")
        with acquire(tmp_path, kind="moto") as lease:
            assert lease.store.kind == "moto"


def test_a_wrong_token_gets_no_credentials(tmp_path: Path) -> None:
    """Who cannot read the state file is hung up on."""
    with acquire(tmp_path, kind="moto"):
        state = read_state(tmp_path / "store-moto")
        assert state is not None
        with socket.create_connection(("127.0.0.1", state.control_port), 5) as line:
            line.sendall(b"0" * 64 + b"\n")
            said = b""
            while data := line.recv(4096):
                said += data

    assert said == GREETING


# -- what the running server refuses ---------------------------------------------------------


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return refusal.code


def test_files_are_not_served_without_a_signature(
    tmp_path: Path, weed: EmbeddedStore, weed_store: Store, bucket: str
) -> None:
    """Neither S3, nor the filer, nor the volume server behind it hands out an object as it is."""
    weed_store.client.put_object(Bucket=bucket, Key="clip.mp3", Body=b"private" * 1000)
    command = psutil.Process(weed.pid).cmdline()
    port = {
        name: next(word.split("=")[1] for word in command if word.startswith(f"-{name}.port="))
        for name in ("filer", "volume", "master")
    }

    assert _status(f"{weed.endpoint_url}/{bucket}/clip.mp3") == 403
    assert _status(f"http://127.0.0.1:{port['filer']}/buckets/{bucket}/clip.mp3") == 404
    assert _status(f"http://127.0.0.1:{port['volume']}/1,0000000001") == 401
    assert _status(f"http://127.0.0.1:{port['master']}/col/delete?collection={bucket}") == 404


def test_a_mistyped_bucket_is_not_made(weed_store: Store) -> None:
    """Writing to a bucket that does not exist fails, as on AWS."""
    with pytest.raises(ClientError, match="NoSuchBucket"):
        weed_store.client.put_object(Bucket="no-such-bucket-here", Key="k", Body=b"")


def test_an_unknown_subresource_does_not_delete_a_bucket(
    weed: EmbeddedStore, weed_store: Store, bucket: str
) -> None:
    """DELETE ?website, which the server does not know, leaves a bucket with objects as it is."""
    weed_store.client.put_object(Bucket=bucket, Key="clip.mp3", Body=b"kept")
    url = f"{weed.endpoint_url}/{bucket}?website"
    request = AWSRequest("DELETE", url)
    keys = Credentials(weed.access_key_id, str(weed.secret_access_key))
    S3SigV4Auth(keys, "s3", weed.region).add_auth(request)
    sent = urllib.request.Request(url, method="DELETE", headers=dict(request.headers))

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(sent, timeout=5)
    refused.value.close()

    assert weed_store.client.get_object(Bucket=bucket, Key="clip.mp3")["Body"].read() == b"kept"


def test_it_reports_to_nobody(weed: EmbeddedStore) -> None:
    """No connection of the server leaves this machine, and telemetry is off by flag."""
    server = psutil.Process(weed.pid)
    peers = {row.raddr.ip for row in server.net_connections("inet") if row.raddr}

    assert peers <= {"127.0.0.1"}
    assert "-master.telemetry=false" in server.cmdline()
