"""Welcomes, by hand in Chromium, on the real store: a content editor's whole journey."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from browser import ARGUMENTS, Watch, find_chromium, settle
from playwright.sync_api import Browser, Locator, Page, expect
from real_console import Console, open_view, row
from sounds import joined, silence, speech, wav

SHARED, STAGE = "popty-bach-lfs", "ssi-audio-stage"
REGISTRY, GLE_WAV = "canonical/welcomes.json", "canonical/welcomes/gle.wav"
COURSE = "gle_for_eng"
RATE_HZ = 16_000
JOB_MS = 60_000  # two cores shared by several workers
QUIET = wav(joined(silence(1.2, RATE_HZ), speech(2.0, RATE_HZ, level=0.03), silence(1.5, RATE_HZ)))
SECOND = wav(speech(2.5, RATE_HZ, level=0.7, seed=5))
HOSTILE = "Fáilte! <img src=x onerror=window.hacked=1> ![](http://elsewhere.example/x) **b**"


def body(console: Console, key: str, bucket: str = SHARED) -> bytes:
    """What is stored there."""
    return console.client.get_object(Bucket=bucket, Key=key)["Body"].read()


def entry(console: Console) -> dict[str, Any]:
    """Our course's entry of the registry."""
    found: dict[str, Any] = json.loads(body(console, REGISTRY))["welcomes"][COURSE]
    return found


@pytest.fixture
def irish(console: Console) -> Iterator[None]:
    """Irish has no welcome before the test, and none after it."""
    before = body(console, REGISTRY)
    yield
    welcomes = json.loads(body(console, REGISTRY))["welcomes"]
    console.client.delete_object(Bucket=SHARED, Key=GLE_WAV)
    if welcomes.get(COURSE, {}).get("id"):
        key = f"mastered/{welcomes[COURSE]['id']}.mp3"
        console.client.delete_object(Bucket=STAGE, Key=key)
    console.client.put_object(
        Bucket=SHARED, Key=REGISTRY, Body=before, ContentType="application/json"
    )


def address(console: Console, **view: str) -> str:
    """Of the page, as an editor sees it."""
    return f"{console.url}/welcomes?{urlencode({'project': 'ssi', 'as': 'editor', **view})}"


def drop(page: Page, name: str, data: bytes) -> None:
    """Drops a file as a new recording."""
    given = {"name": name, "mimeType": "audio/wav", "buffer": data}
    page.locator("input[type=file]").set_input_files(given)
    expect(page.get_by_text("New recording · ")).to_be_visible(timeout=JOB_MS)
    settle(page)


