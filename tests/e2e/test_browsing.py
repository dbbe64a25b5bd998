"""Browse in Chromium: walking, searching, sorting, choosing, taking along, and who may do what."""

from __future__ import annotations

import csv
import io
import urllib.request
import zipfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest
from browser import settle
from playwright.sync_api import Page, expect
from real_console import (
    CLIP,
    Console,
    choose,
    chosen,
    count_says,
    downloaded,
    names,
    open_view,
    panel,
    put_many,
    row,
)

DEV = "yoto-audio-dev-669589759577"
STAGE = "ssi-audio-stage"
NAME = CLIP.removeprefix("mastered/")


@pytest.fixture(scope="session")
def walk(console: Console) -> list[str]:
    """250 names in the folder walk/ of yoto's dev bucket, some of them folders; in S3's order."""
    files = [f"{n:03}.mp3" for n in range(225)]
    folders = [f"{n:03}a/" for n in range(0, 225, 9)]
    # sizes in the opposite order of names
    bodies = {f"walk/{name}": b"x" * (300 - n) for n, name in enumerate(files)}
    put_many(console.client, DEV, bodies | {f"walk/{name}in": b"y" for name in folders})
    return sorted(files + folders)


@pytest.fixture
def walking(page: Page, console: Console, walk: list[str]) -> Page:
    """Browse in walk/."""
    open_view(page, console.browse(project="yoto", bucket="dev", prefix="walk/"))
    return page


def test_three_pages_lose_and_repeat_nothing(walking: Page, walk: list[str]) -> None:
    """Next, Next, and every name was shown once; Previous, Previous leads back the same way."""
    pages = [names(walking)]
    for number in (2, 3):
        walking.get_by_role("link", name="Next").click()
        expect(row(walking, pages[-1][-1])).to_have_count(0)
        settle(walking)
        pages.append(names(walking))
        assert len(pages) == number
    expect(walking.locator(".pager")).to_have_text("PreviousNext")
    expect(walking.get_by_role("link", name="Next")).to_have_count(0)
    assert [len(page) for page in pages] == [100, 100, 50]
    assert sorted(chain.from_iterable(pages)) == walk
    for before in (pages[1], pages[0]):
        walking.get_by_role("link", name="Previous").click()
        expect(row(walking, before[0])).to_be_visible()
        settle(walking)
        assert names(walking) == before


@pytest.mark.journey
def test_the_browsers_back_and_forward_walk_the_folders(page: Page, console: Console) -> None:
    """Each folder is a step of the history; a breadcrumb leads up again."""
    here = page.get_by_role("navigation", name="Folder").locator("[aria-current]")
    open_view(page, console.browse(project="ssi", bucket="canonical"))
    for folder in ("courses/", "ita_for_eng/"):
        row(page, folder).get_by_role("link").click()
        expect(here).to_have_text(folder)
    expect(row(page, "course_manifest.json")).to_be_visible()
    page.go_back()
    expect(here).to_have_text("courses/")
    expect(row(page, "ita_for_eng/")).to_be_visible()
    page.go_forward()
    expect(here).to_have_text("ita_for_eng/")
    expect(row(page, "course_manifest.json")).to_be_visible()
    page.get_by_role("navigation", name="Folder").get_by_role("link", name="popty").click()
    expect(here).to_have_text("popty-bach-lfs")
    expect(row(page, "canonical/")).to_be_visible()


def test_the_address_opens_the_same_view_elsewhere(
    walking: Page, new_page: Callable[..., Page]
) -> None:
    """Order, search, page size and the selected object come back from the address alone."""
    walking.get_by_role("button", name="Size").click()
    expect(walking.locator("th[aria-sort=ascending]")).to_have_text("Size")
    walking.get_by_label("Contains").fill("22")
    walking.get_by_label("Contains").press("Enter")
    count_says(walking, "7 objects")
    row(walking, "122.mp3").click()
    expect(panel(walking).get_by_text("178 B")).to_be_visible()
    settle(walking)
    other = new_page()
    open_view(other, walking.url)
    expect(chosen(other)).to_have_attribute("data-name", "122.mp3")
    expect(panel(other).get_by_text("178 B")).to_be_visible()
    expect(other.get_by_label("Contains")).to_have_value("22")
    assert names(other) == names(walking)


def test_starts_with_is_asked_of_the_store(walking: Page) -> None:
    """Names far behind the first page are found at once."""
    walking.get_by_label("Starts with").fill("22")
    walking.get_by_label("Starts with").press("Enter")
    count_says(walking, "5 objects")
    assert names(walking) == [f"22{n}.mp3" for n in range(5)]
    walking.get_by_label("Starts with").fill("MP3")
    walking.get_by_label("Starts with").press("Enter")
    expect(walking.get_by_text("No name here starts with that.")).to_be_visible()


