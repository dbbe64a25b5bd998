"""The console's switches: a value by name, and who set it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from storage.db.engine import SWITCH_LOCK, Database
from storage.db.schema import switches


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """One switch that is set. `value` is what it is set to, `at` in the stored form of times."""

    name: str
    value: str
    at: str
    by_id: str
    by_name: str


class SwitchRows:
    """The switches in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> SwitchRow | None:
        """The switch, None while it is not set."""
        with self._database.reading() as connection:
            row = connection.execute(select(switches).where(switches.c.name == name)).first()
        return SwitchRow(*row) if row else None

    def put(self, row: SwitchRow) -> None:
        """Sets the switch, whatever it was."""
        with self._database.writing(SWITCH_LOCK) as connection:
            connection.execute(delete(switches).where(switches.c.name == row.name))
            connection.execute(
                insert(switches).values(
                    name=row.name,
                    value=row.value,
                    at=row.at,
                    by_id=row.by_id,
                    by_name=row.by_name,
                )
            )

    def clear(self, name: str) -> None:
        """Unsets the switch; nothing where it was not set."""
        with self._database.writing(SWITCH_LOCK) as connection:
            connection.execute(delete(switches).where(switches.c.name == name))
