"""The fault proxy does what it says: otherwise the tests that stand on it show nothing."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from fault_proxy import SLOW, UNSEEN, Fault, FaultProxy

from storage.s3.client import Store, connect
from storage.s3.objects import IfAbsent, head_object, put_object, read_range
from storage.settings import Secret

FINAL = frozenset({Fault.DENIED, Fault.HALF_ANSWER})
FAULTS = [one for one in Fault if one not in (Fault.NONE, Fault.DELAY)]
BODY = bytes(range(256)) * 1_024


def test_without_a_fault_it_is_not_there(
    proxy: FaultProxy, faulty: Store, weed_store: Store, bucket: str
) -> None:
    """Signed requests, odd keys, bodies and refusals pass unchanged, and are kept with the answer."""
    key = "ü/a b+c%20&=.mp3"
    put_object(
        faulty, bucket, key, BODY, precondition=IfAbsent(), content_type="audio/mpeg",
        metadata={"who": "ann"},
    )  # fmt: skip
    assert read_range(weed_store, bucket, key, 0, len(BODY)) == BODY
    assert head_object(faulty, bucket, key) == head_object(weed_store, bucket, key)
    assert [(one.operation, one.status) for one in proxy.seen] == [
        ("PutObject", 200),
        ("HeadObject", 200),
    ]


def test_another_address_breaks_the_signature(proxy: FaultProxy, weed_store: Store) -> None:
    """The store checks what the proxy passes on: a request signed by another secret is refused."""
    stranger = connect(
        replace(weed_store.connection, endpoint_url=proxy.url, secret_access_key=Secret("wrong"))
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.client.list_buckets()
    stranger.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.name)
def test_a_fault_reaches_the_store_or_not_as_it_says(
    proxy: FaultProxy, faulty: Store, weed_store: Store, bucket: str, fault: Fault
) -> None:
    """The client fails, as often as it tries; the object is there only where the store was asked."""
    proxy.plan = lambda _request: fault
    began = time.monotonic()
    with suppress(BotoCoreError, ClientError):
        faulty.client.put_object(Bucket=bucket, Key="k", Body=BODY)
    waited = time.monotonic() - began
    # a refusal is final, and the SDK takes an answer that breaks off in its head for a whole one
    assert len(proxy.seen) == len(proxy.faulted("PutObject")) == (1 if fault in FINAL else 3)
    assert waited > 1.5 or fault not in SLOW
    there = weed_store.client.list_objects_v2(Bucket=bucket)["KeyCount"]
    assert there == len(proxy.reached()[:1])
    assert there == (fault not in UNSEEN | {Fault.CUT_REQUEST, Fault.LATE})
    proxy.recover()
    there = weed_store.client.list_objects_v2(Bucket=bucket)["KeyCount"]
    assert there == (fault not in UNSEEN | {Fault.CUT_REQUEST})


def test_a_delay_is_no_failure(proxy: FaultProxy, faulty: Store, bucket: str) -> None:
    """The answer comes, only later; and one failed try is made good by the next."""
    proxy.plan = lambda one: (Fault.DELAY, Fault.BUSY)[one.number % 2]
    faulty.client.put_object(Bucket=bucket, Key="k", Body=BODY)
    faulty.client.put_object(Bucket=bucket, Key="k", Body=BODY)
    assert [one.fault for one in proxy.seen] == [Fault.DELAY, Fault.BUSY, Fault.DELAY]


def test_it_ends_with_the_block(weed_store: Store) -> None:
    """Nothing listens afterwards, and a request that was stalled is let go at once."""
    with FaultProxy(weed_store.connection.endpoint_url) as running:
        port = int(running.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