def test_contains_says_when_it_saw_a_part_only(page: Page, console: Console) -> None:
    """Up to 1,000 keys it covers the folder; past them one short line says so."""
    bucket = "yoto-audio-prod-669589759577"
    put_many(console.client, bucket, {f"many/{n:04}.mp3": b"" for n in range(1_010)})
    open_view(page, console.browse(project="yoto", bucket="prod", prefix="many/", find="9.MP3"))
    count_says(page, "100 objects. Found among the names listed here, not in the whole folder.")


@pytest.mark.parametrize(
    ("header", "up", "down"),
    [
        ("Size", "224.mp3", "000.mp3"),
        ("Kind", "000.mp3", "000.mp3"),
        ("Modified", None, None),
        ("Class", "000.mp3", "000.mp3"),
    ],
)
def test_every_header_sorts_both_ways(
    walking: Page, header: str, up: str | None, down: str | None
) -> None:
    """Over the whole folder, with folders first; a second click turns the order round."""
    for direction, first in (("ascending", up), ("descending", down)):
        walking.get_by_role("button", name=header).click()
        expect(walking.locator(f"th[aria-sort={direction}]")).to_have_text(header)
        count_says(walking, "25 folders, 225 objects")
        shown = names(walking)
        assert all(name.endswith("/") for name in shown[:25])
        if first:
            assert shown[25] == first


def test_names_sort_backwards_over_the_whole_folder(walking: Page, walk: list[str]) -> None:
    """The last name comes first, folders before objects; once more gives the store's own order."""
    walking.get_by_role("button", name="Name").click()
    expect(walking.locator("th[aria-sort=descending]")).to_have_text("Name")
    count_says(walking, "25 folders, 225 objects")
    assert names(walking)[:1] + names(walking)[25:26] == ["216a/", "224.mp3"]
    walking.get_by_role("button", name="Name").click()
    count_says(walking, "10 folders, 90 objects on this page")


def test_page_sizes(walking: Page, walk: list[str]) -> None:
    """Another size shows so many rows from the start."""
    choose(walking, "Rows a page", "500 a page")
    count_says(walking, "25 folders, 225 objects")
    assert len(names(walking)) == len(walk)


def test_an_s3_address_opens_its_object(page: Page, console: Console) -> None:
    """Pasted into "starts with" it opens bucket, folder and object; a wrong one says what is."""
    open_view(page, console.browse(project="ssi", bucket="stage"))
    box = page.get_by_label("Starts with")
    box.fill("s3://popty-bach-lfs/courses/cym_for_eng/course_manifest.json")
    box.press("Enter")
    expect(chosen(page)).to_have_attribute("data-name", "course_manifest.json")
    expect(panel(page).get_by_text("cym_for_eng", exact=True)).to_be_visible()
    box.fill("s3://somebody-elses/key")
    box.press("Enter")
    expect(page.get_by_test_id("stToast")).to_contain_text("somebody-elses")


@pytest.mark.journey
def test_each_role_sees_what_it_may_do(page: Page, console: Console) -> None:
    """An editor has no ticks and no CSV-by-tick in Stage but may link; a viewer may not link."""
    view = {"project": "ssi", "bucket": "stage", "prefix": "mastered/", "at": CLIP}
    open_view(page, console.browse(**view))
    expect(page.get_by_role("checkbox", name=f"Select {NAME}")).to_be_visible()
    choose(page, "View as", "View as: Content editor")
    expect(page.get_by_role("checkbox", name=f"Select {NAME}")).to_have_count(0)
    expect(panel(page).get_by_role("button", name="Get a link")).to_be_visible()
    assert "as=editor" in page.url
    choose(page, "View as", "View as: Viewer")
    expect(panel(page).get_by_role("button", name="Get a link")).to_have_count(0)
    expect(panel(page).get_by_role("link", name="Download")).to_be_visible()
    row(page, "010946CF-5582-5D34-A982-65D768479C4D.mp3").click()
    expect(chosen(page)).to_have_attribute("data-name", "010946CF-5582-5D34-A982-65D768479C4D.mp3")
    assert "as=viewer" in page.url


