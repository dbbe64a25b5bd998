"""Driving the system's Chromium and our own Streamlit servers: the tools behind the fixtures."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "test-output"
NAMES = (
    "chromium-headless-shell",  # takes 2.3 s of processor time for a page that takes Chromium 4.0
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # a request to elsewhere is recorded, and must still not leave this machine
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
IDLE = (
    '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
    '[data-test-script-state="notRunning"]'
)
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})
NETWORK_SCHEMES = frozenset({"http", "https", "ws", "wss", "ftp"})
IDLE_MS = 150  # a rerun that follows at once (st.rerun) starts within this time
START_S = 60  # two cores shared by several workers


def find_chromium() -> str | None:
    """The path of the system's Chromium or Chrome, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Watch:
    """What the pages of one test asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Record every page of `context`, popups too."""
        context.on("request", self._on_request)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("page", self._on_page)

    def elsewhere(self) -> list[str]:
        """The addresses asked for that are not on this machine."""
        asked = [(url, urlsplit(url)) for url in self.requests]
        return [
            url
            for url, parts in asked
            if parts.scheme in NETWORK_SCHEMES and parts.hostname not in LOCAL_HOSTS
        ]

    def problems(self) -> list[str]:
        """Why the test must fail whatever it asserted itself; empty when all is well."""
        outside = [f"asked another host: {url}" for url in self.elsewhere()]
        return outside + [f"against the CSP: {text}" for text in self.violations]

    def _on_page(self, page: Page) -> None:
        page.on("websocket", lambda socket_: self.requests.append(socket_.url))

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.violations.append(message.text)
        elif message.type == "error":
            self.errors.append(message.text)


def settle(page: Page, timeout_s: float = 30) -> None:
    """Wait until the script has run and stays idle.

    After a click the page is still idle for a moment: expect the new text first, then settle.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        left_ms = max(1.0, (deadline - time.monotonic()) * 1000)
        expect(page.locator(IDLE)).to_have_count(1, timeout=left_ms)
        page.wait_for_timeout(IDLE_MS)
        if page.locator(IDLE).count() == 1:
            return


@contextmanager
def streamlit_server(
    script: Path | str,
    env: Mapping[str, str] | None = None,
    *,
    log: Path,
    port: int = 0,
    flags: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Serve a script or an `st.App` file; yields its URL without a last slash.

    `port` 0 takes a free one; `flags` are further options of Streamlit. A relative path starts at
    the repository's root. The server's output goes to `log`. Raises
    RuntimeError with that output when it does not come up.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(ROOT / script), *_flags(port, flags)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(env or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait_healthy(server, url, log)
        yield url
    finally:
        _end(server)


def _flags(port: int, more: Mapping[str, str] | None) -> list[str]:
    flags = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        **(more or {}),
    }
    return [f"--{name}={value}" for name, value in flags.items()]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_healthy(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"streamlit ended with {server.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"streamlit did not answer in {START_S} s:\n{log.read_text()}")


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
