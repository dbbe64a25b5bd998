"""`audit verify|list|export`: the log from a terminal, without any store."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage.audit.log import open_audit
from storage.cli.main import main
from storage.db.engine import open_database
from storage.model.audit import AuditEvent
from storage.model.people import local_actor
from storage.s3 import embedded
from storage.settings import Secret

KEYS = ["mastered/a.mp3", "=HYPERLINK(1)", "\x1b]0;x\x07\u202e.mp3"]


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose log has three rows; no store may be started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORAGE_DATA", str(tmp_path))
    monkeypatch.setattr(embedded, "acquire", lambda *_a, **_k: pytest.fail("started a store"))
    with closing(open_database(tmp_path / "console.db")) as database:
        audit = open_audit(database, tmp_path, Secret(""), lambda: datetime.now(UTC), [])
        for key in KEYS:
            audit.append(
                AuditEvent.by(
                    local_actor(via="cli"), "object:link", result="allowed", bucket="b", key=key
                )
            )
    return tmp_path


def _json(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    status = main([*argv, "--json"])
    return status, json.loads(capsys.readouterr().out)


def _tamper(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "console.db")) as raw:
        for trigger in ("audit_events_no_update", "audit_events_no_delete"):
            raw.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            raw.execute(statement)
        raw.commit()


def test_an_untouched_log_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0; the number of rows and the head."""
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out == "3 rows, all as the console wrote them.\n"
    status, document = _json(capsys, "audit", "verify")
    assert (status, document["rows"], document["findings"]) == (0, 3, [])
    assert document["head"]["seq"] == 3


def test_tampering_is_status_1_and_names_the_row(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words and as JSON."""
    _tamper(log, "UPDATE audit_events SET actor_id = 'someone else' WHERE seq = 2")
    assert main(["audit", "verify"]) == 1
    assert "edited: Row 2 is not as the console wrote it." in capsys.readouterr().out
    status, document = _json(capsys, "audit", "verify")
    assert status == 1
    assert [(one["code"], one["seq"]) for one in document["findings"]] == [("edited", 2)]


def test_what_is_wrong_everywhere_is_not_told_for_ever(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hundred findings, then how many more there are."""
    _tamper(
        log,
        "WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
        "INSERT INTO audit_events SELECT i, at, actor_id, actor_name, roles, via, address, action, "
        "layout, role, bucket, key, version_before, version_after, result, note, request_id, "
        "detail, prev, mac FROM audit_events, n WHERE seq = 3",
    )
    status, document = _json(capsys, "audit", "verify")
    assert status == 1
    assert (len(document["findings"]), document["more"]) == (100, 98)


def test_the_newest_rows_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Newest first, filtered, page by page; no control character reaches the terminal."""
    assert main(["audit", "list"]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()] == ["3", "2", "1"]
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    _, document = _json(capsys, "audit", "list", "--limit", "2")
    assert [row["seq"] for row in document["events"]] == [3, 2]
    _, older = _json(capsys, "audit", "list", "--before", str(document["next"]))
    assert [row["key"] for row in older["events"]] == KEYS[:1]
    assert older["next"] is None
    _, found = _json(capsys, "audit", "list", "--prefix", "mastered/", "--text", "A.MP3")
    assert [row["seq"] for row in found["events"]] == [1]
    _, none = _json(capsys, "audit", "list", "--since", "2099-01-01", "--actor", "local")
    assert none["events"] == []


def test_it_is_exported_for_a_spreadsheet(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """CSV that opens in Excel: nothing in it is a formula, nothing moves a terminal."""
    assert main(["audit", "export", "--format", "csv"]) == 0
    data = capsysbinary.readouterr().out
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\x1b" not in data
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["seq"] for row in rows] == ["1", "2", "3", "4"]
    assert (rows[3]["action"], rows[3]["result"]) == ("audit:read", "allowed")  # this very copy
    assert rows[1]["key"] == "'=HYPERLINK(1)"
    assert rows[0]["actor"] == "local"


def test_it_is_exported_as_json_lines(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """One document a line; with --json one document in all, also of nothing."""
    assert main(["audit", "export"]) == 0
    lines = capsysbinary.readouterr().out.splitlines()
    assert [json.loads(line)["key"] for line in lines] == [*KEYS, ""]
    assert main(["audit", "export", "--json", "--action", "object:link"]) == 0
    assert len(json.loads(capsysbinary.readouterr().out)["events"]) == 3
    assert main(["audit", "export", "--json", "--result", "failed"]) == 0
    assert json.loads(capsysbinary.readouterr().out) == {"events": []}


@pytest.mark.parametrize(
    "argv",
    [
        ["audit"],
        ["audit", "list", "--limit", "0"],
        ["audit", "list", "--limit", "5000"],
        ["audit", "list", "--since", "yesterday"],
        ["audit", "export", "--format", "xml"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Told as any other wrong command line."""
    assert main(argv) == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_a_lost_key_is_status_2(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No new key is made over rows that were made with another."""
    (log / "audit.key").unlink()
    assert main(["audit", "verify"]) == 2
    assert "is gone" in capsys.readouterr().err
    assert not (log / "audit.key").exists()
