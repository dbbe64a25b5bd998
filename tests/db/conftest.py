"""Each test of the database runs twice: in SQLite, and on a PostgreSQL server of its own."""

from __future__ import annotations

import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from postgres import find_binaries, running_server
from tampering import Clock, Log

from storage.db.engine import Database, open_database

settings.register_profile("busy-machine", deadline=None)
settings.load_profile("busy-machine")

KINDS = ("sqlite", "postgresql")


@pytest.fixture
def _new_databases_are_copies() -> None:
    """Not here: what makes them is tested."""


@pytest.fixture(scope="session")
def postgres(needs: Callable[[bool, str], None]) -> Iterator[str]:
    """The address of a PostgreSQL server, without a database."""
    binaries = find_binaries()
    needs(binaries is not None, "the PostgreSQL server (initdb and postgres)")
    assert binaries is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with running_server(binaries, port) as address:
        yield address


@pytest.fixture
def new_address(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[str], str | Path]]:
    """`new_address(kind)`: where an empty database of that kind is or will be."""
    made: list[tuple[str, str]] = []

    def make(kind: str) -> str | Path:
        name = f"t{uuid.uuid4().hex[:16]}"
        if kind == "sqlite":
            return tmp_path / f"{name}.db"
        server: str = request.getfixturevalue("postgres")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        made.append((server, name))
        return f"{server}/{name}"

    yield make
    for server, name in made:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, new_address: Callable[[str], str | Path]) -> str | Path:
    """Where an empty database is or will be; each kind in turn."""
    return new_address(request.param)


@pytest.fixture
def database(address: str | Path, empty_database: Path) -> Iterator[Database]:
    """An open, empty database of each kind."""
    if isinstance(address, Path):
        shutil.copy(empty_database, address)
    opened = open_database(address)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(database: Database, tmp_path: Path, clock: Clock) -> Log:
    """An audit log in an empty database of each kind, and how to tamper with it."""
    return Log(database, tmp_path / "data", clock)
