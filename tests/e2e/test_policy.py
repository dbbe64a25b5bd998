"""The content security policy in a browser: everything pages are made of works under it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser import Watch, settle
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_tables_components_and_uploads_work(
    new_page: Callable[..., Page], run_streamlit: Callable[..., str], watch: Watch, scheme: str
) -> None:
    """Dataframe, line chart, plotly, a v2 component, upload and download: without one complaint
    of the browser, and without a request to another host. The picture shows the theme."""
    page = new_page(color_scheme=scheme, viewport={"width": 1440, "height": 1100})
    page.goto(run_streamlit("tests/e2e/apps/policy.py"))
    expect(page.get_by_text("all shown")).to_be_visible()
    settle(page)
    expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.locator(".js-plotly-plot .bars")).to_be_visible()
    page.locator("button", has_text="component").click()
    expect(page.get_by_text("component pressed: True")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    expect(page.get_by_text("uploaded 5")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    assert download.value.path().read_bytes() == b"abc"
    assert watch.errors == []
    assert watch.problems() == []


@pytest.mark.journey
def test_an_evil_page_cannot_drive_the_console(
    page: Page, run_streamlit: Callable[..., str]
) -> None:
    """A page of another origin on this machine opens no websocket, reads nothing, frames nothing."""
    url = run_streamlit("tests/e2e/apps/policy.py")
    page.route(
        "http://localhost:1/**", lambda route: route.fulfill(content_type="text/html", body="evil")
    )
    page.goto("http://localhost:1/")
    tried = page.evaluate(
        """async (url) => {
            const socket = new WebSocket(url.replace("http", "ws") + "/_stcore/stream", "streamlit");
            const opened = await new Promise((done) => {
                socket.onopen = () => done(true);
                socket.onerror = () => done(false);
            });
            const read = await fetch(url + "/api/health").then(() => true, () => false);
            const image = new Image();
            image.src = url + "/favicon.png";
            const shown = await image.decode().then(() => true, () => false);
            const frame = document.createElement("iframe");
            frame.src = url;
            document.body.append(frame);
            await new Promise((done) => { frame.onload = done; });
            return { opened, read, shown };
        }""",
        url,
    )
    assert tried == {"opened": False, "read": False, "shown": False}
    framed = page.frames[-1]
    assert framed.get_by_text("all shown").count() == 0
