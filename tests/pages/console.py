"""The console's pages run without a browser, with what they show and what they ask for kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3
from streamlit.testing.v1 import AppTest

from ui.cards import cards
from ui.facts import facts
from ui.grid import grid
from ui.picture import picture
from ui.player import player

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

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.app = AppTest.from_file(str(SCRIPT), default_timeout=RUN_S)
        self.requests: list[str] = []  # "GET /bucket?…", those of the last run
        self.ticked: list[str] = []
        self._ran = False
        self._given: dict[str, Mapping[str, Any]] = {}
        for module in (cards, facts, grid, picture, player):
            patch.setattr(module, "_component", self._keeping(module._component))
        send = urllib3.HTTPConnectionPool.urlopen

        def counted(pool: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            self.requests.append(f"{method} {url}")
            return send(pool, method, url, *args, **kwargs)

        patch.setattr(urllib3.HTTPConnectionPool, "urlopen", counted)

    def _keeping(self, component: Any) -> Any:
        def call(**given: Any) -> Any:
            self._given[given["key"]] = given["data"]
            shown = component(**given)
            ticked = given["key"] == "browse:grid" and self.ticked
            return SimpleNamespace(checked=self.ticked) if ticked else shown

        return call

    def open(self, page: str = "home", **address: str) -> Console:
        """Runs a page at an address (its query string)."""
        if page != "home" and not self._ran:
            self.again()  # AppTest knows the pages only after a first run
        if self._ran:
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
        self._ran = True
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
