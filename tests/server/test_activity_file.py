"""The activity log as a file over HTTP: what it holds, for whom, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from loops import run_async
from starlette.applications import Starlette

from server.errors import console_errors
from server.middleware import console_middleware
from server.routes import console_routes
from storage import bootstrap
from storage.activity.service import Activity
from storage.audit.log import Audit
from storage.model.audit import AuditEvent, AuditFilter
from storage.model.people import Actor, Role

OWN = "http://127.0.0.1:8501"
ANN = Actor("id/ann", "Ann", frozenset({Role.EDITOR}), "session")
APP = Starlette(
    routes=console_routes(),
    middleware=console_middleware(lambda _name: "127.0.0.1"),
    exception_handlers=console_errors(),
)


@pytest.fixture
def log(audit: Audit, gate_to: Callable[..., Any]) -> Iterator[Audit]:
    """A log with 1,500 rows of Ann, in a running console."""
    audit.append(
        *(
            AuditEvent.by(ANN, "object:link", result="allowed", bucket="b", key=f"k/{n}")
            for n in range(1_500)
        )
    )
    made = SimpleNamespace(
        mode="moto",
        activity=Activity(gate_to({}, None), audit),
        origins=lambda: ("http://127.0.0.1:9",),
        close=lambda: None,
        login=None,
        sessions=SimpleNamespace(check=lambda _actor: None),
    )
    bootstrap.install(made)  # type: ignore[arg-type]
    yield audit
    bootstrap.close()


def get(path: str, **headers: str) -> httpx.Response:
    """A request from one of the console's own pages."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(APP, client=("127.0.0.1", 5), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            return await client.get(path, headers={"Origin": OWN, **headers})

    return run_async(ask)


def test_all_rows_that_fit_come_as_json_lines(log: Audit) -> None:
    """Not only a page of them; saved under a name with the day; never cached."""
    answer = get("/api/ui/activity?form=jsonl&starts=k/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jsonl"
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert f'filename="activity-{today}.jsonl"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["key"] for row in rows] == [f"k/{n}" for n in range(1_500)]


def test_every_filter_of_the_page_is_one_of_the_file(log: Audit) -> None:
    """By the page's own names."""
    for name, value in {
        "person": "id/ann", "what": "object:link", "result": "allowed", "bucket": "b",
        "key": "k/7", "find": "K/7", "until": "2099-01-01T00:00:00Z",
    }.items():  # fmt: skip
        lines = get(f"/api/ui/activity?form=csv&starts=k/7&{name}={value}").text.splitlines()
        assert len(lines) > 1, name
    for name in ("person", "what", "result", "project", "bucket", "key", "starts", "find"):
        assert len(get(f"/api/ui/activity?form=csv&{name}=nothing%00").text.splitlines()) == 1, name
    later = get("/api/ui/activity?form=csv&since=2099-01-01T00:00:00%2B02:00")
    assert len(later.text.splitlines()) == 1


@pytest.mark.parametrize(
    "query",
    ["", "form=xml", "form=csv&since=yesterday", "form=csv&until=0001-01-01T00:00:00%2B14:00"],
)
def test_a_wrong_question_is_told(log: Audit, query: str) -> None:
    """400 with words; nothing is taken and nothing logged."""
    answer = get(f"/api/ui/activity?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid-input"
    assert len(log.search(AuditFilter(action="audit:read")).rows) == 0


def test_another_site_cannot_take_it(log: Audit) -> None:
    """Neither by a script of its own nor with a link's cookie."""
    assert get("/api/ui/activity?form=csv", Origin="http://evil.example").status_code == 403
