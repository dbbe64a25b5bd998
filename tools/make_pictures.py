"""Makes docs/pictures from the running console: `python -m tools.make_pictures`.

It fills a store of its own in a temporary folder, opens the pages in the system's Chromium, and
keeps small PNGs. Needs requirements-dev.txt.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1440, "height": 900}
COLOURS = 255  # of flat pages: no difference is seen, and a picture stays below 150 KB
WAIT_MS = 90_000  # the first start fills the store
CLIP = "mastered/0B8567E3-4DB9-5D35-B0AB-2270DEFC8B56.mp3"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def running_console(data_dir: Path) -> Iterator[str]:
    """The console on a store in `data_dir` and on a free port; its URL."""
    console = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py"],
        cwd=ROOT,
        env={**os.environ, "STORAGE": "embedded", "STORAGE_DATA": str(data_dir)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert console.stdout is not None
        said = (re.search(r"Soundstage: (http://\S+)", line) for line in console.stdout)
        url = next((found[1] for found in said if found), None)
        if url is None:
            sys.exit("The console did not start.")
        yield url
    finally:
        console.terminate()
        console.wait(timeout=30)


def take_home(page: Page, url: str) -> None:
    """Home, with what waits for each kind of person."""
    page.goto(url)
    expect(page.get_by_role("link", name="Listen to the clips")).to_be_visible(timeout=WAIT_MS)


def take_browse(page: Page, url: str) -> None:
    """Browse, with a clip playing."""
    view = {"project": "ssi", "bucket": "stage", "prefix": "mastered/", "at": CLIP}
    page.goto(f"{url}/browse?{urlencode(view)}")
    page.get_by_role("button", name="Play").click(timeout=WAIT_MS)
    page.locator(".player .loop").click()
    expect(page.locator(".player .now")).not_to_have_text("0:00", timeout=WAIT_MS)


def take_delete(page: Page, url: str) -> None:
    """What a deletion touches, before it happens."""
    view = {"project": "ssi", "bucket": "stage", "prefix": "mastered/", "at": CLIP}
    page.goto(f"{url}/browse?{urlencode(view)}")
    page.get_by_role("button", name="Delete", exact=True).click(timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Delete 1 object")).to_be_visible(timeout=WAIT_MS)


def take_welcomes(page: Page, url: str) -> None:
    """The welcomes, what needs doing first."""
    page.goto(f"{url}/welcomes?project=ssi")
    expect(page.get_by_text("Italian").first).to_be_visible(timeout=WAIT_MS)


def take_promote(page: Page, url: str) -> None:
    """A plan that is held back, with what holds it."""
    page.goto(f"{url}/promote?project=ssi&part=plan&course=ita_for_eng")
    page.get_by_role("button", name="Make the plan").click(timeout=WAIT_MS)
    expect(page.get_by_text("Heard by QA")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".rows tbody tr").first).to_be_visible(timeout=WAIT_MS)


def take_activity(page: Page, url: str) -> None:
    """Who did what: by now the clips that were played for the other pictures."""
    page.goto(f"{url}/activity")
    expect(page.get_by_text("Open an object").first).to_be_visible(timeout=WAIT_MS)


Take = Callable[[Page, str], None]
TAKES: tuple[tuple[str, Literal["light", "dark"], Take], ...] = (
    ("home", "light", take_home),
    ("browse", "light", take_browse),
    ("browse-dark", "dark", take_browse),
    ("delete", "light", take_delete),
    ("welcomes", "light", take_welcomes),
    ("promote", "light", take_promote),
    ("activity", "dark", take_activity),
)


def save(name: str, png: bytes) -> None:
    """Keeps a picture with few colours: a third of the size."""
    path = PICTURES / f"{name}.png"
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(
        path, optimize=True
    )
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")


def main() -> None:
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_console(Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        # without a browser of the system: the one that Playwright has installed
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, scheme, take in TAKES:
            page = browser.new_page(viewport=SIZE, color_scheme=scheme)
            take(page, url)
            page.mouse.move(0, 0)
            save(name, page.screenshot())
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
