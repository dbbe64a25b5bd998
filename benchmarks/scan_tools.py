"""The same listing by others and by us: each a process of its own, timed from start to end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / ".venv-bench" / "bin"
SAMPLE_EVERY_S = 0.02
OURS, S5CMD, RCLONE, AWS, OBSTORE = (
    "scan, all columns into Parquet",
    "s5cmd ls",
    "rclone lsf --fast-list",
    "aws s3 ls --recursive",
    "obstore, Arrow, without class",
)
_OBSTORE = """
import sys
from obstore.store import S3Store
url, bucket, key, secret = sys.argv[1:]
store = S3Store(bucket, endpoint=url, region="us-east-1", access_key_id=key,
    secret_access_key=secret, virtual_hosted_style_request=False,
    client_options={"allow_http": True})
print(sum(batch.num_rows for batch in store.list(chunk_size=1000, return_arrow=True)))
"""


@dataclass(frozen=True)
class Place:
    """A bucket, by its address and who asks."""

    url: str
    bucket: str
    key: str = "AKIDEXAMPLE"
    secret: str = "secret"


@dataclass(frozen=True)
class Taken:
    """What a process took: `mib` is the most that it and its children had resident at a time."""

    seconds: float
    mib: float
    cpu_s: float
    out: str


def commands(place: Place, folder: Path) -> dict[str, list[str]]:
    """What each of them is told."""
    url, bucket = place.url, place.bucket
    rclone = ["--s3-provider", "Other", "--s3-endpoint", url, "--s3-list-version", "2"]
    rclone += ["--s3-access-key-id", place.key, "--s3-secret-access-key", place.secret]
    out = folder / "rows.parquet"
    return {
        OURS: [sys.executable, "-m", "storage", "--json", "scan", "stage", "--out", str(out)],
        S5CMD: [str(TOOLS / "s5cmd"), "--endpoint-url", url, "ls", f"s3://{bucket}/*"],
        RCLONE: [str(TOOLS / "rclone"), "lsf", "--fast-list", "-R", f":s3:{bucket}", *rclone],
        AWS: [
            *(str(TOOLS / "aws"), "s3", "ls", "--recursive", f"s3://{bucket}"),
            *("--endpoint-url", url),
        ],
        OBSTORE: [
            *(str(TOOLS / "python"), "-c", _OBSTORE),
            *(url, bucket, place.key, place.secret),
        ],
    }


def environment(place: Place, folder: Path) -> Mapping[str, str]:
    """For all of them; our own process has a fresh data folder."""
    return {
        **os.environ,
        "AWS_ACCESS_KEY_ID": place.key,
        "AWS_SECRET_ACCESS_KEY": place.secret,
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "S3_ENDPOINT_URL": place.url,
        "STORAGE_LAYOUT": "ssi",
        "S3_STAGE_BUCKET": place.bucket,
        "STORAGE_DATA": str(folder / "data"),
    }


def run(command: list[str], env: Mapping[str, str]) -> Taken:
    """One process from start to end. Raises CalledProcessError when it fails."""
    begun = time.perf_counter()
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        watched = _Watched(process.pid)
        out, err = process.communicate()
        seconds = time.perf_counter() - begun
    watched.end()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, out, err)
    return Taken(seconds, watched.most / 2**20, watched.cpu_s, out)


class _Watched:
    """A process and its children, looked at many times a second."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self.cpu_s = 0.0
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_EVERY_S):
            with suppress(psutil.Error):
                every = [self._process, *self._process.children(recursive=True)]
                self.most = max(self.most, sum(one.memory_info().rss for one in every))
                times = [one.cpu_times() for one in every]
                self.cpu_s = max(self.cpu_s, sum(one.user + one.system for one in times))
