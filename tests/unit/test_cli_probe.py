"""`probe` of a file: its document, its words, its exit codes. Of an object: tests/store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.cli.main import main
from tests import sounds


def test_a_file_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One document with facts and findings; exit 1, as something is wrong with it."""
    file = tmp_path / "quiet.wav"
    file.write_bytes(sounds.wav(sounds.speech(level=0.02)))
    assert main(["probe", str(file), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["container"], document["sample_rate_hz"]) == ("WAV", 44_100)
    assert document["duration_s"] == pytest.approx(3.0)
    assert [finding["code"] for finding in document["findings"]] == ["level"]


def test_a_good_file_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, where at most things worth knowing were found."""
    file = tmp_path / "good.wav"
    file.write_bytes(sounds.wav(sounds.tone(level=0.22, hz=1_000), "s24"))
    assert main(["probe", str(file)]) == 0
    out = capsys.readouterr().out
    assert "duration s:           2.000\n" in out
    assert "info:                 Finer than needed (24-bit): it will be kept as 16-bit\n" in out


def test_what_is_no_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """HTML named .mp3, and a file that is not there: an error document each, with its exit code."""
    page = tmp_path / "page.mp3"
    page.write_text("<!doctype html><p>404")
    assert main(["probe", str(page), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["what"] == "This is no recording: it is an HTML page."
    assert main(["probe", str(tmp_path / "gone.mp3"), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "not-found"
    assert main(["probe", str(tmp_path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "invalid-input"


def test_one_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    """Refused by its size: a sparse file of 10 GB takes no memory."""
    vast = tmp_path / "vast.wav"
    with vast.open("wb") as file:
        file.truncate(10 * 2**30)
    assert main(["probe", str(vast)]) == 2
