"""The console as a person meets it: the first address, a clip to hear, a store of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import OUTPUT, Watch, settle
from playwright.sync_api import Page, Request, expect
from real_console import (
    CLIP,
    READY_S,
    Console,
    Traffic,
    audio,
    chosen,
    health,
    open_view,
    own_s3,
    panel,
    put_many,
    real_console,
    row,
    wait_audio,
    wait_ready,
)

from storage.s3.embedded import acquire

STORY = "The Owl Who Counted Stars.mp3"
PAGE_MAX_BYTES = 5_000_000


def test_a_deep_link_is_the_first_request(
    page: Page, tmp_path: Path, needs: Callable[[bool, str], None]
) -> None:
    """To a fresh server it runs the console's own script: its menu, the progress of the first
    start, and by itself the page of the link with its object opened."""
    told = tmp_path / "go on"
    env = {"STORAGE": "embedded", "STORAGE_DATA": str(tmp_path), "TEST_FILL_WHEN": str(told)}
    log = OUTPUT / "logs" / "deep-link.log"
    with (
        acquire(tmp_path, kind="seaweedfs") as lease,
        real_console(lease.store, env, log=log, script="tests/e2e/apps/console.py") as console,
    ):
        page.goto(console.browse(project="ssi", bucket="stage", prefix="mastered/", at=CLIP))
        expect(page.get_by_text("Getting the console ready")).to_be_visible()
        expect(page.get_by_text("1 of 3 objects")).to_be_visible()
        expect(page.get_by_role("link", name="Home")).to_be_visible()
        expect(page.get_by_role("link", name="Browse")).to_be_visible()
        told.touch()
        expect(chosen(page)).to_have_count(1, timeout=READY_S * 1_000)
        expect(chosen(page)).to_have_attribute("data-name", CLIP.removeprefix("mastered/"))
        expect(panel(page).get_by_role("button", name="Play")).to_be_visible()
        settle(page)


@pytest.mark.journey
def test_from_home_to_hearing_a_clip(page: Page, console: Console, watch: Watch) -> None:
    """Home's cards lead to listening and to a bucket; press play and sound advances; seeking asks
    the store again. The browser asks the store itself, for ranges."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108
    open_view(page, console.url)
    page.get_by_role("link", name="Listen to the clips").click()
    expect(page.get_by_role("heading", name="Listen")).to_be_visible()
    open_view(page, console.browse(project="ssi", bucket="stage", prefix="mastered/"))
    expect(page.get_by_role("navigation", name="Folder")).to_contain_text("mastered/")
    row(page, CLIP.removeprefix("mastered/")).get_by_role("link").click()
    expect(panel(page).get_by_text("Course clip")).to_be_visible()
    page.go_back()
    expect(chosen(page)).to_have_count(0)
    open_view(page, console.browse(project="yoto", bucket="dev", at=STORY))
    page.get_by_role("button", name="Play").click()
    wait_audio(page, lambda now: now["at"] > 0.3)
    first = audio(page)["at"]
    wait_audio(page, lambda now: now["at"] > first)
    page.get_by_label("Position").evaluate(
        "seek => { seek.value = seek.max * 0.6;"
        " seek.dispatchEvent(new Event('input')); seek.dispatchEvent(new Event('change')); }"
    )
    wait_audio(page, lambda now: now["at"] > 0.6 * now["duration"] and not now["paused"])
    from_store = [one for one in asked if one.url.startswith(console.store.endpoint_url)]
    assert from_store
    assert all(one.headers.get("range", "").startswith("bytes=") for one in from_store)
    assert not any(STORY.replace(" ", "%20") in url for url in watch.requests if console.url in url)


@pytest.fixture(scope="module")
def own_console(console: Console, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The same content as a store of the user's own; a clip's address lives 3 seconds."""
    folder = tmp_path_factory.mktemp("own") / "never made"
    env = own_s3(console.store, STORAGE_DATA=str(folder), TEST_CLIP_LIFE_S="8")
    log = OUTPUT / "logs" / "own-s3.log"
    with real_console(console.store, env, log=log, script="tests/e2e/apps/console.py") as running:
        wait_ready(running.url)
        yield running
        kept = {file.name for file in folder.iterdir()}
        assert not {"store", "filled.json"} & kept, "the demo's store was made"


def test_an_expired_clip_goes_on_where_it_was(page: Page, own_console: Console) -> None:
    """Paused until its address has expired at the store, a clip plays on from the same position,
    from another address of the same bytes."""
    open_view(page, own_console.browse(project="yoto", bucket="dev", at=STORY))
    page.get_by_role("button", name="Play").click()
    wait_audio(page, lambda now: now["at"] > 0.5)
    page.get_by_role("button", name="Pause").click()
    wait_audio(page, lambda now: now["paused"])
    before = audio(page)
    refused = page.request.get(before["src"])
    while refused.ok:  # 8 s at most: the signature's own life
        page.wait_for_timeout(250)
        refused = page.request.get(before["src"])
    assert refused.status == 403
    page.get_by_role("button", name="Play").click()
    wait_audio(page, lambda now: not now["paused"] and now["at"] > before["at"] + 0.2)
    after = audio(page)
    assert after["src"] != before["src"]
    assert after["at"] < before["at"] + 10


def test_own_s3_touches_nothing_of_the_demo(page: Page, own_console: Console) -> None:
    """With an endpoint of the user's own the console starts no store and makes none (the
    fixture looks at its end), and shows no banner of the demo."""
    assert health(own_console.url)["mode"] == "own"
    open_view(page, own_console.url)
    expect(page.get_by_role("link", name="Open the welcome recordings")).to_be_visible()
    expect(page.get_by_text("Sample projects in a store on this computer")).to_have_count(0)


def test_a_page_of_1000_rows_is_small(page: Page, console: Console) -> None:
    """All that the browser receives for it, Streamlit's own files included, is under 5 MB."""
    bucket = "yoto-audio-dev-669589759577"
    put_many(console.client, bucket, {f"thousand/{n:04}.mp3": b"" for n in range(1_001)})
    traffic = Traffic(page)
    open_view(page, console.browse(project="yoto", bucket="dev", prefix="thousand/", per="1000"))
    expect(page.locator("tbody tr")).to_have_count(1_000)
    settle(page)
    assert 100_000 < traffic.total() < PAGE_MAX_BYTES
    before = traffic.total()
    row(page, "0500.mp3").click()
    expect(panel(page).get_by_text("There is no preview")).to_be_visible()
    settle(page)
    assert traffic.total() - before < PAGE_MAX_BYTES / 5
