"""Pages over a stand-in store that holds a few objects of the language courses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from page_rig import BUCKETS, Console, own_s3
from scripted_server import ScriptedServer
from streamlit.components.v2 import manifest_scanner

from storage import bootstrap
from storage.bootstrap import Services
from storage.s3.client import Store


@pytest.fixture
def stocked(moto_store: Store) -> Store:
    """The stand-in with the three buckets of the language courses, and a few objects in each."""
    for bucket, objects in BUCKETS.items():
        moto_store.client.create_bucket(Bucket=bucket)
        for key, body in objects.items():
            kind = "audio/mpeg" if key.endswith(".mp3") else "text/plain"
            moto_store.client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind)
    return moto_store


@pytest.fixture(scope="session", autouse=True)
def _installed_components() -> Iterator[None]:
    """Each run of a page would look through all installed packages for components again."""
    with pytest.MonkeyPatch.context() as patch:
        scan = manifest_scanner.scan_component_manifests
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


@pytest.fixture(autouse=True)
def _fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a process keeps (services, status, caches) does not go from test to test, nor do files."""
    monkeypatch.chdir(tmp_path)
    for fact in ("ip_address", "timezone"):  # of a browser, which is not there
        monkeypatch.setattr(type(st.context), fact, None)
    st.cache_resource.clear()
    yield
    bootstrap.close()


@pytest.fixture
def services(stocked: Store) -> Services:
    """The console's services over the stand-in, as if it were the embedded store."""
    return replace(own_s3(stocked.connection.endpoint_url), mode="seaweedfs")


@pytest.fixture
def installed(services: Services) -> Services:
    """The same, in use by the process."""
    bootstrap.install(services)
    return services


@pytest.fixture
def console(installed: Services, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A tab of the console over the stocked stand-in."""
    return Console(monkeypatch)


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """A `ScriptedServer`; set its `answer`."""
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def scripted_console(scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A tab of a console whose store is the scripted server."""
    bootstrap.install(own_s3(scripted.url))
    return Console(monkeypatch)
