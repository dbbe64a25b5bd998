"""The schema: made from nothing, upgraded from every earlier revision, never downgraded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage.db import migrate
from storage.db.engine import Database, open_database
from storage.db.schema import REVISION, metadata
from storage.errors import ConfigError

VERSIONS = Path(migrate.__file__).with_name("migrations") / "versions"
REVISIONS = sorted(path.stem[1:5] for path in VERSIONS.glob("r*.py"))
ROOT = Path(__file__).resolve().parents[2]


def _is_as_the_code_says(database: Database) -> None:
    with database.reading() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), metadata)
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            (REVISION,)
        ]


def test_the_revisions_are_one_line_that_ends_where_the_code_says(database: Database) -> None:
    """No two revisions follow the same one, and REVISION is the last."""
    with database.writing(1) as connection:
        scripts = ScriptDirectory.from_config(migrate.settings(connection))
    assert scripts.get_heads() == [REVISION]
    assert sorted(script.revision for script in scripts.walk_revisions()) == REVISIONS


def test_an_empty_database_gets_the_tables_of_the_code(database: Database) -> None:
    """What the revisions make is what `schema.py` declares: columns, indexes, constraints."""
    _is_as_the_code_says(database)


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_earlier_revision_is_upgraded(address: str | Path, revision: str) -> None:
    """A database left by any earlier version ends as a new one does."""
    database = open_database(address)
    with database.writing(1) as connection:
        _remove_all(database, connection)
        command.upgrade(migrate.settings(connection), revision)
    database.close()
    database = open_database(address)
    _is_as_the_code_says(database)
    database.close()


def _remove_all(database: Database, connection: object) -> None:
    for table in (*metadata.tables, "alembic_version"):
        connection.execute(text(f"DROP TABLE {table}"))  # type: ignore[attr-defined]
    if database.kind == "postgresql":
        connection.execute(text("DROP FUNCTION audit_events_refuse"))  # type: ignore[attr-defined]


def test_a_newer_schema_is_refused_and_left_alone(database: Database, address: str | Path) -> None:
    """An older console says that a newer one was here, and changes nothing."""
    with database.writing(1) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999, which is newer"):
        open_database(address)
    with database.reading() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    assert found == "9999"


@pytest.mark.long
def test_consoles_that_start_at_once_upgrade_once(address: str | Path) -> None:
    """Six processes open a database that is not there yet; all of them find it whole."""
    code = (
        "import sys; from pathlib import Path; from storage.db.engine import open_database\n"
        "where = sys.argv[1]\n"
        "open_database(where if '://' in where else Path(where)).close()"
    )
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(address)], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    failed = [err for process in starting if (err := process.communicate(timeout=90)[1])]
    assert not failed
    database = open_database(address)
    _is_as_the_code_says(database)
    database.close()


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    new_address: Callable[[str], str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All or nothing, on SQLite too: no half of a revision stays."""
    for kind in ("sqlite", "postgresql"):
        where = new_address(kind)
        with monkeypatch.context() as patch:
            patch.setattr(migrate, "REVISION", "no such revision")
            with pytest.raises(Exception, match="upgraded"):
                open_database(where)
        database = open_database(where)
        _is_as_the_code_says(database)
        database.close()
