"""What databases answer when they cannot, in words for people: one table for each of the two."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import ConfigError, StorageError, Unavailable


@dataclass(frozen=True, slots=True)
class Failure:
    """How one kind of failure reads to a person."""

    error: type[StorageError]
    what: str
    remedy: str

    def raised(self) -> StorageError:
        """The error to raise."""
        return self.error(self.what, self.remedy)


LOCKED = Failure(
    Unavailable,
    "The console's database is locked by someone else, so nothing was done.",
    "Try again in a moment. If it stays so, see who holds it: another console, a backup, or a "
    "database tool with an open transaction.",
)
FULL = Failure(
    Unavailable,
    "The disk of the console's database is full, so nothing was done.",
    "Make room on it, then try again.",
)
GONE = Failure(
    Unavailable,
    "The console's database is gone or cannot be reached, so nothing was done.",
    "SQLite: put console.db back from a backup and restart the console. PostgreSQL: check that the "
    "server runs and that DATABASE_URL has its address, user and password.",
)
READ_ONLY = Failure(
    Unavailable,
    "The console's database can be read but not written, so nothing was done.",
    "Let the console's user write to it and to its folder; on PostgreSQL connect to the primary.",
)
BROKEN = Failure(
    Unavailable,
    "The console's database is damaged or its disk fails, so nothing was done.",
    "Stop the console, keep a copy for an inquiry, and restore the database from a backup.",
)
FOREIGN_ROWS = Failure(
    StorageError,
    "The console's database holds rows that contradict it, so nothing was done.",
    "Something else has written to it: run `python -m storage audit verify`.",
)
REFUSED = Failure(
    ConfigError,
    "The database refuses the console's user, or does not exist.",
    "Check user, password and database name in DATABASE_URL; the user must own the schema.",
)
NO_URL = Failure(
    ConfigError,
    "DATABASE_URL is no database address the console understands.",
    "Write postgresql://user:password@host/name, or leave it out for SQLite in the data folder.",
)

# by SQLite's own names; a longer name is found by its beginning (SQLITE_IOERR_WRITE)
SQLITE: Mapping[str, Failure] = {
    "SQLITE_READONLY_DBMOVED": GONE,
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "SQLITE_FULL": FULL,
    "SQLITE_CANTOPEN": GONE,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_PERM": READ_ONLY,
    "SQLITE_IOERR": BROKEN,
    "SQLITE_CORRUPT": BROKEN,
    "SQLITE_NOTADB": BROKEN,
    "SQLITE_CONSTRAINT": FOREIGN_ROWS,
}
# by SQLSTATE; two characters stand for their whole class
POSTGRESQL: Mapping[str, Failure] = {
    "53100": FULL,
    "55P03": LOCKED,
    "57014": LOCKED,
    "40001": LOCKED,
    "40P01": LOCKED,
    "25006": READ_ONLY,
    "42501": REFUSED,
    "3D000": REFUSED,
    "28": REFUSED,
    "08": GONE,
    "53": LOCKED,
    "57": GONE,
    "23": FOREIGN_ROWS,
    "58": BROKEN,
    "XX": BROKEN,
}


@contextmanager
def translating() -> Iterator[None]:
    """Inside it every failure of SQLAlchemy and of its drivers is a StorageError."""
    try:
        yield
    except PoolTimeout as error:
        raise LOCKED.raised() from error
    except ArgumentError:
        raise NO_URL.raised() from None  # its text holds the address, and that a password
    except DBAPIError as error:
        raise _told(error.orig) from error
    except sqlite3.Error as error:  # while a connection is made, outside SQLAlchemy's own care
        raise _told(error) from error
    except SQLAlchemyError as error:
        raise StorageError(
            f"The console's database answered something unknown ({type(error).__name__}).",
            "The log has the details. Does the database belong to this version of the console?",
        ) from error


def _told(error: BaseException | None) -> StorageError:
    name = str(getattr(error, "sqlite_errorname", "") or "")
    state = str(getattr(error, "sqlstate", "") or "")
    for known, failure in SQLITE.items():
        if name.startswith(known):
            return failure.raised()
    found = POSTGRESQL.get(state) or POSTGRESQL.get(state[:2])
    if found is None and not name and not state and not isinstance(error, sqlite3.Error):
        found = GONE  # no server answered, so there is no code
    if found:
        return found.raised()
    return StorageError(
        f"The console's database answered {name or state or type(error).__name__}.",
        "The log has the details. Does the database belong to this version of the console?",
    )
