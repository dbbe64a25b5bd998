"""The scripts of the Listen page's player, over HTTP."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from api_rig import console_app
from loops import run_async

OWN = "http://127.0.0.1:8501"
SCRIPTS = Path(__file__).parents[2] / "ui" / "listen" / "scripts"
IMPORTED = re.compile(r'^import .* from "\./([^"]+)";$', re.MULTILINE)


def get(name: str, **headers: str) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(console_app(), client=("127.0.0.1", 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            return await client.get(f"/api/ui/listen/{name}", headers=headers)

    return run_async(send)


def test_all_that_the_player_imports_is_served() -> None:
    """From the first module on, each import leads to a script that is there."""
    todo, seen = ["mount.js"], set()
    while todo:
        name = todo.pop()
        answer = get(name)
        assert answer.status_code == 200, name
        assert answer.headers["content-type"].startswith("text/javascript")
        seen.add(name)
        todo += [other for other in IMPORTED.findall(answer.text) if other not in seen]
    own = {path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.rglob("*.js")}
    assert seen == own | {"asking.js", "measures.js"}


def test_a_browser_takes_it_once_and_asks_whether_it_changed() -> None:
    """304 and no body for what it has already."""
    first = get("mount.js")
    assert first.headers["cache-control"] == "no-cache"
    again = get("mount.js", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["", "listen.py", "vendor/LICENSE", "../listen.py", "%2e%2e/listen.py", "/etc/passwd"]
)
def test_nothing_else_is_served(name: str) -> None:
    """No other file of the folder, and none outside it."""
    assert get(name).status_code == 404
