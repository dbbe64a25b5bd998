"""`users` and `tokens`, and whom every command acts for, with a login and without one."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage.cli.main import main
from storage.db.engine import open_database
from storage.db.people import People
from storage.model.people import Role
from storage.s3 import embedded

ANN = "id.example.org/ann"
LOGIN = """
[login]
public_url = "https://console.example.org"
[[login.people]]
email = "ann@example.org"
roles = ["admin"]
"""
CREATE = ("tokens", "create", "nightly", "--expires", "30d")
LISTING = (*CREATE, "--role", "viewer", "--can", "object:list")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one person in the database; no store may be started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORAGE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SOUNDSTAGE_TOKEN", raising=False)
    monkeypatch.setattr(embedded, "acquire", lambda *_a, **_k: pytest.fail("started a store"))
    with closing(open_database(tmp_path / "data" / "console.db")) as database:
        roles = frozenset({Role.EDITOR})
        People(database).seen(ANN, "Ann \x1b[31m", "ann@example.org", roles, datetime.now(UTC))
    return tmp_path


@pytest.fixture
def login(folder: Path) -> None:
    """A config file with a login."""
    (folder / "soundstage.toml").write_text(LOGIN, encoding="utf-8")


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    """Status and document of a command with --json."""
    capsys.readouterr()
    status = main([*argv, "--json"])
    return status, json.loads(capsys.readouterr().out)


def log(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What the audit log says, by the person of the machine."""
    events: list[dict[str, Any]] = run(capsys, "audit", "list")[1]["events"]
    return events[::-1]


def test_a_token_is_made_listed_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a login the local person may; the secret is in the first answer and never again."""
    status, made = run(capsys, *LISTING, "--only", "ssi", "yoto", "--note", "for cron")
    assert status == 0
    assert made["secret"].startswith(f"sst_{made['token']['id']}_")
    assert made["token"]["layouts"] == ["ssi", "yoto"]
    assert (made["token"]["roles"], made["token"]["permissions"]) == (["viewer"], ["object:list"])
    _, listed = run(capsys, "tokens", "list")
    assert listed["tokens"] == [made["token"]]
    status, revoked = run(capsys, "tokens", "revoke", made["token"]["id"], "--note", "leaked")
    assert (status, bool(revoked["revoked_at"])) == (0, True)
    rows = log(capsys)
    assert [(row["action"], row["result"], row["note"]) for row in rows] == [
        ("token:manage", "allowed", "for cron"),
        ("token:manage", "done", "for cron"),
        ("token:manage", "allowed", "leaked"),
        ("token:manage", "done", "leaked"),
    ]
    assert {(row["actor"], row["via"]) for row in rows} == {("local", "cli")}
    assert made["secret"][-64:] not in json.dumps(rows)


def test_an_option_given_again_adds_to_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever writes --can twice means both."""
    twice = ("--can", "object:read", "--role", "qa", "--only", "ssi", "--only", "yoto")
    _, made = run(capsys, *LISTING, *twice)
    assert made["token"]["permissions"] == ["object:list", "object:read"]
    assert made["token"]["roles"] == ["qa", "viewer"]
    assert made["token"]["layouts"] == ["ssi", "yoto"]


def test_the_rows_of_a_command_share_an_id(capsys: pytest.CaptureFixture[str]) -> None:
    """As those of a request over HTTP do; those of another command have another."""
    for _ in range(2):
        run(capsys, *LISTING)
    first, second, third, fourth = (row["request_id"] for row in log(capsys))
    assert first == second != third == fourth
    assert first


def test_the_secret_alone_is_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """So that a script can keep it: TOKEN=$(python -m storage tokens create …)."""
    assert main(list(LISTING)) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("sst_")
    assert shown.out.count("\n") == 1
    assert shown.out.strip() not in shown.err
    assert main(["tokens", "list"]) == 0
    assert shown.out.strip()[-64:] not in capsys.readouterr().out


def test_people_are_listed_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    """With what the provider called them, as text."""
    assert main(["users", "list"]) == 0
    line = capsys.readouterr().out
    assert line.startswith(ANN)
    assert "\\x1b[31m" in line
    assert "\x1b" not in line
    status, person = run(capsys, "users", "revoke", ANN, "--note", "left")
    assert (status, bool(person["revoked_before"])) == (0, True)
    assert main(["users", "revoke", "nobody"]) == 3


def test_a_command_acts_for_the_owner_of_its_token(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exactly the token's permissions, and without a login too."""
    _, reader = run(capsys, *CREATE, "--role", "admin", "--can", "audit:read")
    _, lister = run(capsys, *LISTING)
    monkeypatch.setenv("SOUNDSTAGE_TOKEN", reader["secret"])
    assert main(["audit", "verify"]) == 0
    assert main(["tokens", "list"]) == 3
    monkeypatch.setenv("SOUNDSTAGE_TOKEN", lister["secret"])
    assert main(["audit", "verify"]) == 3
    monkeypatch.delenv("SOUNDSTAGE_TOKEN")
    refused = [row for row in log(capsys) if row["result"] == "refused"]
    assert [(row["via"], row["action"]) for row in refused] == [
        ("token", "token:manage"),
        ("token", "audit:read"),
    ]


@pytest.mark.parametrize("secret", ["sst_", "x", "sst_" + "0" * 16 + "_" + "0" * 64])
def test_a_wrong_token_is_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """The local person does not stand in for a token that is not valid."""
    monkeypatch.setenv("SOUNDSTAGE_TOKEN", secret)
    assert main(["audit", "list"]) == 3
    shown = capsys.readouterr()
    assert "not valid" in shown.err
    assert secret not in shown.out + shown.err


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize("command", ["audit list", "ls", "jobs list"])
def test_with_a_login_a_command_needs_a_token(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """It says how to get one, with status 2, before anything is read."""
    assert main(command.split()) == 2
    shown = capsys.readouterr()
    assert "SOUNDSTAGE_TOKEN" in shown.err
    assert "tokens create --as-local" in shown.err
    assert shown.out == ""


@pytest.mark.usefixtures("login")
def test_the_first_token_is_made_on_the_server(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can read the console's files there says so with --as-local, and the log has it."""
    assert main([*LISTING]) == 2
    assert "--as-local" in capsys.readouterr().err
    _, made = run(capsys, *CREATE, "--role", "admin", "--can", "audit:read", "--as-local")
    monkeypatch.setenv("SOUNDSTAGE_TOKEN", made["secret"])
    rows = log(capsys)
    assert [(row["actor"], row["via"], row["result"]) for row in rows] == [
        ("local", "cli", "allowed"),
        ("local", "cli", "done"),
    ]
    assert main(["tokens", "list"]) == 3
    assert main(["tokens", "list", "--as-local"]) == 0
    assert main(["users", "revoke", ANN, "--as-local"]) == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--role", "emperor", "--can", "object:list"), "no role 'emperor'"),
        (("--role", "viewer", "--can", "world:rule"), "no permission 'world:rule'"),
        (("--role", "viewer", "--can", "token:manage"), "No token can have token:manage"),
        (("--role", "viewer", "--can", "object:write"), "none of its roles"),
        (("--role", "viewer", "--can", "object:list", "--only", "nowhere"), "no project 'nowhere'"),
        (("--role", "viewer"), "--can"),
    ],
)
def test_what_makes_no_token_is_status_2(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], words: str
) -> None:
    """A wrong role, permission or project is named."""
    assert main([*CREATE, *argv]) == 2
    assert words in capsys.readouterr().err
