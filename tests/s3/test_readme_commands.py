"""The commands that README shows, on one's own S3 chosen by three variables."""

from __future__ import annotations

import json

import pytest

from storage import bootstrap
from storage.cli.main import main
from storage.demo.seed import seed
from storage.s3.client import Store
from storage.settings import environment


@pytest.fixture(autouse=True)
def _own_s3(moto_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in with the samples of two projects, as the environment names it."""
    monkeypatch.setenv("S3_ENDPOINT_URL", moto_store.connection.endpoint_url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "moto")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "moto")
    layouts = bootstrap.configure(environment()).layouts
    seed(lambda _layout, _bucket: moto_store, {name: layouts[name] for name in ("ssi", "yoto")})


def test_each_command_of_the_readme_works(capsys: pytest.CaptureFixture[str]) -> None:
    """ls, stat, url and policy end with 0; what --json prints is one JSON document."""
    assert main(["ls", "stage:mastered/", "--json"]) == 0
    clips = json.loads(capsys.readouterr().out)["objects"]
    assert {"clip"} <= {clip["kind"] for clip in clips}
    assert main(["stat", "canonical:canonical/welcomes/ita.wav"]) == 0
    assert "welcome" in capsys.readouterr().out.lower()
    clip = next(clip["key"] for clip in clips if clip["kind"] == "clip")
    assert main(["url", f"prod:{clip}", "--expires", "1h"]) == 0
    assert "X-Amz-Expires=3600" in capsys.readouterr().out
    assert main(["policy", "qa"]) == 0
    assert "s3:ListBucket" in capsys.readouterr().out


def test_layout_chooses_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    """--layout yoto reads dev: as that project's development bucket; a wrong name is told."""
    assert main(["--layout", "yoto", "ls", "dev:", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["bucket"].startswith("yoto-audio-dev-")
    assert any(row["key"].endswith(".mp3") for row in listed["objects"])
    assert main(["--layout", "yotto", "ls", "dev:"]) == 2
    assert "yoto" in capsys.readouterr().err
