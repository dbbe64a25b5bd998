"""Promote, by hand in Chromium, on the real store: from the plan to the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import OUTPUT
from playwright.sync_api import Page, expect
from promotion_rig import remove_bucket
from real_console import Console, downloaded, open_view, own_s3, put_many, real_console, wait_ready
from released_worker import configure

from storage.s3.client import Store
from storage.s3.embedded import EmbeddedStore

JOB_MS = 60_000  # two cores shared by several workers
BUCKETS = ("promote-draft", "promote-prod")
SAMPLES = Path(__file__).parents[2] / "storage/demo/samples/ssi"
CHANGED = "clips/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"
ADDED = "clips/0A7051FF-4AB7-5123-8250-466D740ADCF0.mp3"


@pytest.fixture
def project(weed: EmbeddedStore, weed_store: Store, tmp_path: Path) -> Iterator[Console]:
    """A console of a project without QA: two clips, one of them other live."""
    before, after, *_ = (path.read_bytes() for path in sorted(SAMPLES.glob("*.mp3"))[:2])
    client = weed_store.client
    for name in BUCKETS:
        client.create_bucket(Bucket=name)
    put_many(client, BUCKETS[0], {CHANGED: after, ADDED: before})
    put_many(client, BUCKETS[1], {CHANGED: before})
    env = own_s3(weed, STORAGE_DATA=str(tmp_path / "data"))
    env["STORAGE_CONFIG"] = str(configure(tmp_path, *BUCKETS))
    with real_console(weed, env, log=OUTPUT / "logs" / "promote-console.log") as running:
        wait_ready(running.url)
        yield running
    for name in BUCKETS:
        remove_bucket(weed_store, name)


def live(console: Console) -> dict[str, int]:
    """What is live, with sizes; not what is kept of before."""
    rows = console.client.list_objects_v2(Bucket=BUCKETS[1], Prefix="clips/")
    return {row["Key"]: row["Size"] for row in rows.get("Contents", [])}


def approved_and_run(page: Page, verb: str, ends: str) -> None:
    """Approves the plan that is open, and runs it to its end."""
    page.get_by_role("button", name="Approve this plan").click()
    page.get_by_label(f"To {verb} in").fill("clips/")
    page.get_by_role("button", name="Write 2 objects in Prod").click()
    expect(page.get_by_text(ends)).to_be_visible(timeout=JOB_MS)


def test_from_the_folder_to_live_and_back(page: Page, project: Console) -> None:
    """A folder of Browse is planned, its changed clip heard before and after, approved, run after
    its name is typed, and live; Back leaves a chosen row; the report can be taken along; rolled
    back, prod is as it was, and the list says so.
    """
    before = live(project)
    view = {"project": "pod", "bucket": "draft", "prefix": "clips/"}
    open_view(page, f"{project.url}/browse?{urlencode(view)}")
    page.get_by_role("link", name="Promote this folder").click()
    expect(page.get_by_label("Everything below")).to_have_value("clips/")
    page.get_by_role("button", name="Make the plan").click()
    expect(page.get_by_text("All gates are open")).to_be_visible()
    plan = page.url
    assert "release=" in plan
    page.get_by_role("link", name=CHANGED).click()
    expect(page.locator(".player")).to_have_count(2)
    page.go_back()
    expect(page.locator(".player")).to_have_count(0)
    approved_and_run(page, "promote", "It is live")
    assert live(project).keys() == {CHANGED, ADDED}
    report = downloaded(page, lambda: page.get_by_role("button", name="Report to print").click())
    assert "Release of clips/: live" in Path(report.path()).read_text("utf-8")

    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("Roll back folder clips/")).to_be_visible()
    approved_and_run(page, "roll back", "It is rolled back")
    assert live(project) == before
    page.get_by_role("button", name="All releases").click()
    expect(page.get_by_role("link", name="Promote folder clips/")).to_be_visible()
    expect(page.get_by_text("undone", exact=True)).to_be_visible()
