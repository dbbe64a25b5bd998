"""Names people chose: every one listed, opened, downloaded and linked; none interpreted."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import Watch
from hostile import HOSTILE
from odd_keys import HELD_EVERYWHERE
from playwright.sync_api import Dialog, Locator, Page, expect
from real_console import Console, chosen, downloaded, names, open_view, panel, put_many, row

from storage.demo.catalogue import load_samples
from ui.text import visible

BUCKET = "yoto-audio-dev-669589759577"
SEEDED = tuple(
    sample.key.removeprefix("odd names/")
    for sample in load_samples().objects
    if sample.key.startswith("odd names/")
)
FLAT = tuple(name for name in HELD_EVERYWHERE if "/" not in name)
# what else SeaweedFS keeps under the very name
FLAT += tuple(name for name in HOSTILE if not set(name) & set("/\\\0") and len(name) < 128)
FOLDERS = tuple({name[: name.index("/") + 1] for name in HELD_EVERYWHERE if "/" in name})


@pytest.fixture(scope="module")
def odd(console: Console) -> tuple[str, ...]:
    """The folder odd/ with names of every kind: those that are no folders."""
    keys = [*FLAT, *(f"{name}inside.mp3" for name in FOLDERS)]
    put_many(console.client, BUCKET, {f"odd/{name}": name.encode() for name in keys})
    return FLAT


def address(page: Page) -> Locator:
    """What the panel says where the object is."""
    return panel(page).locator("dl > div").filter(has_text="Address").locator(".value")


def dialogs_of(page: Page) -> list[str]:
    """The dialogs that open on `page`, as they come."""
    seen: list[str] = []

    def close(dialog: Dialog) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", close)
    return seen


def is_calm(page: Page, watch: Watch, dialogs: list[str]) -> None:
    """Nothing of any name ran, was loaded or took a place in the page."""
    assert dialogs == []
    assert page.evaluate("window.hacked") is None
    pictures = page.locator("img").evaluate_all("all => all.map(img => img.src)")
    assert [src for src in pictures if not src.startswith(("data:", "blob:"))] == []
    assert not any(urlsplit(url).path.endswith("/x") for url in watch.requests)
    addresses = page.locator("a").evaluate_all("all => all.map(a => a.protocol)")
    assert set(addresses) == {"http:"}


def test_every_seeded_name_opens_as_itself(page: Page, console: Console, watch: Watch) -> None:
    """A click on a row opens exactly that object, and a reload of the address opens it again."""
    dialogs = dialogs_of(page)
    open_view(page, console.browse(project="yoto", bucket="dev", prefix="odd names/"))
    assert sorted(names(page)) == sorted(map(visible, SEEDED))
    for name in SEEDED:
        row(page, visible(name)).click()
        expect(chosen(page)).to_have_attribute("data-name", visible(name))
        expect(address(page)).to_have_text(visible(f"s3://{BUCKET}/odd names/{name}"))
        assert parse_qs(urlsplit(page.url).query)["at"] == [f"odd names/{name}"]
    page.reload()
    expect(address(page)).to_have_text(visible(f"s3://{BUCKET}/odd names/{SEEDED[-1]}"))
    is_calm(page, watch, dialogs)


@pytest.mark.journey
def test_names_of_every_kind_are_listed_linked_and_downloaded(
    page: Page, console: Console, watch: Watch, odd: tuple[str, ...]
) -> None:
    """Each row's own link and each download address lead to that very object."""
    dialogs = dialogs_of(page)
    open_view(page, console.browse(project="yoto", bucket="dev", prefix="odd/"))
    expected = [*odd, *FOLDERS]
    assert sorted(names(page)) == sorted(map(visible, expected))
    links = page.locator("tbody tr:not(.folder) a").evaluate_all("all => all.map(a => a.search)")
    assert sorted(parse_qs(link[1:])["at"][0] for link in links) == sorted(
        f"odd/{name}" for name in odd
    )
    for name in odd:
        answer = page.request.get(
            f"{console.url}/api/ui/download",
            params={"layout": "yoto", "role": "dev", "key": f"odd/{name}"},
        )
        assert answer.body() == name.encode()
    is_calm(page, watch, dialogs)


@pytest.mark.parametrize("name", ["line\nbreak.mp3", "cafe\u0301.mp3", "100%25.mp3", "a+b.mp3"])
def test_an_odd_name_opens_in_a_new_tab_and_downloads(
    page: Page, console: Console, odd: tuple[str, ...], name: str
) -> None:
    """The address alone opens the object, and its button saves its bytes."""
    assert name in odd
    open_view(page, console.browse(project="yoto", bucket="dev", prefix="odd/", at=f"odd/{name}"))
    expect(chosen(page)).to_have_attribute("data-name", visible(name))
    expect(address(page)).to_have_text(visible(f"s3://{BUCKET}/odd/{name}"))
    saved = downloaded(page, panel(page).get_by_role("link", name="Download").click)
    assert Path(saved.path()).read_bytes() == name.encode()


def test_odd_folders_open_and_lead_up_again(
    page: Page, console: Console, odd: tuple[str, ...]
) -> None:
    """A click on each folder shows what is in it; its breadcrumb names it."""
    for folder in FOLDERS:
        open_view(page, console.browse(project="yoto", bucket="dev", prefix="odd/"))
        row(page, visible(folder)).get_by_role("link").click()
        expect(row(page, "inside.mp3")).to_be_visible()
        here = page.get_by_role("navigation", name="Folder").locator("[aria-current]")
        expect(here).to_have_text(visible(folder))
