"""Costs, by hand in Chromium, on the real store: an operator's whole journey."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from browser import settle
from playwright.sync_api import Page, expect
from real_console import Console, downloaded, open_view

JOB_MS = 60_000  # two cores shared by several workers
PROJECT = "autobio"


def address(console: Console, page: str = "costs", **view: str) -> str:
    """Of a page, as an operator sees it."""
    return f"{console.url}/{page}?{urlencode({'project': PROJECT, 'as': 'operator', **view})}"


@pytest.mark.journey
def test_from_nothing_measured_to_a_budget(page: Page, console: Console) -> None:
    """Measuring shows its price, then its job, then the figures with a chart and the table under
    it; a part is an address that Back leaves; a change that costs more says so; what is taken
    along has the lines; a budget that is crossed stands on Home until it is removed."""
    open_view(page, address(console))
    expect(page.get_by_text("Nothing was measured yet")).to_be_visible()
    page.get_by_role("button", name="Measure now (about").click()
    expect(page.get_by_text("A month, as things are")).to_be_visible(timeout=JOB_MS)
    settle(page)
    expect(page.locator(".js-plotly-plot .treemap").first).to_be_visible()
    expect(page.get_by_text("Prices: Amazon S3 list prices")).to_be_visible()

    page.get_by_test_id("stDataFrame").first.hover()
    expect(page.get_by_role("button", name="Fullscreen").first).to_be_visible()
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)

    saved = downloaded(page, lambda: page.get_by_role("button", name="CSV", exact=True).click())
    lines = Path(saved.path()).read_text("utf-8-sig").splitlines()
    assert lines[0].startswith('"meter","bucket"')
    assert len(lines) > 1

    page.get_by_text("What if", exact=True).first.click()
    expect(page.get_by_text("Delete earlier versions").first).to_be_visible()
    assert "part=whatif" in page.url
    page.go_back()
    expect(page.get_by_text("A month, as things are")).to_be_visible()

    open_view(page, address(console, part="whatif", what="move", how="copy", older="0"))
    expect(page.get_by_text("more a month, for ever")).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer").first).to_be_visible()

    open_view(page, address(console, part="budgets"))
    amount = page.get_by_label("USD a month")
    amount.fill("0.0001")
    amount.press("Tab")
    page.get_by_role("button", name="Set budget").click()
    expect(page.get_by_text("will be reached").first).to_be_visible()
    open_view(page, address(console, ""))
    expect(page.get_by_text("will be reached").first).to_be_visible()
    page.get_by_role("link", name="Open costs").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("There is no budget yet")).to_be_visible()


def put_report(console: Console, bucket: str) -> str:
    """What lies in `bucket` as AWS reports it; the place of the report's manifest."""
    client, reports = console.client, "inventory-reports"
    lines = [
        f'"{bucket}","{quote(one["Key"], safe="/")}","{one["Size"]}",'
        f'"{one["LastModified"]:%Y-%m-%dT%H:%M:%S.000Z}","{one["StorageClass"]}"'
        for one in client.list_objects_v2(Bucket=bucket)["Contents"]
    ]
    data = gzip.compress("\n".join(lines).encode())
    manifest = {
        "sourceBucket": bucket,
        "destinationBucket": f"arn:aws:s3:::{reports}",
        "version": "2016-11-30",
        "creationTimestamp": str(int(time.time() * 1000)),
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size, LastModifiedDate, StorageClass",
        "files": [
            {
                "key": "data/1.csv.gz",
                "size": len(data),
                "MD5checksum": hashlib.md5(data).hexdigest(),
            }
        ],
    }
    client.create_bucket(Bucket=reports)
    client.put_object(Bucket=reports, Key="data/1.csv.gz", Body=data)
    body = json.dumps(manifest).encode()
    client.put_object(Bucket=reports, Key="one/manifest.json", Body=body)
    checksum = hashlib.md5(body).hexdigest().encode()
    client.put_object(Bucket=reports, Key="one/manifest.checksum", Body=checksum)
    return f"s3://{reports}/one/manifest.json"


def test_a_report_of_aws_is_taken_in_and_told_by_course(page: Page, console: Console) -> None:
    """A manifest that is none says so and loses nothing; a good one becomes the inventory that the
    figures are from, down to what each course costs; removed, nothing is measured again."""
    scans = address(console, project="ssi", part="scans")
    open_view(page, scans)
    place = page.get_by_label("Its manifest")
    place.fill("s3://nobody/manifest.json")
    place.press("Tab")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("no bucket").first).to_be_visible(timeout=JOB_MS)
    expect(place).to_have_value("s3://nobody/manifest.json")

    place.fill(put_report(console, "ssi-audio-stage"))
    place.press("Tab")
    page.get_by_role("button", name="Import", exact=True).click()
    table = page.get_by_test_id("stDataFrame")
    said = table.locator("td", has_text="AWS inventory report")
    expect(said).to_be_attached(timeout=JOB_MS)

    open_view(page, address(console, project="ssi"))
    expect(page.get_by_text("A month, as things are")).to_be_visible()
    page.get_by_text("By course, and orphans").click()
    cells = page.locator(".st-key-costs-closer td")
    expect(cells.filter(has_text="ita_for_eng").first).to_be_attached(timeout=JOB_MS)

    open_view(page, scans)
    table.click(position={"x": 16, "y": 50})  # its first row; a grid is drawn, not made of elements
    page.get_by_role("button", name="Remove this inventory").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("No inventory was made yet.")).to_be_visible()
