"""How long Browse takes to appear and to answer a click, on 1,000 rows, in Chromium.

`python -m benchmarks.browse_rerun`: a console on a store of its own, a folder of exactly 1,000
clips, and in the same run the same page written with Streamlit's own table, and an empty page.
Times are taken inside the page: from the click, or the start of the navigation, to the first frame
that shows the result.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from storage import bootstrap
from storage.demo.seed import seed
from storage.s3.listing import list_page
from tests.e2e.browser import ARGUMENTS, find_chromium, settle, streamlit_server

HERE = Path(__file__).parent
ROWS = 1_000
FOLDER = "mastered/"
RERUN_BAR_MS = 300  # issue 2: median of a rerun of Browse on 1,000 rows
START_BAR_MS = 5_000  # issue 2: a second start
FIRST_START_BAR_MS = 180_000  # issue 2: the first start, which fills the store
PAGE_BAR_BYTES = 5_000_000  # issue 2: what a page may cost the browser
BROWSE = "/browse?" + urlencode({"project": "ssi", "bucket": "stage", "prefix": FOLDER})
RERUNS = ("open an object", "tick a row", "untick it", "sort by size")
PLAIN = "plain: select a row"
PLAIN_ROW_PX = 35  # height of a row and of the head of st.dataframe

Wanted = Mapping[str, object]  # conditions of in_page.js, all to hold on one frame


def print_times(
    title: str, taken_ms: Mapping[str, list[float]], bars_ms: Mapping[str, int]
) -> None:
    """A Markdown table: median and 95th percentile of the repeats, beside the bar."""
    print(f"\n| {title} | median ms | p95 ms | repeats | bar on the median |")
    print("| --- | ---: | ---: | ---: | --- |")
    for what, values in taken_ms.items():
        middle = statistics.median(values)
        highest = sorted(values)[max(0, round(0.95 * len(values)) - 1)]
        bar = bars_ms.get(what)
        verdict = f"{bar:,} ms: {'held' if middle < bar else 'MISSED'}" if bar else ""
        print(f"| {what} | {middle:,.0f} | {highest:,.0f} | {len(values)} | {verdict} |")


class Wire:
    """Bytes a page received since `reset`: HTTP as sent, websocket messages as unpacked."""

    def __init__(self, page: Page) -> None:
        self.reset()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._loaded)
        page.on("websocket", lambda opened: opened.on("framereceived", self._framed))

    def reset(self) -> None:
        self.http = self.websocket = 0

    def _loaded(self, event: dict[str, Any]) -> None:
        self.http += int(event["encodedDataLength"])

    def _framed(self, payload: bytes | str) -> None:
        self.websocket += len(payload)


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page in a browser context of its own, with nothing cached."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(path=HERE / "in_page.js")
    yield context.new_page()
    context.close()


def first_shown(page: Page, url: str, wanted: Wanted) -> float:
    """Milliseconds from the start of the navigation to the first frame with what is wanted."""
    page.goto(url, wait_until="commit")
    return float(page.evaluate("wanted => window.bench.since_navigation(wanted)", wanted))


def after_click(page: Page, press: Callable[[], object], wanted: Wanted) -> float:
    """Milliseconds from the click that `press` makes to the first frame with what is wanted."""
    page.evaluate("wanted => window.bench.arm(wanted)", wanted)
    press()
    taken = float(page.evaluate("window.bench.measured"))
    settle(page)  # the next click must not meet the end of this one
    return taken


def console(data: Path) -> AbstractContextManager[str]:
    """The console on a store of its own in `data`."""
    return streamlit_server(
        "app.py", {"STORAGE_DATA": str(data), "STORAGE": "embedded"}, log=data / "console.log"
    )


def serve(script: str, data: Path, env: Mapping[str, str]) -> AbstractContextManager[str]:
    """A script of this folder on Streamlit alone."""
    return streamlit_server(HERE / script, env, log=data / f"{script}.log")


def measure_starts(browser: Browser, data: Path, repeats: int) -> None:
    """From the start of the process to the first table, on an empty store and on a filled one."""
    taken: dict[str, list[float]] = {"first start": [], "second start": []}
    for number in range(1 + repeats):
        begun = time.perf_counter()
        with console(data) as url, fresh_page(browser) as page:
            first_shown(page, url + BROWSE, {"rows": 100})
            shown_ms = (time.perf_counter() - begun) * 1000
        taken["second start" if number else "first start"].append(shown_ms)
    bars = {"first start": FIRST_START_BAR_MS, "second start": START_BAR_MS}
    print_times("process start to the first table of Browse", taken, bars)


def fill(data: Path) -> dict[str, str]:
    """Makes the folder exactly `ROWS` clips; returns the plain page's environment."""
    services = bootstrap.build({"STORAGE_DATA": str(data), "STORAGE": "embedded"})
    layout = services.layouts["ssi"]
    bucket = layout.bucket("stage")
    store = services.store_for(layout, bucket)
    there = list_page(store, bucket.bucket, FOLDER).objects.num_rows
    seed(services.store_for, {"ssi": layout}, scale=ROWS - there)
    listed = list_page(store, bucket.bucket, FOLDER)
    embedded = services.embedded
    services.close()
    if embedded is None or not listed.complete or listed.objects.num_rows != ROWS:
        raise SystemExit(f"{FOLDER} holds {listed.objects.num_rows} objects, not {ROWS}.")
    return {
        "PLAIN_BUCKET": bucket.bucket,
        "PLAIN_PREFIX": FOLDER,
        "PLAIN_ENDPOINT": embedded.endpoint_url,
        "AWS_REGION": embedded.region,
        "AWS_ACCESS_KEY_ID": embedded.access_key_id,
        "AWS_SECRET_ACCESS_KEY": embedded.secret_access_key,
    }


