"""How long from the key of a verdict to the sound of the next clip, in Chromium on the local store.

`python -m benchmarks.next_clip`: a console on a store of its own with some hundred real clips; A is
pressed over and over as a listener does who hears a clip for a moment. Times are taken inside the
page: from the key's own time stamp to the audio element's "playing", and to the first frame on
which its position has moved.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import uuid
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.browse_rerun import console, print_times
from storage import bootstrap
from storage.demo.seed import seed
from storage.model.people import local_actor
from tests.e2e.browser import ARGUMENTS, find_chromium, settle

HERE = Path(__file__).parent
BAR_MS = 150  # issue 6: median from key press to sound of the next clip
SAMPLES = HERE.parent / "storage" / "demo" / "samples" / "ssi"
KEYS = {"approve, next sounds": "a", "skip, next sounds": "j", "back, previous sounds": "k"}


def fill(data: Path, count: int) -> str:
    """Puts that many real clips under names of their own; returns the address that hears them."""
    services = bootstrap.build({"STORAGE_DATA": str(data), "STORAGE": "embedded"})
    layout = services.layouts["ssi"]
    bucket = layout.bucket("stage")
    client = services.store_for(layout, bucket).client
    bodies = [path.read_bytes() for path in sorted(SAMPLES.glob("*.mp3"))]
    keys = [f"mastered/{str(uuid.uuid4()).upper()}.mp3" for _ in range(count)]
    try:
        seed(services.store_for, {"ssi": layout})  # the console may be at it still
        for key, body in zip(keys, cycle(bodies), strict=False):
            client.put_object(Bucket=bucket.bucket, Key=key, Body=body, ContentType="audio/mpeg")
        made = services.review.save_selection(local_actor(), "ssi", "stage", "bench", keys)
    finally:
        services.close()
    return "/listen?" + urlencode({"project": "ssi", "bucket": "stage", "selection": made.id})


def press(page: Page, key: str, times: int, heard_ms: int) -> list[dict[str, float]]:
    """Presses the key again and again; returns what each took."""
    page.evaluate("window.nextClip.playing.length = window.nextClip.moves.length = 0")
    for number in range(1, times + 1):
        page.keyboard.press(key)
        page.wait_for_function("n => window.nextClip.moves.length >= n", arg=number)
        page.wait_for_timeout(heard_ms)
    return page.evaluate(
        "window.nextClip.playing.map((playing, i) => ({playing, moves: window.nextClip.moves[i]}))"
    )


def measure(browser: Browser, url: str, times: int, heard_ms: int) -> None:
    """All keys on one page, each `times` times."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(path=HERE / "next_clip.js")
    page = context.new_page()
    page.goto(url)
    settle(page)
    page.wait_for_function("document.querySelector('.st-key-listening-player') !== null")
    page.locator(".phrase").wait_for()
    page.wait_for_timeout(1_000)
    taken: dict[str, list[float]] = {}
    for name, key in KEYS.items():
        found = press(page, key, times, heard_ms)
        taken[f"{name}: “playing”"] = [one["playing"] for one in found]
        taken[f"{name}: position moves"] = [one["moves"] for one in found]
    print_times("key press to sound", taken, dict.fromkeys(taken, BAR_MS))
    context.close()


def main() -> None:
    """Runs it; takes a minute or two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50, help="presses of each key")
    parser.add_argument("--heard-ms", type=int, default=500, help="between two presses")
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
        address = servers.enter_context(console(data))
        listen = fill(data, 3 * asked.times)
        measure(browser, address + listen, asked.times, asked.heard_ms)
    print(f"load {os.getloadavg()[0]:.1f} after the run")


if __name__ == "__main__":
    main()
