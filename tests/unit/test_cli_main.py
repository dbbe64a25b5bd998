"""The command line around the commands: errors, exit codes, speed, and safe printing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import errors
from storage.cli import projects, show
from storage.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


def _json(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` or soundstage.toml of the developer is read."""
    monkeypatch.chdir(tmp_path)


def test_help_answers_at_once() -> None:
    """`--help` loads no S3 library; the best of three runs stays under 0.4 s."""
    taken = []
    for _ in range(3):
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "storage", "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        taken.append(time.monotonic() - began)
    assert min(taken) < 0.4
    assert "COMMAND" in done.stdout
    assert "boto3" not in done.stderr
    assert "pyarrow" not in done.stderr


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nothing"],
        ["ls", "--limit", "0"],
        ["ls", "--limit", "x"],
        ["stat"],
        ["--json"],
        ["demo"],
        ["demo", "serve", "--port", "70000"],
        ["policy", "emperor"],
        ["--layout", "nowhere", "policy", "viewer"],
        ["--config", "missing.toml", "layouts"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_in_two_lines_and_as_json(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2; what is wrong and what to do on stderr, or the error document on stdout."""
    if "--json" not in argv:
        assert main(argv) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith("Error: ")
        assert len(shown.err.splitlines()) == 2
    assert main([*argv, "--json"]) == 2
    error = _json(capsys)
    assert isinstance(error, dict)
    assert set(error) == {"error"}
    assert set(error["error"]) == {"code", "what", "remedy"}


@pytest.mark.parametrize("number", ["x", "0", "-1", "1.5", ""])
def test_what_is_no_number_of_things_is_told_in_words(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not as "invalid count value", which is Python's."""
    assert main(["ls", f"--limit={number}"]) == 2
    assert f"Argument --limit: {number} is not 1 or more." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Conflict, 1),
        (errors.RuleViolation, 1),
        (errors.ConfigError, 2),
        (errors.InvalidInput, 2),
        (errors.NotFound, 3),
        (errors.AccessDenied, 3),
        (errors.Unsupported, 3),
        (errors.Unavailable, 3),
        (errors.StorageError, 3),
    ],
)
def test_each_kind_of_failure_has_its_exit_status(
    error: type[errors.StorageError],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """1 findings or conflict, 2 usage or configuration, 3 refused or not reached."""

    def fail(_args: object) -> int:
        raise error("It went \x1b[31mwrong.", "Do\nthis.")

    monkeypatch.setattr(projects, "layouts", fail)
    assert main(["layouts"]) == status
    assert capsys.readouterr().err == "Error: It went \\x1b[31mwrong.\nDo\\nthis.\n"
    assert main(["layouts", "--json"]) == status
    assert _json(capsys) == {
        "error": {"code": error.code, "what": "It went \x1b[31mwrong.", "remedy": "Do\nthis."}
    }


@given(st.text())
def test_no_printed_text_can_steer_a_terminal(text: str) -> None:
    """Whatever the key: one line, nothing but visible characters (and emoji joiners)."""
    shown = show.printable(text)
    assert shown.replace("\u200c", "").replace("\u200d", "").isprintable() or all(
        letter.isprintable() or letter.isspace() or letter in "\u200c\u200d" or ord(letter) > 0x7F
        for letter in shown
    )
    assert not set(shown) & set("\x1b\x07\r\n\t\x7f\x9b\u202e\u2028")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 👩‍🎤 e\u0301", "plain é 👩‍🎤 e\u0301"),
        ("\x1b[2J\x9b31m", "\\x1b[2J\\x9b31m"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    """Ordinary letters stay, the rest is escaped as Python writes it."""
    assert show.printable(text) == shown


def test_layouts_are_told_without_a_store(capsys: pytest.CaptureFixture[str]) -> None:
    """Names, roles, buckets and regions of all five; nothing is started."""
    assert main(["layouts", "--json"]) == 0
    found = _json(capsys)
    assert isinstance(found, list)
    by_name = {layout["name"]: layout for layout in found}
    assert list(by_name) == ["ssi", "yoto", "speech-coach", "autobio", "serene"]
    assert by_name["ssi"]["buckets"][0] == {
        "role": "stage",
        "title": "Stage (testing)",
        "bucket": "ssi-audio-stage",
        "region": "eu-west-1",
        "live": False,
    }
    assert main(["layouts"]) == 0
    assert "ssiborg-assets" in capsys.readouterr().out


def test_a_policy_is_a_policy_document_for_the_chosen_project(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only that project's buckets, only its actions; options may stand before or behind."""
    assert main(["--layout", "ssi", "policy", "operator"]) == 0
    first = _json(capsys)
    assert main(["policy", "operator", "--json", "--layout", "ssi"]) == 0
    assert _json(capsys) == first
    assert isinstance(first, dict)
    assert first["Version"] == "2012-10-17"
    assert "ssi-audio-stage" in json.dumps(first)
    assert "serene" not in json.dumps(first)
    assert '"s3:*"' not in json.dumps(first)
    assert main(["policy", "operator"]) == 0
    assert "serene" in capsys.readouterr().out


def test_a_dot_env_file_is_read_but_wins_over_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Variables that are set already stay as they are."""
    (tmp_path / ".env").write_text(
        "STORAGE_LAYOUT=speech-coach\nS3_BUCKET_NAME=from-file\nS3_BUCKET_REGION=eu-west-3\n"
    )
    for name in ("STORAGE_LAYOUT", "S3_BUCKET_REGION"):  # registered, so that they are taken back
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("S3_BUCKET_NAME", "already-set")
    assert main(["layouts", "--json"]) == 0
    found = _json(capsys)
    assert isinstance(found, list)
    (coach,) = [layout for layout in found if layout["name"] == "speech-coach"]
    assert (coach["buckets"][0]["bucket"], coach["buckets"][0]["region"]) == (
        "already-set",
        "eu-west-3",
    )


def test_samples_never_go_into_ones_own_s3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`demo seed` is refused where the configuration names another store."""
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://127.0.0.1:9")
    assert main(["demo", "seed"]) == 2
    assert "your own S3" in capsys.readouterr().err
