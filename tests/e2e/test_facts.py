"""Facts and pictures in Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Watch, settle
from hostile import HOSTILE
from playwright.sync_api import Locator, Page, expect

from ui.text import visible

ODD = "a\r\nb\u202e\u00a0 "


@pytest.fixture
def show(run_streamlit: Callable[..., str]) -> Callable[[Page], Locator]:
    """`show(page)`: opens the test page -> its ordinary facts."""
    url = run_streamlit("tests/e2e/apps/facts_page.py")

    def go(page: Page) -> Locator:
        page.goto(url)
        expect(page.get_by_text("all shown")).to_be_visible()
        settle(page)
        return page.locator(".st-key-ordinary .facts")

    return go


def row(facts: Locator, label: str) -> Locator:
    """The value beside `label`."""
    return facts.locator("dl > div").filter(has=facts.page.locator("dt", has_text=label))


def test_hostile_strings_are_text(page: Page, show: Callable[[Page], Locator]) -> None:
    """Headings, labels, values and titles are shown character by character."""
    show(page)
    sections = page.locator(".st-key-hostile section")
    expect(sections).to_have_count(len(HOSTILE))
    for number, text in enumerate(HOSTILE):
        for part in ("h4", "dt", ".value"):
            found = sections.nth(number).locator(part)
            assert found.evaluate("e => e.textContent") == visible(text)
            assert found.evaluate("e => e.children.length") == 0
        assert sections.nth(number).locator("dd").get_attribute("title") == visible(text)
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Asia/Tokyo", "2026-11-16 19:07:05"), ("America/New_York", "2026-11-16 05:07:05")],
)
def test_times_are_in_the_readers_zone_with_utc_on_hover(
    new_page: Callable[..., Page], show: Callable[[Page], Locator], zone: str, shown: str
) -> None:
    """The same moment reads 19:07 in Tokyo and 5:07 in New York; hovering says 10:07 UTC."""
    facts = show(new_page(timezone_id=zone, locale="en-US"))
    moment = row(facts, "Modified").locator("time")
    expect(moment).to_have_text(shown)
    expect(moment).to_have_attribute("title", "2026-11-16 10:07:05 UTC")
    expect(row(facts, "Wrong time")).to_contain_text("yesterday")


def test_a_copy_button_copies_the_exact_value(
    new_page: Callable[..., Page], show: Callable[[Page], Locator]
) -> None:
    """What is on the clipboard is the value itself, not the form that is shown; and it says so."""
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    facts = show(page)
    facts.get_by_role("button", name="Copy Odd").click()
    expect(row(facts, "Odd").get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == ODD
    expect(row(facts, "Odd").get_by_role("status")).to_have_text("")
    expect(facts.get_by_role("button")).to_have_count(3)


def test_copying_works_without_the_clipboard_api(
    new_page: Callable[..., Page], show: Callable[[Page], Locator]
) -> None:
    """A console reached by plain http on a network has no clipboard API: the old way serves."""
    page = new_page(permissions=["clipboard-read"])
    facts = show(page)
    page.evaluate("Object.defineProperty(navigator.clipboard, 'writeText', {value: undefined})")
    facts.get_by_role("button", name="Copy ETag").click()
    expect(row(facts, "ETag").get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "d41d8cd98f00b204e9800998ecf8427e"


def test_tones_have_a_word_and_long_values_wrap(
    page: Page, show: Callable[[Page], Locator]
) -> None:
    """A tone is an icon with a name beside the text; a long key stays inside its column."""
    facts = show(page)
    for label, tone in (("Content type", "OK"), ("Type", "Error"), ("Note", "Warning")):
        expect(row(facts, label).get_by_role("img", name=tone).first).to_be_visible()
    assert facts.evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_is_in_the_page_alone_and_opens_larger(
    new_page: Callable[..., Page], show: Callable[[Page], Locator], watch: Watch, scheme: str
) -> None:
    """The picture comes as data, never from an address others could open; a click enlarges it."""
    page = new_page(color_scheme=scheme)
    show(page)
    picture = page.locator(".st-key-picture .picture")
    small = picture.locator("button img")
    expect(small).to_have_attribute("alt", 'A "gradient" <b>')
    assert small.evaluate("i => i.complete && i.naturalWidth") == 640
    expect(picture.locator("dialog")).to_be_hidden()
    small.click()
    expect(picture.locator("dialog img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(picture.locator("dialog")).to_be_hidden()
    assert not [url for url in watch.requests if "/media/" in url and "/static/" not in url]
