"""Listening, by hand in Chromium, on the real console and store: a QA listener's first clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import settle
from playwright.sync_api import Page, expect
from real_console import Console, put_many

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
