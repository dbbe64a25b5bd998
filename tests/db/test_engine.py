"""When the database cannot: each way is told for what it is, and nothing is half done."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from storage.db import engine as engine_module
from storage.db.engine import Database, open_database
from storage.errors import ConfigError, StorageError, Unavailable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a SQLite database is made."""
    return tmp_path / "a b?#%41é" / "console.db"


def _touch(database: Database) -> None:
    with database.writing(1) as connection:
        connection.execute(text("UPDATE audit_head SET seq = seq"))


def test_sqlite_is_private_durable_and_keeps_foreign_keys(file: Path) -> None:
    """Mode 0600, WAL, every commit on disk before it counts, foreign keys held, any folder name."""
    database = open_database(file)
    with database.reading() as connection:
        for pragma, value in (
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("busy_timeout", 10_000),
        ):
            assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value
    for made in file.parent.glob("console.db*"):
        assert made.name.endswith(".lock") or made.stat().st_mode & 0o077 == 0
    database.close()


def test_a_url_of_sqlite_works_too(tmp_path: Path) -> None:
    """DATABASE_URL may name a file; in memory there would be one database a connection."""
    open_database(f"sqlite:///{tmp_path / 'x.db'}").close()
    assert (tmp_path / "x.db").exists()
    with pytest.raises(ConfigError):
        open_database("sqlite://")


@pytest.mark.parametrize(
    "url", ["mysql://u:hunter22@h/n", "nonsense hunter22", "postgresql+nodriver://u:hunter22@h/n"]
)
def test_a_wrong_address_is_refused_without_showing_its_password(url: str) -> None:
    """What may stand there is said; the secret in it is not."""
    with pytest.raises(ConfigError) as caught:
        open_database(url)
    assert "hunter22" not in str(caught.value) + caught.value.remedy
    assert "postgresql://" in caught.value.remedy


def test_an_exception_undoes_everything(database: Database) -> None:
    """What was written before it is not there afterwards."""

    def fail_halfway() -> None:
        with database.writing(1) as connection:
            connection.execute(text("INSERT INTO audit_head VALUES (1, 1, 'm', 's')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_head")).scalar() == 0


def test_a_reader_sees_one_moment_and_stops_no_writer(database: Database) -> None:
    """A long check neither sees half of a later change nor holds anybody up."""
    count = text("SELECT count(*) FROM audit_head")
    with database.reading() as reader:
        assert reader.execute(count).scalar() == 0
        with database.writing(1) as writer:
            writer.execute(text("INSERT INTO audit_head VALUES (1, 1, 'm', 's')"))
        assert reader.execute(count).scalar() == 0


def test_a_lock_that_is_not_let_go_is_told(
    address: str | Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the waiting time it says who may hold it, instead of waiting for ever."""
    monkeypatch.setattr(engine_module, "WAIT_S", 1)
    database = open_database(address)
    told: list[StorageError] = []

    def second() -> None:
        try:
            _touch(database)
        except StorageError as error:
            told.append(error)

    with database.writing(1):
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(30)
    assert [type(error) for error in told] == [Unavailable]
    assert "locked" in told[0].what
    _touch(database)
    database.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_deleted_file_is_not_written_on(file: Path, replaced: bool) -> None:
    """SQLite would go on in a file without a name; the console says that its database is gone,
    and uses the one that was put back.
    """
    database = open_database(file)
    _touch(database)
    copy = file.with_name("copy.db")
    with sqlite3.connect(file) as raw, sqlite3.connect(copy) as other:
        raw.backup(other)
    raw.close()
    other.close()
    for part in file.parent.glob("console.db*"):
        part.unlink()
    if replaced:
        shutil.copy(copy, file)
    with pytest.raises(Unavailable, match="gone"):
        _touch(database)
    if replaced:
        _touch(database)
    else:
        with pytest.raises(Unavailable, match="gone"):
            _touch(database)
        assert not file.exists(), "an empty database was made in its place"
    database.close()


def test_a_full_disk_is_told(file: Path) -> None:
    """No room for another page: nothing is kept, and later it works again."""
    database = open_database(file)

    def fill() -> None:
        with database.writing(1) as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar()
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            connection.execute(text("CREATE TABLE big (x)"))
            connection.execute(text("INSERT INTO big VALUES (zeroblob(100000))"))

    with pytest.raises(Unavailable, match="full"):
        fill()
    _touch(database)
    database.close()


def test_a_file_that_is_no_database_is_told(file: Path) -> None:
    """It is named as damaged and left as it is."""
    file.parent.mkdir()
    file.write_bytes(b"not a database, surely" * 100)
    with pytest.raises(Unavailable, match="damaged"):
        open_database(file)
    assert file.read_bytes().startswith(b"not a database")


def test_a_folder_that_cannot_hold_it_is_told(tmp_path: Path) -> None:
    """A file where the folder should be: a mistake in the configuration, with its remedy."""
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        open_database(tmp_path / "data" / "console.db")


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    """What to do is said: let it write, or choose another folder."""
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="cannot be made"):
        open_database(tmp_path / "console.db")


def test_a_server_that_does_not_answer_is_told(free_port: int) -> None:
    """Nothing listens there: it cannot be reached."""
    with pytest.raises(Unavailable, match="cannot be reached"):
        open_database(f"postgresql://u:hunter22@127.0.0.1:{free_port}/n")


@pytest.mark.parametrize("wrong", ["password", "database"])
def test_a_server_that_refuses_us_is_told(postgres: str, wrong: str) -> None:
    """A wrong password or a database that is not there; the password is not shown."""
    url = f"{postgres}/nowhere" if wrong == "database" else "postgresql://tester:hunter22@"
    if wrong == "password":
        url += f"{postgres.partition('@')[2]}/postgres"
    with pytest.raises(StorageError) as caught:
        open_database(url)
    assert "DATABASE_URL" in caught.value.remedy
    assert "hunter22" not in str(caught.value)


def test_a_server_that_came_back_is_used_again(
    new_address: Callable[[str], str | Path], postgres: str
) -> None:
    """Connections that the server ended meanwhile are replaced without anybody noticing."""
    database = open_database(new_address("postgresql"))
    _touch(database)
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'soundstage'"
        )
    _touch(database)
    database.close()


def test_a_server_that_only_reads_is_told(new_address: Callable[[str], str | Path]) -> None:
    """A standby, or a primary that was set read-only."""
    where = str(new_address("postgresql"))
    open_database(where).close()
    with psycopg.connect(where, autocommit=True) as admin:
        name = where.rpartition("/")[2]
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database = open_database(where)
    with pytest.raises(Unavailable, match="not written"):
        _touch(database)
    database.close()


def test_a_file_opened_twice_here_is_not_taken_from_under_the_first(tmp_path: Path) -> None:
    """Another process that closes it does not take itself for the last one: it would fold the log
    of what this one has written away, and damage the file.
    """
    file = tmp_path / "console.db"
    with closing(open_database(file)) as first:
        with first.writing(1) as connection:
            connection.exec_driver_sql("CREATE TABLE kept (number INTEGER)")
        open_database(file).close()
        code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM kept')"
        subprocess.run([sys.executable, "-c", code, str(file)], check=True)
        assert file.with_name("console.db-wal").exists()
        with first.writing(1) as connection:
            connection.exec_driver_sql("INSERT INTO kept VALUES (1)")
    with closing(sqlite3.connect(file)) as again:
        assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert again.execute("SELECT number FROM kept").fetchall() == [(1,)]
