"""Writing in Browse, by hand in Chromium, on the real store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from browser import settle
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from real_console import Console, names, open_view, panel, put_many, row

BUCKET = "popty-bach-lfs"  # keeps its versions
WAV = (
    b"RIFF\x24\x3e\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
    b"data\0\x3e\0\0" + b"\0" * 15_872
)
LARGE_BYTES = 95 * 1024 * 1024  # takes the store a moment; a template has at most 100 MiB
JOB_MS = 60_000  # two cores shared by several workers


@pytest.fixture
def folder(console: Console) -> Iterator[str]:
    """A folder of this test's own, in a bucket that keeps versions; emptied afterwards."""
    name = f"canonical/templates/{uuid4().hex[:8]}/"
    yield name
    for key in keys(console, name):
        console.client.delete_object(Bucket=BUCKET, Key=key)


def keys(console: Console, prefix: str) -> list[str]:
    """What there is below a prefix."""
    listed = console.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [item["Key"] for item in listed.get("Contents", [])]


def body(console: Console, key: str) -> bytes:
    """What is stored there."""
    return console.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def put(console: Console, key: str, data: bytes = WAV) -> None:
    """Stores it as sound."""
    console.client.put_object(Bucket=BUCKET, Key=key, Body=data, ContentType="audio/wav")


def browse(page: Page, console: Console, folder: str, **view: str) -> None:
    """Opens the folder."""
    open_view(page, console.browse(project="ssi", bucket="canonical", prefix=folder, **view))


@contextmanager
def dialog(page: Page, press: Callable[[], None]) -> Iterator[Locator]:
    """The dialog that a press opens; gone at the end."""
    press()
    opened = page.get_by_role("dialog")
    expect(opened).to_be_visible()
    settle(page)
    yield opened
    expect(opened).to_have_count(0)
    settle(page)


def act(page: Page, name: str) -> Callable[[], None]:
    """Presses one of the chosen object's actions."""
    return panel(page).get_by_role("button", name=name, exact=True).click


def drop(opened: Locator, *files: tuple[str, bytes]) -> None:
    """Puts files into the dialog, as dropping them does."""
    opened.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "audio/wav", "buffer": data} for name, data in files]
    )


def wait_until(fits: Callable[[], bool]) -> None:
    """Until it is so, at the store."""
    deadline = time.monotonic() + JOB_MS / 1_000
    while not fits():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.journey
def test_two_files_one_of_them_replaced(page: Page, console: Console, folder: str) -> None:
    """Both are in the table when the job is done, with links; the old one went by its tick only."""
    put(console, f"{folder}old.wav")
    browse(page, console, folder)
    with dialog(page, page.get_by_role("button", name="Upload").click) as opened:
        drop(opened, ("old.wav", WAV + b"\0\0"), ("new.wav", WAV))
        expect(opened.get_by_text("There now")).to_be_visible()
        expect(opened.locator("audio")).to_have_count(2)
        expect(opened.get_by_role("button", name="Upload 1 file", exact=True)).to_be_enabled()
        opened.get_by_text("Replace old.wav").click()
        opened.get_by_role("button", name="Upload 2 files", exact=True).click()
    expect(page.locator("main")).to_contain_text("· done", timeout=JOB_MS)
    expect(row(page, "new.wav")).to_be_visible()
    assert body(console, f"{folder}old.wav") == WAV + b"\0\0"
    page.locator("main").get_by_role("button", name="new.wav").click()
    expect(panel(page).get_by_role("button", name="Play")).to_be_visible()


def test_a_dialog_left_changes_nothing(page: Page, console: Console, folder: str) -> None:
    """Escape, and the same dialog opened again is empty."""
    put(console, f"{folder}old.wav")
    browse(page, console, folder)
    with dialog(page, page.get_by_role("button", name="Upload").click) as opened:
        drop(opened, ("left.wav", WAV))
        expect(opened.get_by_role("button", name="Upload 1 file")).to_be_visible()
        page.keyboard.press("Escape")
    with dialog(page, page.get_by_role("button", name="Upload").click) as opened:
        expect(opened.get_by_role("button", name="Upload 1 file")).to_have_count(0)
        page.keyboard.press("Escape")
    assert keys(console, folder) == [f"{folder}old.wav"]


