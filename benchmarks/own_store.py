"""A store of a benchmark's own: connecting to it, and filling it with many small objects before
something is measured: past the SDK, which takes three times as long."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from storage.s3.client import Connection, Store, connect
from storage.s3.conditions import IfAbsent
from storage.s3.embedded import EmbeddedStore
from storage.s3.facts import Facts
from storage.s3.objects import put_with

_AT_ONCE = 16


def connected(to: EmbeddedStore) -> Store:
    """By the library's own connection."""
    return connect(Connection(to.endpoint_url, to.region, to.access_key_id, to.secret_access_key))


def put_all(store: Store, bucket: str, objects: Iterable[tuple[str, bytes]]) -> None:
    """Stores each (key, body) as a clip, where nothing is. Raises as `put_object`."""
    facts = Facts("audio/mpeg")

    def put(one: tuple[str, bytes]) -> None:
        key, body = one
        sha256 = hashlib.sha256(body).hexdigest()
        put_with(store, bucket, key, body, facts, precondition=IfAbsent(), sha256=sha256)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(put, objects):
            pass
