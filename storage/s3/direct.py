"""HEAD, GetObject, PutObject and CopyObject of one bucket past the SDK's model, which takes longer
than they.

Several requests are sent before the first answer is read, each over a connection of its own: a
thread that waits once for several costs less than several that wait.

Only a plain answer counts. Whatever is unusual is told as such, and the caller asks the SDK: with
its retries, redirects, words for errors, and a read that settles what became of a lost answer.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote
from zlib import crc32

from botocore.exceptions import BotoCoreError, ResponseStreamingError

from storage.model.objects import Written
from storage.s3.client import Store
from storage.s3.conditions import IfAbsent, Precondition, quoted
from storage.s3.facts import Facts
from storage.s3.heads import version_of
from storage.s3.signed_get import SignedGet
from storage.s3.signing import Signer
from storage.s3.wire import Answer, Wire

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

Odd = Literal["busy", "refused", "lost"]
"""No plain answer: the store asks for patience, or refuses, and did nothing; or it is not known
whether it did."""

_COPIED = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>)?\s*<CopyObjectResult[\s>].*?<ETag>(?:&quot;|&#34;|\")?([^<&\"]+)",
    re.DOTALL,
)
_SAFE = "/-_.~"
_PIECE_BYTES = 262_144  # of an object that is read
_TEXTS = {
    "content-type": "ContentType",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "expires": "ExpiresString",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "x-amz-storage-class": "StorageClass",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-version-id": "VersionId",
    "x-amz-checksum-crc32": "ChecksumCRC32",
    "x-amz-checksum-crc32c": "ChecksumCRC32C",
    "x-amz-checksum-crc64nvme": "ChecksumCRC64NVME",
    "x-amz-checksum-sha1": "ChecksumSHA1",
    "x-amz-checksum-sha256": "ChecksumSHA256",
    "etag": "ETag",
}
_META = "x-amz-meta-"
_NAMES = {field: name for name, field in _TEXTS.items()} | {"Tagging": "x-amz-tagging"}


@dataclass(frozen=True, slots=True)
class Task:
    """One copy. `plain`: known to have neither encryption with keys of one's own nor a redirect,
    which a copy loses unless they are said again.
    """

    source_key: str
    source_version: str  # "" for the newest
    etag: str
    size: int
    storage_class: str
    target_key: str
    precondition: Precondition
    plain: bool


class Direct:
    """One bucket. Thread-safe."""

    def __init__(self, get: SignedGet, bucket: str) -> None:
        self._get = get
        self._bucket = bucket
        self._signer = Signer(get.region, get.credentials)
        self._refused = False  # its certificate: the SDK may know of another authority

    def heads(self, keys: Sequence[str]) -> list[HeadObjectOutputTypeDef | None]:
        """The answer to HeadObject of each of a few keys, as the SDK gives it; None for anything
        but a plain one.
        """
        asked = [(key, {"x-amz-checksum-mode": "ENABLED"}) for key in keys]
        return [
            _head(answer.headers) if answer is not None and answer.status == 200 else None
            for answer in self._answers("HEAD", asked)
        ]

    def absent(self, keys: Sequence[str]) -> list[bool]:
        """Of each of a few keys, whether HEAD says plainly that nothing is there."""
        answers = self._answers("HEAD", [(key, {}) for key in keys])
        return [answer is not None and answer.status == 404 for answer in answers]

    def get(self, key: str, etag: str, size: int) -> Iterator[memoryview] | None:
        """The object with that ETag and size, in pieces that are good until the next one; None for
        anything but a plain answer. Where it breaks off the SDK's ResponseStreamingError is raised.
        """
        wire = self._sent("GET", key, {"if-match": quoted(etag)})
        if wire is None:
            return None
        try:
            status, told, length = wire.begin()
            if (status, told.get("etag", "").strip('"'), length) == (200, etag, size):
                return self._pieces(wire)
        except (OSError, HTTPException):
            pass  # the SDK's own attempt tells what is wrong
        wire.close()
        return None

    def _pieces(self, wire: Wire) -> Iterator[memoryview]:
        room = memoryview(bytearray(_PIECE_BYTES))
        try:
            while count := wire.more(room):
                yield room[:count]
        except (OSError, HTTPException) as error:
            wire.close()
            raise ResponseStreamingError(error=error) from error
        except GeneratorExit:  # nobody wants the rest
            wire.close()
            raise
        self._get.connections.keep(wire)

    def copies(self, source: str, tasks: Sequence[Task]) -> list[Written | Odd]:
        """Does a few copies from the bucket `source` under both conditions, with all that
        CopyObject carries by itself, and the class.
        """
        asked = [(task.target_key, _wish(source, task)) for task in tasks]
        answers = self._answers("PUT", asked)
        return [_outcome(*pair) for pair in zip(tasks, answers, strict=True)]

    def put(
        self, key: str, body: bytes, sha256: str, facts: Facts, *, precondition: Precondition
    ) -> Written | Odd:
        """Stores `body` with `facts` under the condition; `sha256` is its digest in hex. The store
        compares what it gets with a CRC32: SeaweedFS 4.48 does not with the digest that is signed.
        """
        request = facts.as_request()
        metadata = request.pop("Metadata")
        headers = {_META + name.lower(): value for name, value in metadata.items()}
        headers |= {_NAMES.get(field, ""): value for field, value in request.items()}
        # the SDK knows how to say what is not listed here, and to sign values with more spaces
        if "" in headers or any(" ".join(one.split()) != one for one in headers.values()):
            return "refused"
        headers |= _condition(precondition)
        headers["x-amz-checksum-crc32"] = base64.b64encode(crc32(body).to_bytes(4)).decode()
        wire = self._sent("PUT", key, headers, body, payload=sha256)
        if wire is None:
            return "lost"
        try:
            answer = self._get.connections.receive(wire, "PUT")
        except (OSError, HTTPException):
            return "lost"
        if odd := _odd(answer):
            return odd
        etag = answer.headers.get("etag", "").strip('"')
        version_id = version_of({"VersionId": answer.headers.get("x-amz-version-id")})
        return Written(etag, version_id, len(body)) if answer.status == 200 and etag else "lost"

    def _answers(
        self, method: str, asked: Sequence[tuple[str, Mapping[str, str]]]
    ) -> Iterator[Answer | None]:
        """To each (key, headers); None where there was none."""
        sent = [self._sent(method, *one) for one in asked]
        late = False
        for wire in sent:
            if wire is None:
                yield None
                continue
            if late:
                wire.hurry()
            try:
                yield self._get.connections.receive(wire, method)
            except (OSError, HTTPException) as error:
                late = late or isinstance(error, TimeoutError)
                yield None  # the SDK's own attempt tells what is wrong

    def _sent(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        **payload: str,
    ) -> Wire | None:
        if self._refused:
            return None
        connections = self._get.connections
        path = f"{self._get.path}/{quote(key, safe=_SAFE)}"
        try:
            signed = self._signer.signed(method, connections.host, path, headers, **payload)
            return connections.send(method, path, signed, body)
        except ssl.SSLCertVerificationError:
            self._refused = True
            return None
        except (OSError, BotoCoreError, ValueError):
            return None


def direct(store: Store, bucket: str) -> Direct | None:
    """How to ask `bucket` directly, None where only the SDK can."""
    get = store.signed_get(bucket)
    return Direct(get, bucket) if get else None


def _wish(bucket: str, task: Task) -> dict[str, str]:
    place, version = f"/{bucket}/{quote(task.source_key, safe=_SAFE)}", task.source_version
    headers = {
        "x-amz-copy-source": f"{place}?versionId={quote(version)}" if version else place,
        "x-amz-copy-source-if-match": quoted(task.etag),
        "x-amz-metadata-directive": "COPY",
        "x-amz-tagging-directive": "COPY",
        "x-amz-storage-class": task.storage_class,
    }
    return headers | _condition(task.precondition)


def _condition(precondition: Precondition) -> dict[str, str]:
    if isinstance(precondition, IfAbsent):
        return {"if-none-match": "*"}
    return {"if-match": quoted(precondition.etag)}


def _outcome(task: Task, answer: Answer | None) -> Written | Odd:
    if answer is None:
        return "lost"
    if odd := _odd(answer):
        return odd
    # a copy that fails late answers 200 with an error in its body
    found = _COPIED.match(answer.body) if answer.status == 200 else None
    if found is None:
        return "lost"
    version_id = version_of({"VersionId": answer.headers.get("x-amz-version-id")})
    return Written(found[1].decode("latin-1"), version_id, task.size)


def _odd(answer: Answer) -> Odd | None:
    """Of a write, where the store told that it did nothing."""
    if answer.status == 503 and b"<Code>SlowDown</Code>" in answer.body:
        return "busy"
    return "refused" if 300 <= answer.status < 500 else None


def _head(headers: Mapping[str, str]) -> HeadObjectOutputTypeDef | None:
    """The headers as the SDK tells of them, None where it would see to something by itself."""
    length, modified = headers.get("content-length", ""), headers.get("last-modified", "")
    if not length.isdigit() or not all(value.isascii() for value in headers.values()):
        return None
    found: dict[str, Any] = {
        field: headers[name] for name, field in _TEXTS.items() if name in headers
    }
    found["Metadata"] = {
        name.removeprefix(_META): value for name, value in headers.items() if name.startswith(_META)
    }
    for name, field in (("x-amz-tagging-count", "TagCount"), ("x-amz-missing-meta", "MissingMeta")):
        if headers.get(name, "").isdigit():
            found[field] = int(headers[name])
    if "x-amz-server-side-encryption-bucket-key-enabled" in headers:
        name = "x-amz-server-side-encryption-bucket-key-enabled"
        found["BucketKeyEnabled"] = headers[name] == "true"
    try:
        at: datetime = parsedate_to_datetime(modified).astimezone(UTC)
    except ValueError:
        return None
    return cast(
        "HeadObjectOutputTypeDef", {**found, "ContentLength": int(length), "LastModified": at}
    )
