"""What all services stand on: the database, the stores, the audit log, the gate."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage.audit.log import Audit, open_audit
from storage.config import Config
from storage.db.engine import Database, open_database
from storage.db.people import People
from storage.db.switches import SwitchRows
from storage.db.tokens import Tokens
from storage.gate import Gate
from storage.layout.profile import Layout
from storage.sessions import Sessions
from storage.settings import Secret, Settings
from storage.stores import Stores
from storage.switches import Switches

if TYPE_CHECKING:
    from storage.s3.embedded import EmbeddedStore

DATABASE_FILE = "console.db"


@dataclass(frozen=True, slots=True)
class Ground:
    """All of it, open."""

    database: Database
    stores: Stores
    audit: Audit
    people: People
    tokens: Tokens
    sessions: Sessions
    switches: Switches
    gate: Gate


def open_ground(
    opened: ExitStack,
    settings: Settings,
    config: Config,
    layouts: Mapping[str, Layout],
    *,
    environ: Mapping[str, str],
    store: EmbeddedStore | None,
) -> Ground:
    """Opens it; `opened` closes it. `store` is the embedded one, None for stores of one's own: no
    request is sent to any.

    Raises ConfigError for a database, key or place of heads that cannot be used, Unavailable when
    the database is not there.
    """
    database = open_database(settings.database_url or settings.data_path / DATABASE_FILE)
    opened.callback(database.close)
    stores = Stores(settings, config, environ, store)
    opened.callback(stores.close)
    secrets = [value for value in vars(settings).values() if isinstance(value, Secret)]
    secrets += [database.password, *stores.secrets(layouts.values())]
    place = settings.heads_place
    far = stores.far_place(place, layouts.values()) if place else None
    audit = open_audit(database, settings.data_path, settings.audit_key, now, secrets, far=far)
    opened.callback(audit.close)
    people, tokens = People(database), Tokens(database)
    sessions = Sessions(people, tokens, now)
    switches = Switches(SwitchRows(database), now, always=settings.read_only == "1")
    gate = Gate(layouts, stores.get, audit, sessions, switches)
    return Ground(database, stores, audit, people, tokens, sessions, switches, gate)


def now() -> datetime:
    """The time, in UTC: the clock of everything that is given one."""
    return datetime.now(UTC)