def test_an_upload_is_cancelled(page: Page, console: Console, folder: str, tmp_path: Path) -> None:
    """Stopped in the middle: what was not stored whole is not there, and no part of it is left."""
    put(console, f"{folder}old.wav")
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(LARGE_BYTES)
    browse(page, console, folder)
    with dialog(page, page.get_by_role("button", name="Upload").click) as opened:
        opened.locator("input[type=file]").set_input_files(large)
        button = opened.get_by_role("button", name="Upload 1 file", exact=True)
        expect(button).to_be_enabled(timeout=JOB_MS)
        button.click()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.click(timeout=JOB_MS)
    expect(page.locator("main")).to_contain_text("cancelled", timeout=JOB_MS)
    assert keys(console, folder) == [f"{folder}old.wav"]
    listed = console.client.list_multipart_uploads(Bucket=BUCKET)
    assert not [one for one in listed.get("Uploads", []) if one["Key"].startswith(folder)]


def test_type_and_caching_are_edited(page: Page, console: Console, folder: str) -> None:
    """Saved where it was read; somebody faster is shown, and what was typed goes on top."""
    key = f"{folder}a.wav"
    put(console, key)
    browse(page, console, folder, at=key)
    with dialog(page, act(page, "Edit")) as opened:
        opened.get_by_label("Cache control").fill("public, max-age=60")
        opened.get_by_label("Cache control").press("Tab")
        console.client.put_object(
            Bucket=BUCKET, Key=key, Body=WAV + b"\0\0", ContentType="audio/x-wav"
        )
        opened.get_by_role("button", name="Save", exact=True).click()
        expect(opened.get_by_text("Somebody changed it meanwhile")).to_be_visible()
        expect(opened.get_by_label("Cache control")).to_have_value("public, max-age=60")
        opened.get_by_role("button", name="Save mine on top").click()
    head = console.client.head_object(Bucket=BUCKET, Key=key)
    assert (head["CacheControl"], head["ContentType"]) == ("public, max-age=60", "audio/x-wav")
    expect(panel(page).get_by_text("public, max-age=60")).to_be_visible()


def opened_cell(page: Page, table: Locator, across: int) -> Locator:
    """The editor of a cell in the first row. The table is a picture, which takes a click only once
    it stands where it is drawn: so it is clicked until it does.
    """
    editor = page.locator("textarea.gdg-input")
    for _ in range(20):
        box = table.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + across, box["y"] + 50)
        page.keyboard.press("Enter")
        with suppress(PlaywrightTimeoutError):
            editor.wait_for(timeout=1_500)
            return editor
    raise AssertionError("the cell does not open")


def test_metadata_is_typed_into_the_table(page: Page, console: Console, folder: str) -> None:
    """A pair in an empty row of the table is stored with the object."""
    key = f"{folder}a.wav"
    put(console, key)
    browse(page, console, folder, at=key)
    with dialog(page, act(page, "Edit")) as opened:
        table = opened.locator('[data-testid="stDataFrame"]').first
        for across, text in ((80, "voice"), (240, "anna")):
            opened_cell(page, table, across).fill(text)
            page.keyboard.press("Enter")
            settle(page)
        save = opened.get_by_role("button", name="Save", exact=True)
        expect(save).to_be_enabled()
        save.click()
    assert console.client.head_object(Bucket=BUCKET, Key=key)["Metadata"] == {"voice": "anna"}


def test_a_deleted_object_comes_back(page: Page, console: Console, folder: str) -> None:
    """The dialog names it and what undo there is; Undo brings it back into the table."""
    key = f"{folder}a.wav"
    put(console, key)
    put(console, f"{folder}b.wav")
    browse(page, console, folder, at=key)
    with dialog(page, act(page, "Delete")) as opened:
        expect(opened.get_by_text("a.wav", exact=True)).to_be_visible()
        opened.get_by_label("Why").fill("A wrong take.")
        opened.get_by_role("button", name="Delete 1 object").click()
    expect(row(page, "a.wav")).to_have_count(0)
    assert keys(console, folder) == [f"{folder}b.wav"]
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "a.wav")).to_be_visible()
    assert body(console, key) == WAV


