"""`probe` of an object: through the services, by permission, refused like any other read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.cli.main import main
from storage.s3.client import Store
from tests import sounds

STAGE, COACH = "ssi-audio-stage", "speech-coach-audio"
CLIP = "mastered/11111111-2222-4333-8444-55555555555A.mp3"
PRIVATE = "users/u1/recordings/r1/audio.m4a"


@pytest.fixture(autouse=True)
def _own_s3(moto_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The stand-in with a clip and a private recording, as the environment names it."""
    monkeypatch.setenv("S3_ENDPOINT_URL", moto_store.connection.endpoint_url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "moto")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "moto")
    monkeypatch.setenv("STORAGE_DATA", str(tmp_path))
    for bucket in (STAGE, COACH):
        moto_store.client.create_bucket(Bucket=bucket)
    clip = sounds.packed(sounds.speech(level=0.02), "mp3")
    moto_store.client.put_object(Bucket=STAGE, Key=CLIP, Body=clip)
    recording = sounds.packed(sounds.speech(), "m4a")
    moto_store.client.put_object(Bucket=COACH, Key=PRIVATE, Body=recording)


def test_an_object_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same document as of a file; a key that is not there is told."""
    assert main(["probe", f"stage:{CLIP}", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["container"], document["duration_s"]) == ("MP3", 3.0)
    assert [finding["code"] for finding in document["findings"]] == ["level"]
    assert main(["probe", "stage:mastered/none.mp3", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "not-found"


def test_a_private_recording_is_in_the_audit_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever probes it has read it."""
    main(["--layout", "speech-coach", "probe", f"main:{PRIVATE}"])
    assert "container:            M4A\n" in capsys.readouterr().out
    assert main(["audit", "export", "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(row["key"] == PRIVATE and row["action"] == "object:read" for row in rows)
