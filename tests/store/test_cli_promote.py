"""`promote …` over the real store, as a pipeline uses it: documents on stdout, exit statuses."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from promotion_rig import remove_bucket
from released_worker import configure

from storage import bootstrap
from storage.cli.main import main
from storage.s3.client import Store

KEY = "clips/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"


@pytest.fixture
def buckets(weed_store: Store) -> Iterator[tuple[str, str]]:
    names = (f"draft-{uuid.uuid4().hex[:12]}", f"prod-{uuid.uuid4().hex[:12]}")
    for name in names:
        weed_store.client.create_bucket(Bucket=name)
    yield names
    for name in names:
        remove_bucket(weed_store, name)


@pytest.fixture
def run(
    weed_store: Store, buckets: tuple[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> Iterator[Callable[..., Any]]:  # fmt: skip
    """`run(*argv, status=0)`: the JSON document that the command prints."""
    there = weed_store.connection
    for name, value in {
        "STORAGE_CONFIG": str(configure(tmp_path, *buckets)),
        "STORAGE_DATA": str(tmp_path / "data"),
        "S3_ENDPOINT_URL": there.endpoint_url,
        "AWS_REGION": there.region,
        "AWS_ACCESS_KEY_ID": there.access_key_id,
        "AWS_SECRET_ACCESS_KEY": str(there.secret_access_key),
    }.items():
        monkeypatch.setenv(name, value)

    def call(*argv: str, status: int = 0) -> Any:
        capsys.readouterr()
        assert main(["promote", *argv, "--json"]) == status, capsys.readouterr()
        return json.loads(capsys.readouterr().out)

    yield call
    bootstrap.close()


def test_from_the_plan_to_the_rollback(
    run: Callable[..., Any], weed_store: Store, buckets: tuple[str, str], tmp_path: Path
) -> None:
    """Planned, exported, imported, approved by hash, run, verified, listed, compared, undone."""
    draft, prod = buckets
    weed_store.client.put_object(Bucket=draft, Key=KEY, Body=b"clip")
    plan = run("plan", "--prefix", "clips/")
    assert (plan["counts"]["new"], plan["counts"]["blocked"], plan["bytes"]) == (1, 0, 4)
    assert [step["key"] for step in plan["steps"]] == [KEY]
    assert all(gate["ok"] for gate in plan["gates"])
    # a COPY at 0.005 and two HEADs at 0.0004 USD a thousand
    assert (plan["cost"]["total"], plan["cost"]["complete"]) == ("0.0000058", True)
    (tmp_path / "plan.json").write_text(json.dumps(run("show", plan["id"])))
    again = run("plan", "--import", str(tmp_path / "plan.json"))
    assert again["hash"] == plan["hash"]
    assert run("diff", plan["id"], again["id"])["same"]

    refused = run("approve", plan["id"], "--hash", "0" * 64, status=1)
    assert refused["error"]["code"] == "conflict"
    assert run("run", plan["id"], "--type", "clips/", status=1)["error"]["code"] == "conflict"
    assert run("approve", plan["id"], "--hash", plan["hash"])["state"] == "approved"
    assert run("run", plan["id"], "--type", "x", status=2)["error"]["code"] == "invalid-input"
    ran = run("run", plan["id"], "--type", "clips/", "--all")
    assert (ran["release"], ran["state"], ran["done"], ran["failed"], ran["total"]) == (
        plan["id"], "live", 1, 0, 1,
    )  # fmt: skip
    assert run("status", plan["id"])["verified"]["read"] == 1
    assert run("verify", plan["id"])["verified"]["wrong"] == 0
    assert run("diff", "draft:clips/", "prod:clips/")["differing"] == []

    back = run("rollback", plan["id"], "--note", "too early")
    run("approve", back["id"], "--hash", back["hash"])
    assert run("run", back["id"], "--type", "clips/")["state"] == "live"
    below = weed_store.client.list_objects_v2(Bucket=prod, Prefix="clips/")
    assert below.get("Contents") is None
    listed = run("history")["releases"]
    assert [one["state"] for one in listed if one["id"] != again["id"]] == ["live", "undone"]
    differing = run("diff", "draft:clips/", "prod:clips/", status=1)["differing"]
    assert differing == [{"key": KEY.removeprefix("clips/"), "state": "only-one"}]
    assert run("cancel", again["id"])["state"] == "void"


def test_what_cannot_be_is_told(run: Callable[..., Any], tmp_path: Path) -> None:
    """Usage, gates and unknown releases have statuses of their own."""
    assert run("plan", status=2)["error"]["code"] == "invalid-input"
    assert (
        run("plan", "--prefix", "a/", "--keys", "x", status=2)["error"]["code"] == "invalid-input"
    )
    assert run("show", "nothing", status=3)["error"]["code"] == "not-found"
    (tmp_path / "keys.txt").write_text(f'"{KEY}"\n\n')
    missing = run("plan", "--keys", str(tmp_path / "keys.txt"), status=1)
    assert missing["counts"]["missing"] == 1
    assert {gate["name"] for gate in missing["gates"] if not gate["ok"] and gate["on"]} == {
        "references"
    }
    assert (
        run("approve", missing["id"], "--hash", missing["hash"], status=1)["error"]["code"]
        == "rule-violation"
    )
