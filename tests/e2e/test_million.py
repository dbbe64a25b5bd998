"""A million keys under one prefix cost Browse no more than three hundred."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import OUTPUT, settle, streamlit_server
from playwright.sync_api import Page, expect
from real_console import (
    Traffic,
    chosen,
    names,
    open_view,
    row,
    wait_audio,
    wait_ready,
)
from vast_store import SMALL, VAST, VastStore, vast_store

from storage.demo.catalogue import load_samples

PAGE_MAX_BYTES = 5_000_000


@pytest.fixture(scope="module")
def store() -> Iterator[VastStore]:
    """The buckets; every object is the same real clip."""
    clip = next(sample for sample in load_samples().objects if sample.key.startswith("The Owl"))
    with vast_store(clip.body(clip.files[0])) as running:
        yield running


@pytest.fixture(scope="module")
def console(store: VastStore) -> Iterator[str]:
    """A console whose stage has a million keys and whose prod has 300; its URL."""
    env = {
        "S3_ENDPOINT_URL": store.url,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "STORAGE_LAYOUT": "ssi",
        "S3_STAGE_BUCKET": VAST,
        "S3_PROD_BUCKET": SMALL,
    }
    with streamlit_server("app.py", env, log=OUTPUT / "logs" / "million.log") as url:
        wait_ready(url)
        yield url


def walk(page: Page, url: str, store: VastStore) -> dict[str, list[str]]:
    """Opens the bucket, its folder, the next page, a prefix, a clip and plays it: what each step
    asked of the store."""
    asked: dict[str, list[str]] = {}

    def note(step: str) -> None:
        settle(page)
        asked[step] = store.take()

    page.goto(url)
    expect(row(page, "mastered/")).to_be_visible()
    note("open the bucket")
    row(page, "mastered/").get_by_role("link").click()
    expect(page.locator("tbody tr")).to_have_count(100)
    note("open the folder")
    first = names(page)[0]
    page.get_by_role("link", name="Next").click()
    expect(row(page, first)).to_have_count(0)
    note("next page")
    page.get_by_role("link", name="Previous").click()
    expect(row(page, first)).to_be_visible()
    note("previous page")
    page.get_by_label("Starts with").fill("A")
    page.get_by_label("Starts with").press("Enter")
    expect(page.locator("tbody tr[data-name^=A]").first).to_be_visible()
    note("starts with")
    page.locator("tbody tr").nth(2).click()
    expect(chosen(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    note("select a clip")
    page.get_by_role("button", name="Play").click()
    wait_audio(page, lambda now: now["at"] > 0.3)
    page.get_by_role("button", name="Pause").click()
    note("play it")
    return asked


def test_each_step_costs_the_same_as_in_a_small_bucket(
    page: Page, console: str, store: VastStore
) -> None:
    """Opening, paging, going to a prefix, selecting and playing: the same requests, few of them,
    and what the browser receives in all stays under 5 MB."""
    store.take()
    walk(page, f"{console}/browse?project=ssi&bucket=prod", store)  # what is asked once
    small = walk(page, f"{console}/browse?project=ssi&bucket=prod", store)
    traffic = Traffic(page)
    vast = walk(page, f"{console}/browse?project=ssi&bucket=stage", store)
    assert vast == small
    listed = ["open the bucket", "open the folder", "next page", "previous page", "starts with"]
    assert {step: vast[step] for step in listed} == {step: ["list"] for step in listed}
    assert vast["select a clip"] == ["get", "head", "tagging", "versions"]
    assert vast["play it"] == [], "the browser asks the store itself"
    assert traffic.total() < PAGE_MAX_BYTES


@pytest.mark.parametrize("find", ["", "AB"])
def test_the_largest_page_of_a_million_is_small(
    page: Page, console: str, store: VastStore, find: str
) -> None:
    """1,000 rows, sorted by size, also with "contains": one request and under 5 MB."""
    view = f"{console}/browse?project=ssi&bucket=stage&prefix=mastered/&per=1000&sort=size"
    traffic = Traffic(page)
    store.take()
    open_view(page, f"{view}&find={find}")
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.locator(".foot .count")).to_contain_text("not in the whole folder")
    settle(page)
    assert store.take().count("list") == 1
    assert traffic.total() < PAGE_MAX_BYTES
