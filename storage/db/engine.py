"""One connection pool to the console's database: SQLite in a file, or PostgreSQL.

A transaction that writes takes its lock when it begins (`BEGIN IMMEDIATE`; an advisory lock), so
what it reads first is still true when it writes, whoever else writes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.pool import QueuePool

from storage.db import failures, migrate
from storage.db.failures import translating
from storage.errors import ConfigError
from storage.settings import Secret

WAIT_S = 10  # for a lock; a write here takes milliseconds, so who waits longer waits for a fault
_UPGRADE_WAIT_S = 120  # for another console that upgrades a large database
_MIGRATION_LOCK = 7_310_001  # advisory locks of PostgreSQL; any numbers that no one else uses
AUDIT_LOCK = 7_310_002
SWITCH_LOCK = 7_310_003
PEOPLE_LOCK = 7_310_004
JOBS_LOCK = 7_310_005
LIVE_REQUESTS_LOCK = 7_310_006
INVENTORIES_LOCK = 7_310_007
COSTS_LOCK = 7_310_008
MANIFESTS_LOCK = 7_310_011
MEASUREMENTS_LOCK = 7_310_012
REVIEW_LOCK = 7_310_017  # 07 to 16 are for the rooms that came beside it
LEASES_LOCK = 7_310_018
RELEASES_LOCK = 7_310_020
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Database:
    """A pool of connections. Thread-safe. `path` is the file of SQLite, None for PostgreSQL."""

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self._engine = engine
        self._path = path

    @property
    def kind(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def password(self) -> Secret:
        """The one in the database's address, "" without: to be kept out of every log."""
        return Secret(self._engine.url.password or "")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database, however long it reads."""
        options: dict[str, Any] = {}
        if self._path is None:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._begun(options) as connection:
            yield connection

    @contextmanager
    def reading_many(self) -> Iterator[Connection]:
        """As `reading`, for tens of thousands of rows that become columns: of SQLite texts come as
        their bytes, which Arrow takes as well, in a third of the time.
        """
        with self.reading() as connection:
            driver: Any = connection.connection.driver_connection
            if self._path is None:
                yield connection
                return
            made, driver.text_factory = driver.text_factory, bytes
            try:
                yield connection
            finally:
                driver.text_factory = made

    @contextmanager
    def writing(self, lock: int) -> Iterator[Connection]:
        """A transaction alone with its `lock`: committed at the end, undone by any exception.

        Raises Unavailable when the database is locked, full, gone or read-only.
        """
        with self._begun({"soundstage_writes": True}) as connection:
            if self._path is None:
                # not the session's: behind a pooler a connection serves others afterwards
                connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_S}s'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
            yield connection

    @contextmanager
    def _begun(self, options: dict[str, Any]) -> Iterator[Connection]:
        with (
            translating(),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            self._check_in_place(connection)
            yield connection

    def _check_in_place(self, connection: Connection) -> None:
        """SQLite goes on writing to a file that was deleted or replaced: rows nobody would see."""
        if self._path is None or connection.info["file"] == _identity(self._path):
            return
        connection.invalidate()
        self._engine.dispose()
        raise failures.GONE.raised()

    def close(self) -> None:
        """Lets go of all connections."""
        self._engine.dispose()


def open_database(where: Path | str) -> Database:
    """The database in a file of SQLite or at an address, brought to the newest schema.

    Two consoles that start at once upgrade once. Raises ConfigError for an address that cannot be
    used, a folder that cannot hold it or a schema newer than the code, Unavailable when it is
    locked, full or gone.
    """
    with translating():
        file = _sqlite_file(where)
        engine = _postgresql(str(where)) if file is None else _sqlite(file)
    database = Database(engine, file)
    try:
        if file is None:
            with database.writing(_MIGRATION_LOCK) as connection:
                migrate.to_newest(connection)
        else:
            _upgrade_file(database, engine, file)
    except BaseException:
        database.close()
        raise
    return database


def _sqlite_file(where: Path | str) -> Path | None:
    if isinstance(where, Path):
        return where
    url = make_url(where)
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise failures.NO_URL.raised()
    return Path(url.database).expanduser().resolve()


def _upgrade_file(database: Database, engine: Engine, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock", timeout=_UPGRADE_WAIT_S):
            # made here and nowhere else, readable by its owner alone; so are its -wal and -shm
            with suppress(FileExistsError):
                # never one that is there: closing it would end this process's locks on it, and
                # another process then takes itself for the last one (sqlite.org/howtocorrupt.html)
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            _switch_to_wal(engine, file)
            with database.writing(_MIGRATION_LOCK) as connection:
                migrate.to_newest(connection)
    except Timeout as error:
        raise failures.LOCKED.raised() from error
    except OSError as error:
        raise ConfigError(
            f"The console's database cannot be made in {str(file.parent)!r}: {error.strerror}.",
            "Let the console write there, make room, or choose another folder by STORAGE_DATA.",
        ) from error


def _switch_to_wal(engine: Engine, file: Path) -> None:
    """Readers and a writer at the same time; the file remembers it."""
    with translating(), closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        mode = cursor.fetchall()[0][0]
    if mode != "wal":
        raise ConfigError(
            f"The folder {str(file.parent)!r} cannot hold the console's database.",
            "Choose a folder on a disk of this machine by STORAGE_DATA, or PostgreSQL by "
            "DATABASE_URL.",
        )


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        facts = file.stat()
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


def _sqlite(file: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        # mode=rw: a connection never makes an empty database in the place of a lost one
        return sqlite3.connect(
            f"{file.as_uri()}?mode=rw",
            uri=True,
            timeout=WAIT_S,
            check_same_thread=False,  # the pool gives a connection to one thread at a time
            isolation_level=None,  # the driver begins nothing by itself
        )

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, hide_parameters=True)

    def prepare(raw: sqlite3.Connection, record: Any) -> None:
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA synchronous=FULL")  # NORMAL loses the last rows with the power
        # someone may have written bytes that are no text: those must be seen, not stop the reader
        raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        record.info["file"] = _identity(file)

    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("soundstage_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _postgresql(address: str) -> Engine:
    url: URL = make_url(address)
    driver = _DRIVERS.get(url.drivername, url.drivername)
    if driver != "postgresql+psycopg":
        raise failures.NO_URL.raised()
    wanted = {"connect_timeout": str(WAIT_S), "application_name": "soundstage"}
    # pre-ping: a connection that the server dropped meanwhile is replaced, not an error
    return create_engine(
        url.set(drivername=driver).update_query_dict({**wanted, **url.query}),
        pool_pre_ping=True,
        hide_parameters=True,
    )
