"""`promote …` over the real store, as a pipeline uses it: documents on stdout, exit statuses."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from promotion_rig import remove_bucket
from released_worker import configure

from storage import bootstrap
from storage.cli.main import main
from storage.model.releases import STATE_WORDS
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
    assert run("status", plan["id"], status=5)["state"] == "approved"
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


def test_from_inventories(
    run: Callable[..., Any], weed_store: Store, buckets: tuple[str, str], tmp_path: Path
) -> None:
    """Without them it is said what to do; with them nothing is listed, the plan says how old they
    are, and what was written since is not overwritten."""
    draft, prod = buckets
    other = KEY.replace("0A", "0B")
    for key in (KEY, other):
        weed_store.client.put_object(Bucket=draft, Key=key, Body=b"clip", ContentType="audio/mpeg")
    missing = run("plan", "--prefix", "clips/", "--from-inventory", status=3)["error"]
    assert (missing["code"], "scan draft" in missing["remedy"]) == ("not-found", True)
    for role in ("draft", "prod"):
        assert main(["scan", role, "--out", str(tmp_path / f"{role}.parquet")]) == 0
    weed_store.client.put_object(Bucket=draft, Key=KEY.replace("0A", "0C"), Body=b"later")
    weed_store.client.put_object(Bucket=prod, Key=other, Body=b"by hand")
    plan = run("plan", "--prefix", "clips/", "--from-inventory")
    assert [step["key"] for step in plan["steps"]] == [KEY, other]
    assert any("less than a minute old" in note for note in plan["notes"])
    run("approve", plan["id"], "--hash", plan["hash"])
    stopped = run("run", plan["id"], "--type", "clips/", status=1)
    assert (stopped["done"], stopped["failures"][0]["key"]) == (1, other)
    assert run("status", plan["id"], status=1)["state"] == "stopped"
    assert run("cancel", plan["id"])["state"] == "stopped"


def test_a_pipeline_knows_by_the_status(
    run: Callable[..., Any], weed_store: Store, buckets: tuple[str, str], tmp_path: Path
) -> None:
    """Ended well, running, waiting for somebody, or none of these: of each state."""
    weed_store.client.put_object(Bucket=buckets[0], Key=KEY, Body=b"clip")
    plan = run("plan", "--prefix", "clips/")
    statuses = {
        "planned": 5, "approved": 5, "running": 4, "paused": 5, "stopped": 1,
        "copied": 1, "live": 0, "undone": 0, "void": 1,
    }  # fmt: skip
    assert statuses.keys() == STATE_WORDS.keys()
    for state, status in statuses.items():
        with closing(sqlite3.connect(tmp_path / "data" / "console.db")) as database:
            database.execute("UPDATE releases SET state = ?", [state])
            database.commit()
        assert run("status", plan["id"], status=status)["state"] == state


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
