"""What services stand on, and who asks. Commands that need no more open it by itself, which takes
half the time of all services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from storage.activity.service import Activity
from storage.configuration import Configuration, configure
from storage.ground import Ground, now, open_ground
from storage.people.login import Login
from storage.people.tokens import ApiTokens
from storage.people.users import Users
from storage.settings import Settings

if TYPE_CHECKING:
    from storage.s3.embedded import EmbeddedStore


@dataclass(frozen=True)
class Office:
    """What needs no store: who is asking, what they may do, what was done."""

    settings: Settings
    login: Login | None  # None: no login is configured, one local person
    tokens: ApiTokens
    users: Users
    activity: Activity


@dataclass(frozen=True, slots=True)
class Footing:
    """All that stands before any service. `embedded` is None where the user's own S3 is used, and
    where no store was asked for.
    """

    configured: Configuration
    ground: Ground
    office: Office
    embedded: EmbeddedStore | None


def open_footing(
    opened: ExitStack, environ: Mapping[str, str], config_path: Path | None, *, store: bool = True
) -> Footing:
    """Opens it; `opened` closes it. Starts the embedded store where that is used: for `store`, or
    because the log's heads are kept there.

    Raises ConfigError as `configure` does and for a database that cannot be used, Unavailable when
    the database is not there or the embedded store does not start.
    """
    configured = configure(environ, config_path)
    settings, config, layouts = configured.settings, configured.config, configured.layouts
    lease = None
    if not configured.own and (store or settings.heads_place):
        from storage.s3 import embedded  # noqa: PLC0415  not for who has a store of their own

        lease = embedded.acquire(settings.data_path, kind=settings.embedded)
        opened.callback(lease.release)
    there = lease.store if lease else None
    ground = open_ground(opened, settings, config, layouts, environ=environ, store=there)
    gate, people, login = ground.gate, ground.people, config.login
    who = Office(
        settings=settings,
        login=Login(login, people, ground.sessions, ground.audit, now) if login else None,
        tokens=ApiTokens(gate, ground.tokens, people, layouts, clock=now),
        users=Users(gate, people, now),
        activity=Activity(gate, ground.audit),
    )
    return Footing(configured, ground, who, there)


@contextmanager
def office(environ: Mapping[str, str], config_path: Path | None = None) -> Iterator[Office]:
    """What needs no store, opened. Raises as `open_footing`."""
    with ExitStack() as opened:
        yield open_footing(opened, environ, config_path, store=False).office
