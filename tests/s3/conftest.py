"""A scripted server and a store connected to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted_server import ScriptedServer

from storage.s3.client import Connection, Store, connect
from storage.settings import Secret


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """A `ScriptedServer`; set its `answer`."""
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def scripted_store(scripted: ScriptedServer) -> Iterator[Store]:
    """A connection to `scripted`, signed for us-east-1 with temporary-looking credentials."""
    store = connect(
        Connection(
            endpoint_url=scripted.url,
            region="us-east-1",
            access_key_id="AKIDEXAMPLE",
            secret_access_key=Secret("wJalrXUtnFEMI-never-shown"),
            session_token=Secret("token-never-shown"),
        )
    )
    yield store
    store.close()
