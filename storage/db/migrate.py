"""Brings a database to the newest schema. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from storage.db.schema import REVISION
from storage.errors import ConfigError, StorageError

if TYPE_CHECKING:
    from alembic.config import Config


def to_newest(connection: Connection) -> None:
    """Upgrades inside the caller's transaction: wholly or not at all.

    Raises ConfigError when the database has a revision this code does not know.
    """
    current = _revision(connection)
    if current == REVISION:
        return
    from alembic import command  # noqa: PLC0415  a tenth of a second that most starts need not pay
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = settings(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current and current not in known:
        raise ConfigError(
            f"The console's database has schema {current}, which is newer than this console "
            f"knows ({REVISION}).",
            "Start the newer version of the console, or restore the database from before it.",
        )
    try:
        command.upgrade(config, REVISION)
    except CommandError as error:
        raise StorageError(
            "The console's database could not be upgraded; it is as it was.",
            "The log has the details.",
        ) from error


def settings(connection: Connection) -> Config:
    """Alembic's configuration, without a file, for the caller's connection."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("path_separator", "os")
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
