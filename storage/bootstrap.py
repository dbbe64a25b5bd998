"""The one place that wires settings to clients to services; nothing is made before it is asked.

`services()` is the process's lazy, locked singleton, called by ui, server and cli alike. A console
calls `start()` first: the store starts, and on its first start is filled, in the background, while
`status()` tells pages how far it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from storage.audit.log import Audit, open_audit
from storage.config import Config, load_config
from storage.db.engine import Database, open_database
from storage.db.people import People
from storage.db.switches import SwitchRows
from storage.db.tokens import Tokens
from storage.demo.first_start import fill_once
from storage.errors import ConfigError, StorageError
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.layout.profile import Bucket, Layout
from storage.objects.service import Objects
from storage.objects.tickets import Tickets
from storage.s3 import embedded
from storage.s3.client import Store
from storage.s3.presign import origin
from storage.sessions import Sessions
from storage.settings import Secret, Settings, environment, load_settings
from storage.stores import Stores
from storage.switches import Switches

DEFAULT_CONFIG = Path("soundstage.toml")
DATABASE_FILE = "console.db"
Mode = Literal["seaweedfs", "moto", "own"]


@dataclass(frozen=True)
class Services:
    """Everything a page, a route or a command works with."""

    settings: Settings
    config: Config
    layouts: Mapping[str, Layout]
    objects: Objects
    tickets: Tickets
    audit: Audit
    sessions: Sessions
    switches: Switches
    mode: Mode
    store_for: Callable[[Layout, Bucket], Store]
    close: Callable[[], None] = field(repr=False)
    embedded: embedded.EmbeddedStore | None = None

    def origins(self) -> tuple[str, ...]:
        """Where a browser fetches objects from, for the console's Content-Security-Policy."""
        found = {
            origin(self.store_for(layout, bucket), bucket.bucket)
            for layout in self.layouts.values()
            for bucket in layout.buckets
        }
        return tuple(sorted(found))


def _config_path(settings: Settings, given: Path | None) -> Path | None:
    chosen = given or (Path(settings.config_file) if settings.config_file else None)
    if chosen is not None and not chosen.is_file():
        raise ConfigError(
            f"There is no config file {str(chosen)!r}.",
            "Set STORAGE_CONFIG (or --config) to a file that exists, or leave it out.",
        )
    return chosen or (DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None)


@dataclass(frozen=True)
class Configuration:
    """What settings and files say, before anything is started. `own`: the user's own S3 is used."""

    settings: Settings
    config: Config
    layouts: Mapping[str, Layout]
    own: bool


def configure(environ: Mapping[str, str], config_path: Path | None = None) -> Configuration:
    """Reads and checks everything, starts nothing. Raises ConfigError for wrong settings or files.

    Own S3 is used with a config file, S3_ENDPOINT_URL or STORAGE=aws, never because credentials
    happen to lie around.
    """
    settings = load_settings(environ)
    path = _config_path(settings, config_path)
    config = load_config(path)
    own = settings.storage != "embedded" and bool(
        path or settings.endpoint_url or settings.storage == "aws"
    )
    return Configuration(settings, config, load_layouts(settings, config, environ), own)


