"""Whether the embedded store's server takes requests and finds the objects it holds."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from storage.s3.local_state import State

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPT_S = 2.0
_EMPTY_VOLUME_BYTES = 8  # SeaweedFS: a volume's superblock
_LOOKED_AT_KEYS = 50  # of each bucket, for one that has bytes


def is_ready(kind: str, home: Path, state: State) -> bool:
    """Does it take requests, and read back what it holds? Sends GETs to loopback only.

    SeaweedFS opens S3 last, but its volume server introduces itself to the master up to 5 seconds
    later, and until then every read fails, while its health check calls it well: measured after
    kill -9 on a busy machine. So an object is read, where there is one.
    """
    if not takes_requests(state):
        return False
    return kind != "seaweedfs" or not _holds_bytes(home) or _reads_back(state)


def takes_requests(state: State) -> bool:
    """Does its S3 answer at all? Cheaper than `is_ready`: for a server that was ready before."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{state.ports['s3']}/", timeout=_ATTEMPT_S):
            return True
    except urllib.error.HTTPError as answer:  # 403: it asks for a signature, as it should
        answer.close()
        return True
    except (OSError, http.client.HTTPException):
        return False


def _holds_bytes(home: Path) -> bool:
    volumes = (home / "data").rglob("*.dat")
    return any(volume.stat().st_size > _EMPTY_VOLUME_BYTES for volume in volumes)


def _reads_back(state: State) -> bool:
    # loaded while the server starts: the supervisor itself needs none of it
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{state.ports['s3']}",
        region_name="us-east-1",
        aws_access_key_id=state.access_key_id,
        aws_secret_access_key=str(state.secret_access_key),
        config=Config(
            signature_version="s3v4",
            retries={"total_max_attempts": 1},
            connect_timeout=_ATTEMPT_S,
            read_timeout=_ATTEMPT_S,
            s3={"addressing_style": "path"},
        ),
    )
    try:
        for bucket, key in _some_object(client):
            client.get_object(Bucket=bucket, Key=key, Range="bytes=0-0")["Body"].read()
    except (BotoCoreError, ClientError):
        return False
    finally:
        client.close()
    return True


def _some_object(client: S3Client) -> Iterator[tuple[str, str]]:
    """The first object that has bytes, if any."""
    for bucket in client.list_buckets()["Buckets"]:
        page = client.list_objects_v2(Bucket=bucket["Name"], MaxKeys=_LOOKED_AT_KEYS)
        for found in page.get("Contents", ()):
            if found["Size"]:
                yield bucket["Name"], found["Key"]
                return
