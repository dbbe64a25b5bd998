"""Promote, by hand in Chromium, on the real store: from the plan to the way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import OUTPUT
from playwright.sync_api import Page, expect
from promotion_rig import remove_bucket
from provider import SignedConsole, running_provider, sign_in, signed_console
from real_console import Console, downloaded, open_view, own_s3, put_many, real_console, wait_ready
from released_worker import configure
from review_rig import clip_id, manifest_of

from storage.s3.client import Store
from storage.s3.embedded import EmbeddedStore

JOB_MS = 60_000  # two cores shared by several workers
BUCKETS = ("promote-draft", "promote-prod")
SAMPLES = Path(__file__).parents[2] / "storage/demo/samples/ssi"
CHANGED = "clips/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"
ADDED = "clips/0A7051FF-4AB7-5123-8250-466D740ADCF0.mp3"


COURSE = "ita_for_eng"
_COURSES = """
name = "langs"
title = "Languages"
region = "us-east-1"
[buckets.stage]
title = "Stage"
bucket = "promote-draft"
[buckets.prod]
title = "Prod"
bucket = "promote-prod"
live = true
[kinds.clip]
title = "Clip"
in = ["stage", "prod"]
key = "clips/{id:UUID}.mp3"
[kinds.manifest]
title = "Course manifest"
in = ["stage"]
key = "courses/{course:course}/course_manifest.json"
[promotion]
from = "stage"
to = "prod"
kind = "clip"
heard = "off"
audio = "off"
released_in = "stage"
released = "released/{course:course}/course_manifest.json"
[access.operator]
stage = ["object:list", "object:read"]
prod = ["object:list", "object:read", "promote:plan", "promote:approve", "promote:run"]
[access.admin]
stage = ["object:list", "object:read"]
prod = ["object:list", "object:read", "promote:plan", "promote:approve"]
"""


@pytest.fixture
def two_buckets(weed_store: Store) -> Iterator[Store]:
    """Empty ones, which are removed."""
    for name in BUCKETS:
        weed_store.client.create_bucket(Bucket=name)
    yield weed_store
    for name in BUCKETS:
        remove_bucket(weed_store, name)


@pytest.fixture
def signed(weed: EmbeddedStore, two_buckets: Store, tmp_path: Path) -> Iterator[SignedConsole]:
    """A console with a login, of a project with a course of two clips in stage."""
    clips = {
        f"clips/{clip_id(number)}.mp3": path.read_bytes()
        for number, path in zip((1, 2), sorted(SAMPLES.glob("*.mp3")), strict=False)
    }
    put_many(two_buckets.client, BUCKETS[0], clips)
    manifest = manifest_of((1, "Buongiorno", "target1", "natural"), (2, "Hi", "source", "natural"))
    key = f"courses/{COURSE}/course_manifest.json"
    two_buckets.client.put_object(Bucket=BUCKETS[0], Key=key, Body=manifest)
    (tmp_path / "langs.toml").write_text(_COURSES)
    projects = 'layout_files = ["langs.toml"]\nprojects = ["langs"]\n'
    log = OUTPUT / "logs" / "promote-signed.log"
    with (
        running_provider() as provider,
        signed_console(provider, own_s3(weed), tmp_path, log=log, projects=projects) as running,
    ):
        wait_ready(running.url)
        yield running


@pytest.fixture
def project(weed: EmbeddedStore, two_buckets: Store, tmp_path: Path) -> Iterator[Console]:
    """A console of a project without QA: two clips, one of them other live."""
    before, after, *_ = (path.read_bytes() for path in sorted(SAMPLES.glob("*.mp3"))[:2])
    client = two_buckets.client
    put_many(client, BUCKETS[0], {CHANGED: after, ADDED: before})
    put_many(client, BUCKETS[1], {CHANGED: before})
    env = own_s3(weed, STORAGE_DATA=str(tmp_path / "data"))
    env["STORAGE_CONFIG"] = str(configure(tmp_path, *BUCKETS))
    with real_console(weed, env, log=OUTPUT / "logs" / "promote-console.log") as running:
        wait_ready(running.url)
        yield running


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


@pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")
def test_it_takes_two_people(
    new_page: Callable[..., Page], signed: SignedConsole, two_buckets: Store
) -> None:
    """The operator plans a course and may not approve it; the address that she sends opens the plan
    for somebody else, who approves and may not run it; her page says so, and after the course's
    code is typed it goes live, its manifest last.
    """
    olga, adam = new_page(), new_page()
    open_view(olga, f"{signed.url}/promote?project=langs&part=plan&course={COURSE}")
    sign_in(olga, "olga")
    olga.get_by_role("button", name="Make the plan").click()
    expect(olga.get_by_text("another person approves it")).to_be_visible()
    expect(olga.get_by_role("button", name="Approve this plan")).to_have_count(0)
    sent = olga.get_by_text(f"{signed.url}/promote?").inner_text().strip()

    open_view(adam, sent)
    sign_in(adam, "adam")
    expect(adam.get_by_text("Planned by Olga Operator")).to_be_visible()
    adam.get_by_role("button", name="Approve this plan").click()
    expect(adam.get_by_text("It is approved")).to_be_visible()
    expect(adam.get_by_text(re.compile(r"It is run by:\W+Operator"))).to_be_visible()

    olga.reload()
    expect(olga.get_by_text("Approved by Adam Admin")).to_be_visible()
    write = olga.get_by_role("button", name="Write 2 objects in Prod")
    expect(write).to_be_disabled()
    olga.get_by_label("To promote in").fill(COURSE)
    write.click()
    expect(olga.get_by_text("It is live")).to_be_visible(timeout=JOB_MS)
    adam.reload()
    expect(adam.get_by_text("run by Olga Operator")).to_be_visible()
    found = two_buckets.client.list_objects_v2(Bucket=BUCKETS[1])["Contents"]
    assert {row["Key"] for row in found} == {f"clips/{clip_id(number)}.mp3" for number in (1, 2)}
    released = two_buckets.client.list_objects_v2(Bucket=BUCKETS[0], Prefix="released/")
    assert [row["Key"] for row in released["Contents"]] == [
        f"released/{COURSE}/course_manifest.json"
    ]