def press(page: Page, name: str, then: str) -> None:
    """Presses a button and waits for words."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text(then).first).to_be_visible(timeout=JOB_MS)
    settle(page)


def played(page: Page, title: str) -> None:
    """Presses Play on one of the players and waits until it sounds."""
    player = page.get_by_role("group", name=f"Audio player: {title}")
    player.get_by_role("button", name="Play").click()
    page.wait_for_function(
        "audio => audio.currentTime > 0.1", arg=player.locator("audio").element_handle()
    )
    player.get_by_role("button", name="Pause").click()


def step(page: Page, name: str) -> Locator:
    """One of the three places at the top of a welcome."""
    return page.locator(".head ol li", has_text=name)


@pytest.mark.journey
@pytest.mark.usefixtures("irish")
def test_an_editors_whole_journey(page: Page, console: Console) -> None:
    """A new welcome is written, recorded, mended, heard, saved, sent to testing, found in Browse,
    replaced, and its first recording brought back; nothing of what was typed is more than text."""
    open_view(page, address(console))
    menu = page.locator('[data-testid="stTopNavLink"]')
    expect(menu).to_contain_text(["Home", "Welcomes", "Browse", "Activity"])
    expect(menu).to_have_count(4)
    page.get_by_role("button", name="New welcome").click()
    page.get_by_role("textbox", name="Course").fill(COURSE)
    expect(page.get_by_text("Irish for English speakers")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("no welcome of this course yet")).to_be_visible()

    page.get_by_role("textbox", name="Text").fill(HOSTILE)
    page.get_by_role("textbox", name="Text").press("Tab")
    drop(page, "take 1.wav", QUIET)
    facts = page.locator(".facts dl").first
    expect(facts).to_contain_text("too quiet")
    press(page, "Make it as loud as it should be", "Level mended")
    press(page, "Cut the silence", "silence cut")
    expect(facts).to_contain_text("Good: as loud as it should be")
    expect(page.locator("audio")).to_have_count(2)
    press(page, "Save", "Saved.")
    first = body(console, GLE_WAV)
    assert entry(console)["text"] == HOSTILE
    expect(step(page, "Recorded")).to_have_class("yes")
    played(page, "Recorded")

    press(page, "Send to testing", "It is in testing now")
    expect(step(page, "In testing")).to_have_class("yes")
    played(page, "In testing")
    clip = f"{entry(console)['id']}.mp3"

    drop(page, "take 2.wav", SECOND)
    press(page, "Save", "New recording not in testing yet")
    assert body(console, GLE_WAV) == SECOND
    page.get_by_text("History", exact=True).click()
    recordings = page.locator('[class*="st-key-welcomes-history-"]', has_text="Recording ·")
    press(page, "Bring it back", "Bring it back now")
    expect(recordings.get_by_role("button", name="Bring it back now")).to_be_visible()
    press(page, "Bring it back now", "It is back.")
    assert body(console, GLE_WAV) == first
    assert page.evaluate("window.hacked") is None

    open_view(page, console.browse(project="ssi", bucket="stage", prefix="mastered/", starts=clip))
    expect(row(page, clip)).to_be_visible()


def test_encouragements_are_changed_and_heard(page: Page, console: Console) -> None:
    """Reworded, moved down and saved: the ids stay, the list of another kind follows; the sentence
    that a course has recorded sounds; and what was typed is no markup."""
    key = "canonical/encouragements.json"
    before = body(console, key)
    first, second, *_ = json.loads(before)["pooledEncouragements"]
    open_view(page, address(console, part="encouragements"))
    page.get_by_role("button", name="Listen").nth(1).click()
    played(page, "Number 2, in testing")
    page.get_by_role("textbox", name="Number 1", exact=True).fill(HOSTILE)
    page.get_by_role("textbox", name="Number 1", exact=True).press("Tab")
    expect(page.get_by_text("1 encouragement reworded.")).to_be_visible(timeout=JOB_MS)
    settle(page)
    page.get_by_role("button", name="Down").first.click()
    expect(page.get_by_text("The order changes.")).to_be_visible(timeout=JOB_MS)
    settle(page)
    press(page, "Save", "Saved.")
    after = json.loads(body(console, key))
    console.client.put_object(Bucket=SHARED, Key=key, Body=before, ContentType="application/json")
    assert after["pooledEncouragements"][:2] == [second, {**first, "text": HOSTILE}]
    assert after["orderedEncouragements"][0] == {**first, "text": HOSTILE}
    assert page.evaluate("window.hacked") is None


def test_the_list_works_from_the_keyboard(page: Page, console: Console) -> None:
    """Down and Enter open a welcome; Back leads to the list; a filter is in the address."""
    open_view(page, address(console))
    links = page.locator(".welcomes tbody a")
    expect(links).to_have_count(6)
    links.first.focus()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    name = links.nth(1).inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".head h2")).to_have_text(name)
    page.go_back()
    expect(links).to_have_count(6)
    page.get_by_text("Not recorded 2").click()
    expect(links).to_have_count(2)
    assert "show=missing" in page.url


def test_a_welcome_is_spoken_into_the_browser(
    browser: Browser, console: Console, watch: Watch, needs: Callable[[bool, str], None]
) -> None:
    """Recorded with the microphone, it is drawn and judged like a file; without a complaint of the
    browser about what the page may do."""
    path = find_chromium()
    needs(path is not None, "Chromium or Chrome on the PATH")
    fake = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    spoken = browser.browser_type.launch(executable_path=path, args=[*ARGUMENTS, *fake])
    try:
        context = spoken.new_context(permissions=["microphone"])
        watch.follow(context)
        page = context.new_page()
        open_view(page, address(console, course="spa_for_eng"))
        page.get_by_text("Record here").click()
        recorder = page.get_by_test_id("stAudioInput")
        recorder.get_by_role("button", name="Record").click()
        expect(recorder).to_contain_text("00:02")
        recorder.get_by_role("button", name="Stop recording").click()
        expect(page.get_by_text("Recorded here.wav")).to_be_visible(timeout=JOB_MS)
        settle(page)
        expect(page.locator(".wave svg path")).to_be_visible()
        expect(page.get_by_text("When you save")).to_be_visible()
    finally:
        spoken.close()
    assert watch.problems() == []