def test_ticked_objects_are_moved(page: Page, console: Console, folder: str) -> None:
    """Two at once, into a folder that is there afterwards."""
    put(console, f"{folder}a.wav")
    put(console, f"{folder}b.wav", WAV + b"\0\0")
    put(console, f"{folder}c.wav")
    browse(page, console, folder)
    for name in ("a.wav", "b.wav"):
        row(page, name).get_by_role("checkbox").check()
    expect(panel(page).get_by_text("2 selected")).to_be_visible()
    with dialog(page, act(page, "Copy or move")) as opened:
        opened.get_by_role("radio", name="Move").click()
        opened.get_by_label("Folder").fill(f"{folder}moved")
        opened.get_by_label("Folder").press("Tab")
        opened.get_by_role("button", name="Move 2 objects").click()
    expect(page.locator("main")).to_contain_text("· done", timeout=JOB_MS)
    assert names(page) == ["moved/", "c.wav"]
    assert body(console, f"{folder}moved/b.wav") == WAV + b"\0\0"


def test_an_older_version_and_a_deleted_object_are_restored(
    page: Page, console: Console, folder: str
) -> None:
    """Heard before, newest again afterwards; and what was deleted in the folder is found."""
    key = f"{folder}a.wav"
    put(console, key)
    put(console, key, WAV + b"\0\0")
    put(console, f"{folder}gone.wav")
    console.client.delete_object(Bucket=BUCKET, Key=f"{folder}gone.wav")
    browse(page, console, folder, at=key)
    with dialog(page, act(page, "Versions")) as opened:
        opened.get_by_text("Listen").last.click()
        expect(opened.locator("audio")).to_have_count(1)
        opened.get_by_role("button", name="Restore this one").click()
    assert body(console, key) == WAV
    page.get_by_role("button", name="More").click()
    with dialog(page, page.get_by_text("Show deleted").click) as opened:
        table = opened.locator('[data-testid="stDataFrame"]')
        box = table.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 15, box["y"] + 50)
        opened.get_by_role("button", name="Restore 1 object").click()
    expect(row(page, "gone.wav")).to_be_visible()
    assert body(console, f"{folder}gone.wav") == WAV


def test_a_folder_goes_as_a_job_that_survives_a_reload(
    page: Page, console: Console, folder: str
) -> None:
    """Counted, its name typed; the page loaded anew shows the job again and how it ended."""
    put_many(console.client, BUCKET, {f"{folder}{n:04}.mp3": b"x" for n in range(4_000)})
    browse(page, console, folder)
    page.get_by_role("button", name="More").click()
    with dialog(page, page.get_by_text("Delete this folder").click) as opened:
        expect(opened.get_by_text("4,000 objects").first).to_be_visible(timeout=JOB_MS)
        button = opened.get_by_role("button", name="Delete 4,000 objects")
        expect(button).to_be_disabled()
        opened.get_by_label("To delete the folder").fill(folder.split("/")[-2])
        expect(button).to_be_enabled()
        button.click()
    page.reload()
    expect(page.get_by_text("Delete everything below")).to_be_visible()
    settle(page)
    wait_until(lambda: not keys(console, folder))
    expect(page.get_by_text("This folder is empty")).to_be_visible(timeout=JOB_MS)


def test_a_hostile_name_is_only_text(page: Page, console: Console, folder: str) -> None:
    """In every dialog that names it: nothing of it runs, is fetched, or looks like a page's own."""
    key = f"{folder}<img src=x onerror=window.hacked=1> ![](http://elsewhere.example/x) **b**.wav"
    put(console, key)
    browse(page, console, folder, at=key)
    for action in ("Replace", "Edit", "Copy or move", "Delete"):
        with dialog(page, act(page, action)) as opened:
            expect(opened.get_by_text("onerror=window.hacked=1").first).to_be_visible()
            expect(opened.locator("img, strong:text-is('b')")).to_have_count(0)
            page.keyboard.press("Escape")
    with dialog(page, act(page, "Delete")) as opened:
        opened.get_by_role("button", name="Delete 1 object").click()
    expect(page.get_by_text("onerror=window.hacked=1").first).to_be_visible()
    assert page.evaluate("window.hacked") is None
