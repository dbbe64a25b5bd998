"""The fault rig: the proxy before the real store, and clients that lose patience quickly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from botocore.retries.adaptive import ClientRateLimiter
from botocore.retries.standard import ExponentialBackoff
from changes_rig import Rig
from fault_proxy import FaultProxy

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.gate import Gate
from storage.s3 import client
from storage.s3.bucket import keep_versions
from storage.s3.client import Store, connect
from storage.s3.embedded import EmbeddedStore

PATIENCE_S = 0.6


@pytest.fixture
def proxy(weed: EmbeddedStore) -> Iterator[FaultProxy]:
    """A `FaultProxy` before the real store; set its `plan`."""
    with FaultProxy(weed.endpoint_url) as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients made from now on give up a try in under a second and do not wait between tries.

    How long the SDK waits, and that it slows down after a 503, is its own business; the tries are
    as many as ever.
    """
    monkeypatch.setattr(client, "READ_TIMEOUT_S", PATIENCE_S)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda _self, _context: 0.01)
    monkeypatch.setattr(ClientRateLimiter, "on_sending_request", lambda _self, **_request: None)


@pytest.fixture
def faulty(proxy: FaultProxy, weed_store: Store, impatient: None) -> Iterator[Store]:
    """The library's own connection to the store through `proxy`."""
    store = connect(replace(weed_store.connection, endpoint_url=proxy.url))
    assert store.capabilities.put_if_match, "the proxy hides which server it is"
    proxy.seen.clear()
    yield store
    store.close()


@pytest.fixture
def rig(
    faulty: Store,
    bucket: str,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
) -> Iterator[Rig]:
    """Changes over the real store through `proxy`; Stage and Canonical are one bucket that keeps
    versions.
    """
    keep_versions(faulty, bucket)
    buckets = {"stage": bucket, "canonical": bucket}
    made = Rig.over(faulty, buckets, gate_to, audit, console_database)
    yield made
    made.jobs.close()
