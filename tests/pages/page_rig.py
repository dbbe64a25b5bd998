"""The console's pages run without a browser, with what they show and what they ask for kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from streamlit.testing.v1 import AppTest

from storage import bootstrap
from storage.bootstrap import Services
from storage.gate import Gate
from storage.objects.service import Objects
from storage.s3.client import Store
from storage.s3.wire import Wire
from ui.cards import cards
from ui.facts import facts
from ui.grid import grid
from ui.log import log
from ui.picture import picture
from ui.player import player
from ui.rows import rows
from ui.welcomes_head import welcomes_head
from ui.welcomes_table import welcomes_table
from ui.welcomes_wave import welcomes_wave

A_CLIP = "mastered/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"
EMPTY_CLIP = "mastered/1B834F14-EA86-5572-911A-5CDD4CE2A9CA.mp3"
MP3 = b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\x00" * 100
STAGE = {A_CLIP: MP3, EMPTY_CLIP: b"", "mastered/2.txt": b"two", "readme.txt": b"read me"}
CANONICAL = {
    "canonical/welcomes/ita.wav": b"RIFF",
    "canonical/welcomes/cym.wav": b"RIFF",
    "canonical/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3": MP3,  # against THE RULE
}
BUCKETS = {
    "ssi-audio-stage": STAGE,
    "ssiborg-assets": {A_CLIP: MP3},
    "popty-bach-lfs": CANONICAL,
}


def own_s3(url: str) -> Services:
    """Services over a store of one's own at `url`, as three variables choose it."""
    return bootstrap.build(
        {
            "S3_ENDPOINT_URL": url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalr-never-shown",
        }
    )


SCRIPT = Path(__file__).parents[2] / "ui" / "console.py"
RUN_S = 30  # two cores shared by several workers
_TEXTS = (
    "title",
    "header",
    "subheader",
    "markdown",
    "caption",
    "text",
    "code",
    "info",
    "warning",
    "error",
    "success",
    "toast",
)


class Console:
    """One browser tab: `open` and `again` run a page; then `data` and `words` tell what it shows.

    The components draw in the browser, so what is kept of them is the data they were given.
    """

    _pages: ClassVar[dict[str, Any]] = {}  # as the first tab of the process found them

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.app = AppTest.from_file(str(SCRIPT), default_timeout=RUN_S)
        self.requests: list[str] = []  # "GET /bucket?…", those of the last run
        self.ticked: list[str] = []
        self._given: dict[str, Mapping[str, Any]] = {}
        drawing = (cards, facts, grid, log, picture, player, rows)
        for module in (*drawing, welcomes_head, welcomes_table, welcomes_wave):
            patch.setattr(module, "_component", self._keeping(module._component))
        # what every way to the store comes down to
        for owner, name in ((HTTPConnection, "putrequest"), (Wire, "send")):
            patch.setattr(owner, name, self._counting(getattr(owner, name)))

    def _counting(self, ask: Any) -> Any:
        def counted(asking: Any, method: str, url: str, *args: Any, **kwargs: Any) -> None:
            self.requests.append(f"{method} {url}")
            ask(asking, method, url, *args, **kwargs)

        return counted

    def _keeping(self, component: Any) -> Any:
        def call(**given: Any) -> Any:
            self._given[given["key"]] = given["data"]
            shown = component(**given)
            ticked = given["key"] == "browse:grid" and self.ticked
            return SimpleNamespace(checked=self.ticked) if ticked else shown

        return call

    def open(self, page: str = "home", **address: str) -> Console:
        """Runs a page at an address (its query string)."""
        if not self.app._registered_pages:  # AppTest knows them only after a first run
            self.app._registered_pages = dict(Console._pages)
        if not self.app._registered_pages:
            self.again()
            Console._pages = dict(self.app._registered_pages)
        self.app.switch_page(f"../pages/{page}.py")
        self.app.query_params.clear()
        for name, value in address.items():
            self.app.query_params[name] = value
        return self.again()

    def again(self) -> Console:
        """Runs the page again, as a click in it does."""
        self.requests.clear()
        self._given.clear()
        self.app.run()
        assert not self.app.exception, [item.value for item in self.app.exception]
        return self

    def press(self, key: str) -> Console:
        """Presses the button with this key."""
        self.app.button(key=key).click()
        return self.again()

    @property
    def shown(self) -> set[str]:
        """Keys of the components that are on the page."""
        return set(self._given)

    def data(self, key: str) -> Mapping[str, Any]:
        """What the component `key` was given."""
        return self._given[key]

    def cards(self, key: str) -> dict[str, Mapping[str, Any]]:
        """The cards of Home by what stands on top of them."""
        return {card["eyebrow"]: card for card in self._given[f"home:{key}"]["cards"]}

    @property
    def names(self) -> list[str]:
        """Folders and keys in the table, from top to bottom."""
        table = self.data("browse:grid")
        return [*table["folders"], *table["keys"]]

    @property
    def markdown(self) -> list[str]:
        """Every text the page handed to Streamlit, as it did."""
        return [str(item.value) for kind in _TEXTS for item in self.app.get(kind)]

    @property
    def words(self) -> str:
        """What a person reads outside the components: without the escapes of markdown."""
        return "\n".join(self.markdown).replace("\\", "").replace("\u2060", "")

    @property
    def listings(self) -> list[str]:
        return [request for request in self.requests if "list-type=2" in request]


def with_store(services: Services, store_for: Callable[..., Store]) -> Services:
    """The same services, with other stores behind the buckets."""
    gate = Gate(services.layouts, store_for, services.audit, services.sessions, services.switches)
    objects = Objects(gate, lambda: datetime.now(UTC))
    return replace(services, store_for=store_for, objects=objects)