def test_personal_data_is_not_handed_out_in_bulk(page: Page, console: Console) -> None:
    """Ticked objects can be deleted but not taken as a ZIP; a link lives at most 5 minutes."""
    key = "users/2657948f-a41d-5ed5-bb0e-d2c91aab3efe/recordings/2bbc1c11-4227-5e06-ad45-8c18991037d1/audio.m4a"
    prefix = key.removesuffix("audio.m4a")
    open_view(page, console.browse(project="speech-coach", bucket="main", prefix=prefix, at=key))
    expect(chosen(page)).to_have_attribute("data-name", "audio.m4a")
    panel(page).get_by_role("button", name="Get a link").click()
    expect(page.get_by_text("works for at most 5 minutes")).to_be_visible()
    page.get_by_role("combobox", name="Works for").click()
    expect(page.get_by_role("option")).to_have_text(["5 minutes"])
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator("tbody input").check()
    expect(panel(page).get_by_text("1 selected")).to_be_visible()
    expect(page.get_by_role("link", name="Download as ZIP")).to_have_count(0)


def test_prod_is_marked_the_same_everywhere(page: Page, console: Console) -> None:
    """Its card on Home, its bucket in Browse, its objects: each says Live in red."""
    open_view(page, console.url)
    expect(page.locator(".card.live .badge")).to_have_text("Live")
    open_view(page, console.browse(project="ssi", bucket="prod", prefix="mastered/"))
    expect(page.locator(".crumbs .badge")).to_have_text("Live")
    expect(panel(page).get_by_text("Live", exact=True)).to_be_visible()
    page.locator("tbody tr").first.click()
    expect(panel(page).get_by_text("Course clip")).to_be_visible()
    expect(panel(page).get_by_text("Live", exact=True)).to_be_visible()
    open_view(page, console.browse(project="ssi", bucket="stage", prefix="mastered/", at=CLIP))
    expect(page.get_by_text("Live", exact=True)).to_have_count(0)


def test_the_keyboard_is_enough(page: Page, console: Console) -> None:
    """Arrows move, Enter opens, Space ticks, ArrowLeft goes up a folder."""
    open_view(page, console.browse(project="ssi", bucket="stage", prefix="mastered/"))
    page.locator("tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    second = names(page)[1]
    page.keyboard.press("Enter")
    expect(chosen(page)).to_have_attribute("data-name", second)
    expect(panel(page).get_by_text(second.removesuffix(".mp3"), exact=True)).to_be_visible()
    page.keyboard.press("Space")
    expect(panel(page).get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(row(page, "mastered/")).to_be_visible()


def test_ticked_objects_come_as_zip_and_as_csv(page: Page, console: Console) -> None:
    """The ZIP holds the ticked objects byte for byte; the CSV has their rows."""
    open_view(page, console.browse(project="ssi", bucket="stage", prefix="mastered/"))
    picked = names(page)[:2]
    for name in picked:
        page.get_by_role("checkbox", name=f"Select {name}").check()
    expect(panel(page).get_by_text("2 selected")).to_be_visible()
    settle(page)
    saved = downloaded(page, panel(page).get_by_role("link", name="Download as ZIP").click)
    assert saved.suggested_filename == "ssi-stage.zip"
    with zipfile.ZipFile(Path(saved.path())) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist() if name.endswith(".mp3")}
    stored = {
        name: console.client.get_object(Bucket=STAGE, Key=f"mastered/{name}")["Body"].read()
        for name in picked
    }
    assert {name.rpartition("/")[2]: body for name, body in found.items()} == stored
    saved = downloaded(page, panel(page).get_by_role("button", name="Export as CSV").click)
    assert saved.suggested_filename == f"{STAGE}.csv"
    rows = list(csv.DictReader(io.StringIO(Path(saved.path()).read_text("utf-8-sig"))))
    assert [line["key"] for line in rows] == [f"mastered/{name}" for name in picked]


def test_download_has_the_right_name(page: Page, console: Console) -> None:
    """The file is saved under the key's last segment, with the object's bytes."""
    key = "Bär & Eule – Gute Nacht 🌙.mp3"
    open_view(page, console.browse(project="yoto", bucket="dev", at=key))
    saved = downloaded(page, panel(page).get_by_role("link", name="Download").click)
    assert saved.suggested_filename == key
    stored = console.client.get_object(Bucket=DEV, Key=key)["Body"].read()
    assert Path(saved.path()).read_bytes() == stored


def test_a_link_works_without_the_console_and_says_its_end(page: Page, console: Console) -> None:
    """The URL of "Get a link" gives the bytes to anyone, for as long as it says."""
    open_view(page, console.browse(project="ssi", bucket="stage", prefix="mastered/", at=CLIP))
    panel(page).get_by_role("button", name="Get a link").click()
    choose(page, "Works for", "1 hour")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("Anyone with this link can open the object until")).to_be_visible()
    url = page.get_by_test_id("stCode").filter(has_text="X-Amz-Signature").inner_text()
    assert "X-Amz-Expires=3600" in url
    with urllib.request.urlopen(url, timeout=10) as answer:
        body = answer.read()
    assert body == console.client.get_object(Bucket=STAGE, Key=CLIP)["Body"].read()
