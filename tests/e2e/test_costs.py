"""Costs, by hand in Chromium, on the real store: an operator's whole journey."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

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
