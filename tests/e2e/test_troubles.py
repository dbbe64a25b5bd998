"""What goes wrong while a page is open, said on the page in plain words, and how it goes on."""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import OUTPUT
from playwright.sync_api import Locator, Page, expect
from real_console import (
    Console,
    client_of,
    open_view,
    own_s3,
    panel,
    put_many,
    real_console,
    row,
    wait_ready,
)

from storage.s3.embedded import EmbeddedStore, acquire
from storage.settings import Secret

DEV = "yoto-audio-dev-669589759577"
ENDS_S = 30  # a store ends some seconds after its last user


def trouble(page: Page) -> Locator:
    """The box with what happened and what to do."""
    return page.get_by_test_id("stAlert")


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Callable[..., Console]]:
    """`start(store, **env)`: a console on that store of the user's own."""
    with ExitStack() as running:

        def run(store: EmbeddedStore, **env: str) -> Console:
            log = OUTPUT / "logs" / f"{request.node.name}.log"
            console = running.enter_context(real_console(store, own_s3(store, **env), log=log))
            wait_ready(console.url)
            return console

        yield run


def test_a_mistyped_folder(page: Page, console: Console) -> None:
    """It says that nothing is there, and leads up again; it does not look like a failure."""
    open_view(page, console.browse(project="ssi", bucket="stage", prefix="masterd/"))
    expect(page.get_by_text("This folder is empty.")).to_be_visible()
    expect(page.get_by_text("the address has a typing error")).to_be_visible()
    expect(page.get_by_role("link", name="ssi-audio-stage")).to_be_visible()
    expect(trouble(page)).to_have_count(0)


def test_an_object_that_vanished_since_it_was_listed(page: Page, console: Console) -> None:
    """A click on it says that it is gone; after Reload it is no longer in the list."""
    put_many(console.client, DEV, {"vanish/gone.mp3": b"x", "vanish/stays.mp3": b"x"})
    open_view(page, console.browse(project="yoto", bucket="dev", prefix="vanish/"))
    expect(row(page, "gone.mp3")).to_be_visible()
    console.client.delete_object(Bucket=DEV, Key="vanish/gone.mp3")
    row(page, "gone.mp3").click()
    expect(trouble(page)).to_contain_text("The object is no longer there.")
    expect(trouble(page)).to_contain_text("Reload the list.")
    page.get_by_role("button", name="Reload").click()
    expect(row(page, "gone.mp3")).to_have_count(0)
    row(page, "stays.mp3").click()
    expect(trouble(page)).to_have_count(0)
    expect(panel(page).get_by_text("Address")).to_be_visible()


def test_a_store_that_goes_and_comes_back(
    page: Page, tmp_path: Path, start: Callable[..., Console], needs: Callable[[bool, str], None]
) -> None:
    """While the store is down the page says so; when it answers, the page goes on by itself."""
    with acquire(tmp_path, kind="seaweedfs") as lease:
        store = lease.store
        client_of(store).create_bucket(Bucket="ssi-audio-stage")
        put_many(
            client_of(store), "ssi-audio-stage", {"mastered/a.mp3": b"", "mastered/b.mp3": b""}
        )
        console = start(store)
        open_view(page, console.browse(project="ssi", bucket="stage", prefix="mastered/"))
        expect(row(page, "a.mp3")).to_be_visible()
    port = urlsplit(store.endpoint_url).port or 0
    wait_closed(port)
    page.get_by_role("button", name="Reload").click()
    expect(trouble(page)).to_contain_text(f"{port} cannot be reached.")
    expect(trouble(page)).to_contain_text("Check that it is running")
    expect(page.get_by_text("tries again every 5 seconds")).to_be_visible()
    with acquire(tmp_path, kind="seaweedfs", port=port):
        expect(row(page, "b.mp3")).to_be_visible(timeout=30_000)
        expect(trouble(page)).to_have_count(0)


def wait_closed(port: int) -> None:
    """Until nothing listens on `port` of this machine."""
    deadline = time.monotonic() + ENDS_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    pytest.fail(f"port {port} is still open")


def test_a_wrong_secret(page: Page, console: Console, start: Callable[..., Console]) -> None:
    """It is named for what it is, on Browse and on Home; the secret stands nowhere."""
    secret = "not-the-secret-that-the-store-knows"
    wrong = start(dataclasses.replace(console.store, secret_access_key=Secret(secret)))
    open_view(page, wrong.browse(project="ssi", bucket="stage"))
    expect(trouble(page)).to_contain_text("key and secret do not match")
    open_view(page, wrong.url)
    expect(page.get_by_text("key and secret do not match").first).to_be_visible()
    assert secret not in page.content()


def test_a_bucket_that_is_not_there(
    page: Page, console: Console, start: Callable[..., Console]
) -> None:
    """A mistyped bucket name is said with the name, and where to correct it."""
    running = start(console.store, STORAGE_LAYOUT="ssi", S3_STAGE_BUCKET="ssi-audio-stagee")
    open_view(page, running.browse(project="ssi", bucket="stage"))
    expect(trouble(page)).to_contain_text("There is no bucket 'ssi-audio-stagee' here.")
    open_view(page, running.url)
    expect(page.get_by_text("There is no bucket 'ssi-audio-stagee' here.").first).to_be_visible()
    expect(page.locator(".card").filter(has_text="Prod (live)").first).to_contain_text("objects")


def test_an_empty_bucket_says_so(
    page: Page, console: Console, start: Callable[..., Console]
) -> None:
    """No table, no failure: it is empty, and what will appear."""
    console.client.create_bucket(Bucket="nothing-here")
    running = start(console.store, STORAGE_LAYOUT="ssi", S3_STAGE_BUCKET="nothing-here")
    open_view(page, running.browse(project="ssi", bucket="stage"))
    expect(page.get_by_text("This bucket is empty.")).to_be_visible()
    expect(trouble(page)).to_have_count(0)
