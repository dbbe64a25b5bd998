"""The audit log's heads in a real store, from the setting to what `audit verify` says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage import bootstrap
from storage.bootstrap import Services
from storage.cli.main import main
from storage.errors import ConfigError
from storage.model.people import local_actor
from storage.s3.client import Store
from storage.s3.embedded import EmbeddedStore


@pytest.fixture
def environ(
    weed: EmbeddedStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """A console of one's own S3 that keeps its log's heads in a bucket of no project."""
    monkeypatch.chdir(tmp_path)
    made = {
        "S3_ENDPOINT_URL": weed.endpoint_url,
        "AWS_REGION": weed.region,
        "AWS_ACCESS_KEY_ID": weed.access_key_id,
        "AWS_SECRET_ACCESS_KEY": str(weed.secret_access_key),
        "STORAGE_DATA": str(tmp_path),
        "AUDIT_HEADS_PLACE": f"s3://{bucket}/console/heads",
    }
    for name, value in made.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def act(environ: dict[str, str]) -> Iterator[Callable[[], None]]:
    """`act()`: a console starts, somebody switches to reading only, it ends."""

    def do() -> None:
        with closing(bootstrap.build(environ)) as services:
            console: Services = services
            console.console.set_read_only(local_actor(), "why")

    yield do
    bootstrap.close()


def verify(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Status and document of `audit verify`."""
    capsys.readouterr()
    status = main(["audit", "verify", "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_days_head_is_an_object_and_verifies(
    act: Callable[[], None], weed_store: Store, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written before the console ends, never again that day; `audit verify` compares with it."""
    act()
    key = f"console/heads/audit-head-{datetime.now(UTC).date()}.json"
    first = weed_store.client.get_object(Bucket=bucket, Key=key)["Body"].read()
    act()
    assert weed_store.client.get_object(Bucket=bucket, Key=key)["Body"].read() == first
    status, said = verify(capsys)
    assert (status, said["rows"], said["findings"], said["unread"]) == (0, 4, [], "")


def test_a_log_that_began_anew_is_found_by_the_object(
    act: Callable[[], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Database and heads file are gone, the key is kept, and rows are made anew: the object knows."""
    act()
    (tmp_path / "audit-heads.jsonl").unlink()
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"console.db{end}").unlink(missing_ok=True)
    act()
    status, said = verify(capsys)
    assert status == 1
    assert [(one["code"], one["seq"]) for one in said["findings"]] == [("edited", 1)]


def test_a_store_that_is_away_is_said(
    act: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The act goes on; `audit verify` checks the rows and says what it could not compare."""
    monkeypatch.setenv("AUDIT_HEADS_PLACE", "s3://no-such-bucket/x")
    act()
    status, said = verify(capsys)
    assert (status, said["rows"], said["findings"]) == (3, 2, [])
    assert "Not compared with the heads in s3://no-such-bucket/x/" in said["unread"]
    assert main(["audit", "verify"]) == 3
    assert "Not compared" in capsys.readouterr().err


def test_a_row_that_was_changed_is_told_whatever_the_store_says(
    act: Callable[[], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Status 1: a finding weighs more than a store that is away."""
    act()
    with closing(sqlite3.connect(tmp_path / "console.db")) as raw:
        raw.execute("DROP TRIGGER audit_events_no_update")
        raw.execute("UPDATE audit_events SET note = 'x' WHERE seq = 1")
        raw.commit()
    monkeypatch.setenv("AUDIT_HEADS_PLACE", "s3://no-such-bucket/x")
    status, said = verify(capsys)
    assert (status, [one["seq"] for one in said["findings"]]) == (1, [1])
    assert said["unread"]


@pytest.mark.parametrize("place", ["heads/", "https://x/y", "s3://", "s3://a b/c", "stage:heads"])
def test_a_place_that_is_none_stops_the_start(environ: dict[str, str], place: str) -> None:
    """Before anything is done that would not be kept there."""
    with pytest.raises(ConfigError, match="AUDIT_HEADS_PLACE"):
        bootstrap.build({**environ, "AUDIT_HEADS_PLACE": place})
