"""What a store can do and hold: asked by one GET, the rest known by server.

Some servers answer a request they do not know by doing another one (a DELETE of an unknown
subresource removed a whole bucket), so nothing here tries a write out: the server is recognised,
and `_KNOWN` says what was measured on it. A server that is not recognised is trusted with nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from storage.s3.failures import status_of, translating

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SEGMENT_BYTES = 255  # SeaweedFS: a part of a key between two slashes is a file name to it


def _holds_everything(_key: str) -> str | None:
    return None


def _not_in_seaweedfs(key: str) -> str | None:
    """Why SeaweedFS 4.48, which keeps keys as paths of files, does not hold `key` as it is."""
    segments = key.split("/")
    longest = max(len(segment.encode()) for segment in segments)
    folders = segments[:-1]
    rules = (
        (
            not key.strip("/\\"),
            "it would write over the bucket itself.",
        ),
        (
            "\\" in key,
            "it would turn the backslash into a slash and write to another name.",
        ),
        (
            key.startswith("/") or "//" in key,
            "it would drop a slash at the start or beside another one and write to another name.",
        ),
        (
            key.endswith("/"),
            "it keeps a name with a slash at its end as an empty folder, without the content.",
        ),
        (
            "." in segments or ".." in segments or "\0" in key,
            "it refuses the folder names . and .. and the character NUL.",
        ),
        (
            longest > SEGMENT_BYTES,
            f"it allows {SEGMENT_BYTES} bytes from slash to slash, and this has {longest}.",
        ),
        (
            ".uploads" in folders or any(name.endswith(".versions") for name in folders),
            "it uses the folders .uploads and *.versions itself and would hide the object.",
        ),
    )
    return next((reason for broken, reason in rules if broken), None)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is known of a store. False also where it is not known: never rely on it then."""

    server: str
    """Its name for people, such as "SeaweedFS"."""
    versions: bool
    """Keeps old versions of objects in buckets where that is switched on."""
    put_if_absent: bool
    """Honours PutObject with If-None-Match: *."""
    put_if_match: bool
    """Honours PutObject with If-Match: an etag."""
    multipart_conditions: bool = False
    """Honours both on CompleteMultipartUpload."""
    copy_source_if_match: bool = False
    """Honours CopyObject and UploadPartCopy with a condition on the source's etag."""
    copy_conditions: bool = False
    """Honours If-None-Match and If-Match on CopyObject's target."""
    delete_if_match: bool = False
    """Honours DeleteObject with If-Match."""
    delete_batch_if_match: bool = False
    """Honours an etag beside each key of DeleteObjects."""
    compares_crc32: bool = False
    """Refuses a PutObject whose bytes have another CRC32 than it says, as all do by an MD5."""
    encrypts_all: bool = False
    """Encrypts every object by itself: a copy need not ask for AES256, and would undo a bucket's
    own stronger default if it did."""
    lists_as_tree: bool = False
    """Lists keys in the order of a tree of folders, `a/b` before `a-b`, not in that of their bytes;
    a listing of versions then loses rows from page to page."""
    key_check: Callable[[str], str | None] = _holds_everything

    def unholdable(self, key: str) -> str | None:
        """Why this store would refuse `key`, or keep it under another name; None when it holds it.

        The reason is a half sentence that follows "This store cannot hold that name:".
        """
        return self.key_check(key)


@dataclass(frozen=True, slots=True)
class _Known:
    """A server, the start of its Server header, and its request ids where a proxy hides that."""

    header: str
    request_id: re.Pattern[str]
    can: Capabilities


def _all_conditions(server: str, **more: Any) -> Capabilities:
    return Capabilities(
        server,
        versions=True,
        put_if_absent=True,
        put_if_match=True,
        multipart_conditions=True,
        copy_source_if_match=True,
        copy_conditions=True,
        delete_if_match=True,
        delete_batch_if_match=True,
        compares_crc32=True,
        **more,
    )


_UNKNOWN = Capabilities("S3 server", versions=False, put_if_absent=False, put_if_match=False)
_NO_IDS = re.compile(r"(?!)")
_KNOWN = (
    _Known(
        "SeaweedFS",
        re.compile(r"1[0-9A-F]{23}"),
        _all_conditions(  # 4.48
            "SeaweedFS", lists_as_tree=True, key_check=_not_in_seaweedfs
        ),
    ),
    _Known(  # 5.2.5: copies ignore conditions, multipart uploads If-Match, DeleteObjects etags
        "Werkzeug",
        _NO_IDS,
        Capabilities("moto (in memory)", True, True, True, delete_if_match=True),
    ),
    _Known(  # MinIO's conditions depend on its release
        "MinIO", re.compile(r"1[0-9A-F]{15}"), Capabilities("MinIO", True, False, False)
    ),
    _Known(  # rgw 16 takes If-Match and ignores it, as it does a copy's conditions
        "Ceph", re.compile(r"tx[0-9a-f]+-[0-9a-f]+-.+"), Capabilities("Ceph", True, True, False)
    ),
    _Known(
        "AmazonS3",
        re.compile(r"[0-9A-Z]{16}"),
        _all_conditions("Amazon S3", encrypts_all=True),  # copies and deletes since autumn 2025
    ),
)


def probe(client: S3Client) -> Capabilities:
    """The capabilities of the server behind `client`, by one GET (its answer may be a refusal).

    Raises Unavailable when there is no answer, or none of the server's own.
    """
    with translating("s3:ListAllMyBuckets", ""):
        try:
            answer: Mapping[str, Any] = client.list_buckets(MaxBuckets=1)
        except ClientError as refusal:
            if status_of(refusal) >= 500:  # maybe a proxy's, whose headers say nothing
                raise
            answer = refusal.response
    return recognise(answer["ResponseMetadata"].get("HTTPHeaders", {}))


def recognise(headers: Mapping[str, str]) -> Capabilities:
    """The capabilities of the server that answered with these headers (names in lower case)."""
    server, request_id = headers.get("server", ""), headers.get("x-amz-request-id", "")
    by_name = (known.can for known in _KNOWN if server.startswith(known.header))
    by_id = (known.can for known in _KNOWN if known.request_id.fullmatch(request_id))
    return next(by_name, None) or next(by_id, _UNKNOWN)