def build(environ: Mapping[str, str], config_path: Path | None = None) -> Services:
    """Services from an environment and a config file; starts the embedded store when it is used.

    Raises ConfigError as `configure` does and for a database that cannot be used, Unavailable when
    the database is not there or the embedded store does not start.
    """
    configured = configure(environ, config_path)
    settings, layouts = configured.settings, configured.layouts
    with ExitStack() as opened:  # what was opened is closed again when the rest fails
        database = _open_database(settings)
        opened.callback(database.close)
        lease = None
        if not configured.own:
            lease = embedded.acquire(settings.data_path, kind=settings.embedded)
            opened.callback(lease.release)
        store = lease.store if lease else None
        stores = Stores(settings, configured.config, environ, store)
        opened.callback(stores.close)
        secrets = [value for value in vars(settings).values() if isinstance(value, Secret)]
        secrets += [database.password, *stores.secrets(layouts.values())]
        audit = open_audit(database, settings.data_path, settings.audit_key, _now, secrets)
        sessions = Sessions(People(database), Tokens(database), _now)
        switches = Switches(SwitchRows(database), _now, always=settings.read_only == "1")
        gate = Gate(layouts, stores.get, audit, sessions, switches)
        return Services(
            settings=settings,
            config=configured.config,
            layouts=layouts,
            objects=Objects(gate, _now),
            tickets=Tickets(),
            audit=audit,
            sessions=sessions,
            switches=switches,
            mode=store.kind if store else "own",
            store_for=stores.get,
            close=opened.pop_all().close,
            embedded=store,
        )


@contextmanager
def audit_log(environ: Mapping[str, str], config_path: Path | None = None) -> Iterator[Audit]:
    """The audit log for reading; no store is started. Raises as `build` does for its database."""
    settings = configure(environ, config_path).settings
    with closing(_open_database(settings)) as database:
        yield open_audit(database, settings.data_path, settings.audit_key, _now, [])


def _open_database(settings: Settings) -> Database:
    return open_database(settings.database_url or settings.data_path / DATABASE_FILE)


def _now() -> datetime:
    return datetime.now(UTC)


# -- the process's one instance -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Status:
    """How far the console's start is. `error` says why it failed; `start()` tries again."""

    state: Literal["stopped", "starting", "filling", "ready", "failed"] = "stopped"
    done: int = 0
    total: int = 0
    text: str = ""
    error: StorageError | None = None


_CLOSE_WAIT_S = 1.0
_lock = threading.Lock()
_services: Services | None = None
_status = Status()
_status_lock = threading.Lock()


def services(config_path: Path | None = None) -> Services:
    """The process's services, built on the first call (a `.env` file beside it is read then)."""
    global _services  # noqa: PLW0603  the singleton this module exists for
    with _lock:
        if _services is None:
            _services = build(environment(), config_path)
        return _services


def install(ready: Services) -> None:
    """Makes `ready` the process's services: for tests, which bring their own store."""
    global _services  # noqa: PLW0603
    with _lock:
        _services = ready
    _set_status(Status("ready"))


def close() -> None:
    """Lets go of clients and of the embedded store; the next call builds anew."""
    global _services  # noqa: PLW0603
    # a start under way holds the lock; Ctrl-C does not wait for it, the lease ends with the process
    if not _lock.acquire(timeout=_CLOSE_WAIT_S):
        return
    try:
        if _services is not None:
            _services.close()
        _services = None
    finally:
        _lock.release()
    _set_status(Status())


def status() -> Status:
    """How far `start()` is."""
    with _status_lock:
        return _status


def start() -> None:
    """Builds the services and fills a new embedded store in the background; returns at once."""
    with _status_lock:
        if _status.state not in ("stopped", "failed"):
            return
        _put_status(Status("starting", text="Starting the store"))
    threading.Thread(target=_start, name="console-start", daemon=True).start()


def _start() -> None:
    # what is not a StorageError ends this thread and is in the log; pages must not wait for ever
    ended = Status(
        "failed", error=StorageError("The console could not start.", "Its log says why.")
    )
    try:
        ready = services()
        if ready.embedded is not None:
            data_dir = ready.settings.data_path
            fill_once(ready.embedded, data_dir, ready.layouts, ready.store_for, _filling)
        ended = Status("ready")
    except StorageError as error:
        ended = Status("failed", error=error)
    finally:
        _set_status(ended)


def _filling(done: int, total: int, text: str) -> None:
    _set_status(Status("filling", done, total, text))


def _set_status(new: Status) -> None:
    with _status_lock:
        _put_status(new)


def _put_status(new: Status) -> None:
    global _status  # noqa: PLW0603
    _status = new
