"""How a console is set up, for an admin to look at. Nothing here is a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from storage.config import Config
from storage.errors import StorageError
from storage.layout.profile import Bucket, Layout
from storage.s3.client import Store
from storage.settings import Said

_WORDS = {
    "versions": "keep old versions of objects",
    "put_if_absent": "refuse to write over something that is there",
    "put_if_match": "refuse to write over what somebody else changed",
    "multipart_conditions": "do both for large uploads too",
    "copy_source_if_match": "refuse to copy what changed meanwhile",
    "copy_conditions": "refuse to copy over what somebody else changed",
    "delete_if_match": "refuse to delete what somebody else changed",
    "delete_batch_if_match": "do that for many objects at once",
    "compares_crc32": "compare what it gets with a checksum (CRC32)",
    "encrypts_all": "encrypt all that it keeps",
}


@dataclass(frozen=True, slots=True)
class StoreSetup:
    """One store and what it can and cannot do, in words that follow "It can"; `error` when it
    could not be asked.
    """

    server: str
    address: str  # "" for AWS
    buckets: tuple[str, ...]
    can: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()
    error: StorageError | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """All of it. `database` is "sqlite" or "postgresql"."""

    said: tuple[Said, ...]
    config_file: Path | None
    config: Config
    database: str
    layouts: Mapping[str, Layout]
    store_for: Callable[[Layout, Bucket], Store]
    stores: tuple[StoreSetup, ...] = ()


def look_at_stores(setup: Setup) -> Setup:
    """The same with `stores` filled: one request to each that was not asked before."""
    buckets: dict[Store, list[str]] = {}
    for layout in setup.layouts.values():
        for bucket in layout.buckets:
            buckets.setdefault(setup.store_for(layout, bucket), []).append(bucket.bucket)
    return replace(setup, stores=tuple(_look(store, names) for store, names in buckets.items()))


def _look(store: Store, buckets: list[str]) -> StoreSetup:
    names, address = tuple(dict.fromkeys(buckets)), store.connection.endpoint_url
    try:
        known = store.capabilities
    except StorageError as error:
        return StoreSetup("S3 server", address, names, error=error)
    flags = {words: bool(getattr(known, name)) for name, words in _WORDS.items()}
    return StoreSetup(
        known.server,
        address,
        names,
        can=tuple(words for words, has in flags.items() if has),
        cannot=tuple(words for words, has in flags.items() if not has),
    )
