"""Pages over a stand-in store that holds a few objects of the language courses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import streamlit as st
from console import Console
from scripted_server import ScriptedServer

from storage import bootstrap
from storage.bootstrap import Services
from storage.objects.service import Objects
from storage.s3.client import Store

A_CLIP = "mastered/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"
EMPTY_CLIP = "mastered/1B834F14-EA86-5572-911A-5CDD4CE2A9CA.mp3"
MP3 = b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\x00" * 100
STAGE = {A_CLIP: MP3, EMPTY_CLIP: b"", "mastered/2.txt": b"two", "readme.txt": b"read me"}
CANONICAL = {
    "canonical/welcomes/ita.wav": b"RIFF",
    "canonical/welcomes/cym.wav": b"RIFF",
    "canonical/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3": MP3,  # against THE RULE
}
BUCKETS = {
    "ssi-audio-stage": STAGE,
    "ssiborg-assets": {A_CLIP: MP3},
    "popty-bach-lfs": CANONICAL,
}


def own_s3(url: str) -> Services:
    """Services over a store of one's own at `url`, as three variables choose it."""
    return bootstrap.build(
        {
            "S3_ENDPOINT_URL": url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalr-never-shown",
        }
    )


@pytest.fixture
def stocked(moto_store: Store) -> Store:
    """The stand-in with the three buckets of the language courses, and a few objects in each."""
    for bucket, objects in BUCKETS.items():
        moto_store.client.create_bucket(Bucket=bucket)
        for key, body in objects.items():
            kind = "audio/mpeg" if key.endswith(".mp3") else "text/plain"
            moto_store.client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind)
    return moto_store


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """What a process keeps (services, status, caches) does not go from test to test."""
    st.cache_resource.clear()
    yield
    bootstrap.close()


@pytest.fixture
def installed(stocked: Store) -> Services:
    """The console's services over the stand-in, as if it were the embedded store."""
    services = replace(own_s3(stocked.connection.endpoint_url), mode="seaweedfs")
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


def with_store(services: Services, store_for: Callable[..., Store]) -> Services:
    """The same services, with other stores behind the buckets."""
    objects = Objects(services.layouts, store_for, lambda: datetime.now(UTC))
    return replace(services, store_for=store_for, objects=objects)
