"""Listening, by hand in Chromium, on the real console and store: a QA listener's first clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import OUTPUT, settle
from playwright.sync_api import Page, expect
from provider import running_provider, sign_in, signed_console, way_in
from real_console import Console, own_s3, put_many, wait_ready

STAGE = "ssi-audio-stage"
PREFIX = "mastered/FFFFFFF0"
SAMPLES = Path(__file__).parents[2] / "storage" / "demo" / "samples" / "ssi"


@pytest.fixture
def clips(console: Console) -> Iterator[list[str]]:
    """Three clips of our own under names that begin alike."""
    bodies = [path.read_bytes() for path in sorted(SAMPLES.glob("*.mp3"))[:3]]
    keys = [f"{PREFIX}-0000-4000-8000-00000000000{number}.mp3" for number in range(3)]
    put_many(console.client, STAGE, dict(zip(keys, bodies, strict=True)))
    yield keys
    for key in keys:
        console.client.delete_object(Bucket=STAGE, Key=key)


@pytest.mark.journey
def test_clips_are_heard_and_judged_and_the_page_opens_there_again(
    console: Console, page: Page, clips: list[str]
) -> None:
    """Home's card leads to the page; two keys judge two clips; what is left is there after a new
    start of the page without an address; a verdict taken back brings its clip again.
    """
    page.goto(f"{console.url}/?project=ssi&as=qa")
    settle(page)
    expect(page.get_by_role("link", name="Listen to the clips")).to_have_attribute(
        "href", "listen?project=ssi&bucket=stage&as=qa"
    )
    query = {"project": "ssi", "bucket": "stage", "prefix": PREFIX, "order": "course"}
    page.goto(f"{console.url}/listen?{urlencode(query)}")
    numbers, phrase = page.locator(".numbers"), page.locator(".phrase")
    expect(numbers).to_have_text("3 of 3 clips to hear")
    first = phrase.inner_text()
    page.keyboard.press("a")
    expect(phrase).not_to_have_text(first)
    page.keyboard.press("1")
    page.keyboard.press("x")
    expect(numbers).to_have_text("1 of 3 clips to hear")
    expect(page.locator(".saved")).to_have_text("All saved")
    page.goto(f"{console.url}/listen?project=ssi")
    expect(numbers).to_have_text("1 of 3 clips to hear")
    assert PREFIX in page.url.replace("%2F", "/")
    page.keyboard.press("s")
    expect(page.locator(".empty")).to_contain_text("All of this is heard.")
    page.keyboard.press("u")
    expect(numbers).to_have_text("1 of 3 clips to hear")
    expect(phrase).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(900, "light"), (1440, "dark")])
def test_verdicts_are_taken_along_brought_in_and_counted_for_the_gate(
    console: Console,
    new_page: Callable[..., Page],
    clips: list[str],
    width: int,
    scheme: str,
) -> None:
    """The CSV that the menu gives is taken back by it as known; Progress tells what is left to hear
    before going live; nothing is wider than the screen, in either theme.
    """
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    query = {"project": "ssi", "bucket": "stage", "prefix": PREFIX, "order": "course", "as": "qa"}
    address = f"{console.url}/listen?{urlencode(query)}"
    page.goto(address)
    expect(page.locator(".numbers")).to_contain_text("clips to hear")
    page.keyboard.press("a")
    expect(page.locator(".saved")).to_have_text("All saved")
    page.goto(f"{address}&show=progress")
    page.get_by_role("button", name="What must be heard before going live?").click()
    expect(page.get_by_text("to be heard", exact=False).first).to_be_visible()
    page.screenshot(path=OUTPUT / "screenshots" / f"listening-gate-{width}-{scheme}.png")
    page.get_by_role("button", name="More").click()
    with page.expect_download() as got:
        page.get_by_role("button", name="Verdicts as CSV").click()
    file = got.value.path()
    assert any(key in file.read_text("utf-8") for key in clips)
    page.locator(".st-key-listening-import input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Bring them in").click()
    expect(page.get_by_text("brought in,", exact=False)).to_be_visible()
    page.goto(f"{address}&show=clips")
    settle(page)
    expect(page.get_by_text("Tick rows to judge them together")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")
def test_a_sign_in_that_ends_within_the_player_loses_no_verdict(
    console: Console, page: Page, clips: list[str], tmp_path: Path
) -> None:
    """Two verdicts are given after the session's hours: the browser keeps them, the player says so
    and leads to the sign-in; back from the provider, at the same place, they are sent by themselves.
    """
    query = {"project": "ssi", "bucket": "stage", "prefix": PREFIX, "order": "course", "as": "qa"}
    env = own_s3(console.store)
    log = OUTPUT / "logs" / "test_a_sign_in_that_ends.log"
    with (
        running_provider() as provider,
        signed_console(provider, env, tmp_path, log=log) as signed,
    ):
        wait_ready(signed.url)
        page.context.add_cookies([signed.cookie("both", age_s=3_600 - 25)])
        address = f"{signed.url}/listen?{urlencode(query)}"
        page.goto(address)
        numbers, saved = page.locator(".numbers"), page.locator(".saved")
        expect(numbers).to_have_text("3 of 3 clips to hear")
        page.keyboard.press("a")
        expect(saved).to_have_text("All saved")
        page.wait_for_timeout(25_000)
        page.keyboard.press("s")
        page.keyboard.press("1")
        page.keyboard.press("x")
        expect(saved).to_have_text("2 verdicts kept here")
        banner = page.locator(".banner")
        expect(banner).to_contain_text("You have been signed out.")
        expect(banner).to_contain_text("2 verdicts kept in this browser; sent once you are signed")
        banner.get_by_role("button", name="Sign in").click()
        expect(way_in(page)).to_be_visible()
        sign_in(page, "both")
        assert page.url == address
        expect(saved).to_have_text("All saved")
        expect(numbers).to_have_text("0 of 3 clips to hear")
        page.goto(f"{address}&show=progress")
        expect(page.get_by_text("Bo Both").first).to_be_visible()
        assert (
            page.evaluate("Object.keys(localStorage).filter(k => /:verdict:/.test(k)).length") == 0
        )
