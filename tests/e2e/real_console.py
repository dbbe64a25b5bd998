"""The real console on a real store, and how a test drives its pages."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import boto3
from botocore.config import Config
from browser import settle, streamlit_server
from playwright.sync_api import Download, Locator, Page, expect

from storage.s3.embedded import EmbeddedStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

READY_S = 60  # two cores shared by several workers
CLIP = "mastered/0A6CCA1E-A89B-5AB5-8CF5-829968D746FB.mp3"


@dataclass(frozen=True)
class Console:
    """A running console, and a client of its store with all permissions."""

    url: str
    store: EmbeddedStore
    client: S3Client

    def browse(self, **view: str) -> str:
        """The address of a view of Browse."""
        return f"{self.url}/browse?{urlencode(view)}"


@contextmanager
def real_console(
    store: EmbeddedStore, env: Mapping[str, str], *, log: Path, script: str = "app.py"
) -> Iterator[Console]:
    """Serves the console with `env`; `store` is what it is told to use, or will find."""
    with streamlit_server(script, env, log=log) as url:
        yield Console(url, store, client_of(store))


def client_of(store: EmbeddedStore) -> S3Client:
    """A client with the store's own credentials."""
    return boto3.client(
        "s3",
        endpoint_url=store.endpoint_url,
        region_name=store.region,
        aws_access_key_id=store.access_key_id,
        aws_secret_access_key=str(store.secret_access_key),
        config=Config(retries={"total_max_attempts": 2}, connect_timeout=2),
    )


def own_s3(store: EmbeddedStore, **env: str) -> dict[str, str]:
    """The environment of a console whose user brings `store` as a store of their own."""
    return {
        "S3_ENDPOINT_URL": store.endpoint_url,
        "AWS_ACCESS_KEY_ID": store.access_key_id,
        "AWS_SECRET_ACCESS_KEY": str(store.secret_access_key),
        "AWS_REGION": store.region,
        **env,
    }


def health(url: str) -> dict[str, Any]:
    """What /api/health answers."""
    with urllib.request.urlopen(f"{url}/api/health", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def wait_ready(url: str) -> None:
    """Until the console's store is up and filled."""
    deadline = time.monotonic() + READY_S
    while health(url)["status"] != "ready":
        assert time.monotonic() < deadline, health(url)
        time.sleep(0.1)


def put_many(client: S3Client, bucket: str, objects: Mapping[str, bytes]) -> None:
    """Stores them all, as audio."""
    with ThreadPoolExecutor(8) as pool:
        put = [
            pool.submit(
                client.put_object, Bucket=bucket, Key=key, Body=body, ContentType="audio/mpeg"
            )
            for key, body in objects.items()
        ]
        for one in put:
            one.result()


# -- the page -----------------------------------------------------------------------------------


def open_view(page: Page, url: str) -> None:
    """Goes there and waits until the page is at rest."""
    page.goto(url)
    settle(page)


def row(page: Page, name: str) -> Locator:
    """The row of the table that shows exactly `name`."""
    quoted = "".join(f"\\{ord(char):x} " if char in '"\\' else char for char in name)
    return page.locator(f'tr[data-name="{quoted}"]')


def names(page: Page) -> list[str]:
    """The names the table shows, from the first to the last; waits for the table."""
    rows = page.locator("tbody tr")
    expect(rows.first).to_be_visible()
    found: list[str] = rows.evaluate_all("rows => rows.map(r => r.dataset.name)")
    return found


def count_says(page: Page, words: str) -> None:
    """Waits for the words under the table."""
    expect(page.locator(".foot .count")).to_have_text(words)


def chosen(page: Page) -> Locator:
    """The selected rows."""
    return page.locator('tr[aria-selected="true"]')


def panel(page: Page) -> Locator:
    """The panel beside the table."""
    return page.locator(".st-key-browse-panel")


def choose(page: Page, label: str, option: str) -> None:
    """Chooses in a select box, once its menu has opened."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def downloaded(page: Page, act: Callable[[], None]) -> Download:
    """What the browser saves because of `act`, in this tab or in one that opens for it."""
    saved: list[Download] = []

    def follow(tab: Page) -> None:
        tab.on("download", lambda download: saved.append(download))  # noqa: PLW0108

    page.context.on("page", follow)
    follow(page)
    act()
    deadline = time.monotonic() + 30
    while not saved:
        assert time.monotonic() < deadline, "nothing was downloaded"
        page.wait_for_timeout(50)
    return saved[0]


def audio(page: Page) -> dict[str, Any]:
    """The audio element's position, state and source."""
    found: dict[str, Any] = page.locator("audio").evaluate(
        "a => ({at: a.currentTime, paused: a.paused, ended: a.ended, src: a.src,"
        " duration: a.duration})"
    )
    return found


def wait_audio(page: Page, fits: Callable[[dict[str, Any]], bool], timeout_s: float = 20) -> None:
    """Until the audio element is as `fits` wants it."""
    deadline = time.monotonic() + timeout_s
    while not fits(audio(page)):
        assert time.monotonic() < deadline, audio(page)
        page.wait_for_timeout(50)


class Traffic:
    """The bytes a page receives, over HTTP as sent and over its websocket."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("websocket", lambda line: line.on("framereceived", self._frame))
        page.on("requestfinished", self._finished)
        self._requests: list[Any] = []

    def _frame(self, payload: str | bytes) -> None:
        self.bytes += len(payload)

    def _finished(self, request: Any) -> None:
        self._requests.append(request)

    def total(self) -> int:
        """All bytes so far."""
        done, self._requests = self._requests, []
        for request in done:
            sizes = request.sizes()
            self.bytes += sizes["responseBodySize"] + sizes["responseHeadersSize"]
        return self.bytes
