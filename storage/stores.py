"""Which store holds a bucket of a layout, and by which credentials it is reached."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from storage.audit.far_heads import FarPlace
from storage.config import Config, check_value
from storage.errors import ConfigError
from storage.layout.load import layout_credentials
from storage.layout.profile import Bucket, Layout
from storage.s3.client import Connection, Store, connect
from storage.settings import Secret, Settings

if TYPE_CHECKING:
    from storage.s3.embedded import EmbeddedStore


class Stores:
    """One store per connection, made when first asked for: the embedded one, else the user's own
    S3 as settings, config file and layout variables (`environ`) say.
    """

    def __init__(
        self,
        settings: Settings,
        config: Config,
        environ: Mapping[str, str],
        embedded: EmbeddedStore | None,
    ) -> None:
        self._settings = settings
        self._config = config
        self._environ = environ
        self._embedded = embedded
        self._made: dict[Connection, Store] = {}
        self._lock = threading.Lock()

    def get(self, layout: Layout, bucket: Bucket) -> Store:
        """The store that holds `bucket`. Sends nothing."""
        return self._store(self._connection(layout, bucket))

    def _store(self, wanted: Connection) -> Store:
        with self._lock:
            if wanted not in self._made:
                self._made[wanted] = connect(wanted)
            return self._made[wanted]

    def far_place(self, address: str, layouts: Iterable[Layout]) -> FarPlace:
        """Where AUDIT_HEADS_PLACE says: `s3://bucket/prefix`, in any bucket of ours or of the same
        store. Raises ConfigError.
        """
        scheme, _, rest = address.partition("://")
        name, _, prefix = rest.partition("/")
        if scheme != "s3":
            raise ConfigError(
                f"AUDIT_HEADS_PLACE is {address!r}.", "Write it like s3://bucket/prefix/."
            )
        check_value("bucket", name, "AUDIT_HEADS_PLACE")

        def store() -> Store:
            for layout in layouts:
                for bucket in layout.buckets:
                    if bucket.bucket == name:
                        return self.get(layout, bucket)
            return self._store(self._plain_connection())

        return FarPlace(name, f"{prefix.strip('/')}/" if prefix else "", store)

    def secrets(self, layouts: Iterable[Layout]) -> set[Secret]:
        """The secret keys of all buckets: what must never be written anywhere."""
        return {
            self._connection(layout, bucket).secret_access_key
            for layout in layouts
            for bucket in layout.buckets
        }

    def close(self) -> None:
        """Lets go of all connections."""
        with self._lock:
            for store in self._made.values():
                store.close()
            self._made.clear()

    def _plain_connection(self) -> Connection:
        """As the settings say, whatever the project."""
        if self._embedded is not None:
            return _embedded_connection(self._embedded)
        return _own_connection(self._settings, self._config)

    def _connection(self, layout: Layout, bucket: Bucket) -> Connection:
        found = self._plain_connection()
        if self._embedded is not None:
            return found
        keys = layout_credentials(layout, self._settings, self._environ)
        if keys is not None:
            found = replace(
                found,
                access_key_id=keys[0],
                secret_access_key=keys[1],
                session_token=Secret(""),
                profile="",
            )
        return replace(found, region=bucket.region or found.region)


def _embedded_connection(store: EmbeddedStore) -> Connection:
    return Connection(
        endpoint_url=store.endpoint_url,
        region=store.region,
        access_key_id=store.access_key_id,
        secret_access_key=store.secret_access_key,
        addressing="path",
    )


def _own_connection(settings: Settings, config: Config) -> Connection:
    store = config.store
    return Connection(
        endpoint_url=settings.endpoint_url or store.endpoint_url,
        region=settings.region or store.region,
        access_key_id=settings.access_key_id,
        secret_access_key=settings.secret_access_key,
        session_token=settings.session_token,
        profile="" if settings.access_key_id else store.profile,
        addressing=settings.addressing or store.addressing,
    )
