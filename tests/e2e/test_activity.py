"""Activity in the browser: what was done in Browse is there, opens, leads on, can be taken along."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Watch, settle
from playwright.sync_api import Locator, Page, expect
from real_console import CLIP, Console, downloaded, open_view, panel, put_many

UTC_TIME = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$")
BUCKET = "yoto-audio-dev-669589759577"


@pytest.fixture
def linked(page: Page, console: Console) -> Page:
    """A page of a person who just gave out a link to the clip."""
    give_link(page, console.browse(project="ssi", bucket="stage", prefix="mastered/", at=CLIP))
    return page


def give_link(page: Page, view: str) -> None:
    """Gives out a link to the object that is chosen in this view of Browse."""
    open_view(page, view)
    panel(page).get_by_role("button", name="Get a link").click()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("Anyone with this link")).to_be_visible()


def lines(page: Page) -> Locator:
    """The rows of the log."""
    return page.locator(".log .row")


def test_what_is_done_in_browse_is_in_activity(linked: Page, console: Console) -> None:
    """A link given out is the newest row; it opens by a click and by the keyboard, asks the
    console for nothing, and says who, what and when in the reader's zone and in UTC."""
    page = linked
    page.get_by_role("link", name="Activity").click()
    newest = lines(page).first
    expect(newest).to_contain_text("Give out a link")
    expect(newest).to_contain_text(CLIP)
    settle(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    newest.click()
    expect(newest).to_have_attribute("aria-expanded", "true")
    details = page.locator(".log .more")
    expect(details).to_contain_text(f"s3://ssi-audio-stage/{CLIP}")
    expect(details).to_contain_text("You (local)")
    expect(details).to_contain_text("UTC")
    expect(newest.locator("time")).to_have_attribute("title", UTC_TIME)
    newest.click()
    expect(details).to_have_count(0)
    newest.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(lines(page).nth(1)).to_have_attribute("aria-expanded", "true")
    assert not asked


def test_a_row_leads_to_the_objects_history_and_back_to_browse(
    linked: Page, console: Console
) -> None:
    """By addresses that Back knows and anybody can open."""
    page = linked
    open_view(page, f"{console.url}/activity?what=object%3Alink")
    lines(page).first.click()
    page.get_by_role("link", name="History of this object").click()
    expect(page.get_by_text("History of")).to_be_visible()
    key = CLIP.replace("/", "%2F")
    expect(page).to_have_url(f"{console.url}/activity?bucket=ssi-audio-stage&key={key}")
    settle(page)
    page.go_back()
    expect(page.get_by_text("History of")).to_have_count(0)
    expect(page).to_have_url(f"{console.url}/activity?what=object%3Alink")
    settle(page)
    lines(page).first.click()
    page.get_by_role("link", name="Show in Browse").click()
    expect(panel(page).get_by_text("Course clip")).to_be_visible()
    settle(page)
    panel(page).get_by_role("link", name="History of this object").click()
    expect(page).to_have_url(f"{console.url}/activity?bucket=ssi-audio-stage&key={key}")
    expect(lines(page).first).to_contain_text(CLIP)
    assert len(page.context.pages) == 1


def test_what_is_filtered_is_taken_along(linked: Page, console: Console, tmp_path: Path) -> None:
    """As CSV and as JSON lines; that it was taken is in the log."""
    page = linked
    open_view(page, f"{console.url}/activity?what=object%3Alink&find={CLIP[9:20]}")
    expect(lines(page).first).to_be_visible()
    export = page.get_by_role("link", name="Export as CSV")
    saved = downloaded(page, export.click)
    saved.save_as(tmp_path / "log.csv")
    assert saved.suggested_filename.startswith("activity-")
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["key"] for row in rows} == {CLIP}
    assert {row["action"] for row in rows} == {"object:link"}
    saved = downloaded(page, page.get_by_role("link", name="Export as JSON lines").click)
    saved.save_as(tmp_path / "log.jsonl")
    kept = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["seq"] for row in kept] == [int(row["seq"]) for row in rows]
    open_view(page, f"{console.url}/activity?what=audit%3Aread")
    expect(lines(page).first).to_contain_text("export")


def test_hostile_names_are_text_in_the_log(page: Page, console: Console, watch: Watch) -> None:
    """A key that would be script, markup and direction marks: shown, and nothing runs."""
    key = "log/<img src=x onerror=alert(1)> **b** [x](javascript:alert(1)) \u202egpj.mp3"
    put_many(console.client, BUCKET, {key: b"ID3"})
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    give_link(page, console.browse(project="yoto", bucket="dev", prefix="log/", at=key))
    open_view(page, f"{console.url}/activity?starts=log%2F")
    expect(lines(page).first).to_contain_text("<img src=x onerror=alert(1)> **b**")
    expect(lines(page).first).to_contain_text("\\u{202e}gpj.mp3")
    lines(page).first.click()
    expect(page.locator(".log img")).to_have_count(0)
    assert not dialogs
    assert not watch.violations


@pytest.mark.parametrize(("width", "scheme"), [(900, "light"), (1440, "dark")])
def test_it_fits_the_window(
    new_page: Callable[..., Page], console: Console, width: int, scheme: str
) -> None:
    """Nothing sticks out at the side, neither of the log nor of Settings."""
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for address in (
        "activity",
        "activity?show=jobs",
        "settings?part=tokens",
        "settings?part=setup",
    ):
        open_view(page, f"{console.url}/{address}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, address
