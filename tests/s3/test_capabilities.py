"""Servers are recognised by what they answer to a GET, and trusted with what is known of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from storage.errors import Unavailable
from storage.s3.capabilities import Capabilities, probe, recognise
from storage.s3.client import Connection, Store, connect
from storage.settings import Secret


@pytest.mark.parametrize(
    ("headers", "server"),
    [
        ({"server": "SeaweedFS 8000GB 4.48"}, "SeaweedFS"),
        ({"server": "nginx", "x-amz-request-id": "18E9FD0EE27F63331A56F7F1"}, "SeaweedFS"),
        ({"server": "AmazonS3", "x-amz-request-id": "4B4NDF5S6DZV2Q1T"}, "Amazon S3"),
        ({"x-amz-request-id": "4B4NDF5S6DZV2Q1T"}, "Amazon S3"),
        ({"server": "MinIO", "x-amz-request-id": "17F3B1C5E5D0D7E2"}, "MinIO"),
        ({"x-amz-request-id": "17F3B1C5E5D0D7E2"}, "MinIO"),
        ({"x-amz-request-id": "tx00000000000000000000a-006915f0c1-4153-default"}, "Ceph"),
        ({"server": "Ceph Object Gateway (squid)"}, "Ceph"),
        ({"server": "cloudflare"}, "S3 server"),
        ({}, "S3 server"),
    ],
)
def test_recognises_servers_also_behind_a_proxy(headers: dict[str, str], server: str) -> None:
    """The Server header counts first, then the form of the request id that a proxy lets through."""
    assert recognise(headers).server == server


def test_trusts_an_unknown_server_with_nothing() -> None:
    """Nothing is claimed of a server that nobody measured."""
    unknown = asdict(recognise({"server": "nginx"}))
    assert True not in unknown.values()
    assert list(unknown.values()).count(False) == 11


def test_knows_that_ceph_ignores_if_match() -> None:
    """A condition that the server takes and ignores is not offered as kept."""
    ceph = recognise({"server": "Ceph Object Gateway (pacific)"})
    assert ceph.put_if_absent
    assert not ceph.put_if_match
    assert not ceph.copy_source_if_match


def test_holds_every_name_where_names_are_flat() -> None:
    """On AWS and moto no key is refused beforehand, however odd."""
    for server in ("AmazonS3", "Werkzeug/3.1.9 Python/3.11"):
        capabilities = recognise({"server": server})
        assert [capabilities.unholdable(key) for key in ("//x", "../y", "d/", "\\")] == [None] * 4


def _probe_noting_methods(store: Store) -> tuple[Capabilities, list[str]]:
    methods: list[str] = []

    def note(request: Any, **_: Any) -> None:
        methods.append(request.method)

    store.client.meta.events.register("before-send.s3", note)
    try:
        return probe(store.client), methods
    finally:
        store.client.meta.events.unregister("before-send.s3", note)


def test_probes_moto_by_one_get(moto_store: Store) -> None:
    """Probing sends one GET and no other request."""
    capabilities, methods = _probe_noting_methods(moto_store)
    assert capabilities.server == "moto (in memory)"
    assert methods == ["GET"]


def test_probes_seaweedfs_by_one_get(weed_store: Store) -> None:
    """The real server is recognised, and a key it would store elsewhere is known."""
    capabilities, methods = _probe_noting_methods(weed_store)
    assert capabilities.server == "SeaweedFS"
    assert capabilities.unholdable("/lead") is not None
    assert methods == ["GET"]


def test_recognises_a_server_that_refuses(weed_store: Store) -> None:
    """Credentials that may not list buckets, or are wrong, still show which server it is."""
    stranger = connect(
        Connection(
            endpoint_url=weed_store.connection.endpoint_url,
            region="us-east-1",
            access_key_id="NOBODY",
            secret_access_key=Secret("wrong"),
        )
    )
    assert probe(stranger.client).server == "SeaweedFS"
    stranger.close()


def test_an_absent_server_is_an_error_and_not_an_unknown_one(free_port: int) -> None:
    """Without an answer nothing is decided: a key check must not be skipped by an outage."""
    store = connect(
        Connection(
            endpoint_url=f"http://127.0.0.1:{free_port}",
            region="us-east-1",
            access_key_id="a",
            secret_access_key=Secret("b"),
        )
    )
    with pytest.raises(Unavailable):
        probe(store.client)
    store.close()