def measure_first_pages(
    browser: Browser, pages: Mapping[str, tuple[str, Wanted]], repeats: int
) -> None:
    """The pages in turn, so that a busy moment of the machine meets all of them alike."""
    taken: dict[str, list[float]] = {}
    received: dict[str, tuple[int, int]] = {}
    for _ in range(repeats):
        for name, (url, wanted) in pages.items():
            with fresh_page(browser) as page:
                wire = Wire(page)
                taken.setdefault(f"{name}, nothing cached", []).append(
                    first_shown(page, url, wanted)
                )
                settle(page)
                received[name] = (wire.http, wire.websocket)
                taken.setdefault(f"{name}, opened again", []).append(first_shown(page, url, wanted))
    print_times("first page", taken, {})
    print("\n| bytes of a first page | HTTP | websocket | bar on both |")
    print("| --- | ---: | ---: | --- |")
    for name, (http, websocket) in received.items():
        verdict = "held" if http + websocket < PAGE_BAR_BYTES else "MISSED"
        print(f"| {name} | {http:,} | {websocket:,} | {PAGE_BAR_BYTES:,}: {verdict} |")


def measure_reruns(browser: Browser, urls: Mapping[str, str], bucket: str, repeats: int) -> None:
    """Browse and the plain page in turn, each in one tab, as a person goes on clicking."""
    taken: dict[str, list[float]] = {name: [] for name in (*RERUNS, PLAIN)}
    received: dict[str, int] = {}
    with fresh_page(browser) as browse, fresh_page(browser) as plain:
        wire = Wire(browse)
        first_shown(browse, urls["Browse"], {"rows": ROWS})
        first_shown(plain, urls["plain"], {"canvas": True})
        settle(browse)
        settle(plain)
        for number in range(repeats):
            browse.bring_to_front()
            for name, press, wanted in _reruns(browse, bucket, 3 + 7 * number):
                wire.reset()
                taken[name].append(after_click(browse, press, wanted))
                received[name] = wire.websocket
            plain.bring_to_front()
            taken[PLAIN].append(rerun_plain(plain, number))
    print_times("rerun on 1,000 rows", taken, dict.fromkeys(RERUNS, RERUN_BAR_MS))
    print()
    for name, count in received.items():
        print(f"Last {name!r}: {count:,} bytes by websocket.")


def rerun_plain(page: Page, number: int) -> float:
    """A row of the visible ones is selected; the script runs again and shows it."""
    table = page.get_by_test_id("stDataFrame").bounding_box()
    if table is None:
        raise SystemExit("The plain page shows no table.")
    x, y = table["x"] + 20, table["y"] + PLAIN_ROW_PX * (1.5 + number % 12)
    before = page.evaluate("window.bench.address()")
    return after_click(page, lambda: page.mouse.click(x, y), {"address_is_not": before})


def _reruns(
    page: Page, bucket: str, position: int
) -> Iterator[tuple[str, Callable[[], object], Wanted]]:
    """What a person does with one row of Browse: name, click, and what it must show."""
    row = page.locator("tbody tr[data-name]").nth(position)
    name = row.get_attribute("data-name")
    box = row.locator("input").click
    first = page.evaluate("window.bench.first()")
    head = page.locator("th button", has_text="Size").click
    wanted = (
        {"panel": f"s3://{bucket}/{FOLDER}{name}"},
        {"text": "1 selected"},
        {"no_text": "1 selected"},
        {"first_is_not": first},
    )
    return zip(RERUNS, (row.locator("td.num").click, box, box, head), wanted, strict=True)


def main() -> None:
    """Runs everything; takes a few minutes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=25, help="of each rerun")
    parser.add_argument("--pages", type=int, default=20, help="repeats of a first page")
    parser.add_argument("--starts", type=int, default=5, help="repeats of a second start")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the run")
    with (
        tempfile.TemporaryDirectory(prefix="soundstage-bench-") as folder,
        sync_playwright() as playwright,
        ExitStack() as servers,
    ):
        data = Path(folder)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        servers.callback(browser.close)
        if asked.starts:
            measure_starts(browser, data, asked.starts)
        address = servers.enter_context(console(data))
        known = fill(data)
        plain = servers.enter_context(serve("plain_page.py", data, known))
        empty = servers.enter_context(serve("floor_page.py", data, {}))
        urls = {"Browse": f"{address}{BROWSE}&per={ROWS}", "plain": plain}
        measure_reruns(browser, urls, known["PLAIN_BUCKET"], asked.repeats)
        pages: dict[str, tuple[str, Wanted]] = {
            "Browse": (urls["Browse"], {"rows": ROWS}),
            "plain page": (plain, {"canvas": True}),
            "empty page": (empty, {"text": "Nothing but Streamlit"}),
        }
        measure_first_pages(browser, pages, asked.pages)
    print(f"\nload {os.getloadavg()[0]:.1f} after the run")


if __name__ == "__main__":
    main()
