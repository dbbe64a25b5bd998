"""Whether a copy is like its source: bytes, headers, metadata, tags, class and encryption."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage.s3.client import Store
from storage.s3.facts import Facts, facts_of, http_date
from storage.s3.objects import get_tags, stream_object

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef


@dataclass(frozen=True, slots=True)
class Seen:
    """An object (or version) as HEAD told of it."""

    store: Store
    bucket: str
    key: str
    version_id: str | None
    answer: HeadObjectOutputTypeDef

    @property
    def etag(self) -> str:
        """Without quotes."""
        return self.answer.get("ETag", "").strip('"')

    @property
    def size(self) -> int:
        """In bytes."""
        return self.answer["ContentLength"]


def difference(source: Seen, target: Seen, facts: Facts) -> str:
    """What of `target` is not as in `source`, or not as `facts` say; "" where all is.

    Reads tags where their number differs, and both objects where neither ETags nor checksums tell
    whether their bytes are the same. Raises StorageError.
    """
    if source.size != target.size:
        return "the size"
    return _of_facts(facts, target) or _of_tags(facts, source, target) or _of_bytes(source, target)


def _of_facts(facts: Facts, target: Seen) -> str:
    there = facts_of(target.answer)
    pairs = (
        # where none is said the server chooses one
        ("the content type", facts.content_type or there.content_type, there.content_type),
        ("the cache control", facts.cache_control, there.cache_control),
        ("the content disposition", facts.content_disposition, there.content_disposition),
        ("the content encoding", facts.content_encoding, there.content_encoding),
        ("the content language", facts.content_language, there.content_language),
        ("the expiry", http_date(facts.expires), http_date(there.expires)),
        ("the redirect", facts.redirect, there.redirect),
        ("the metadata", _plain(facts.metadata), _plain(there.metadata)),
        ("the storage class", facts.storage_class or there.storage_class, there.storage_class),
        # a bucket's own default may be stronger, never weaker
        ("the encryption", _strength(facts), min(_strength(facts), _strength(there))),
    )
    return next((name for name, meant, found in pairs if meant != found), "")


def _plain(metadata: Mapping[str, str]) -> dict[str, str]:
    """As it is after a journey in HTTP headers."""
    return {name.lower(): value.strip() for name, value in metadata.items()}


def _strength(facts: Facts) -> int:
    """0 without encryption, 1 with the store's keys, 2 with keys of one's own (KMS)."""
    return bool(facts.encryption) + facts.encryption.startswith("aws:kms")


def _of_tags(facts: Facts, source: Seen, target: Seen) -> str:
    meant = source.answer.get("TagCount", 0) if facts.tags is None else len(facts.tags)
    if target.answer.get("TagCount", 0) == meant:
        return ""
    # the number is told only to those who may read tags: then this is refused, and says so
    there = get_tags(target.store, target.bucket, target.key, target.version_id)
    return "" if len(there) == meant else "the number of tags"


def _of_bytes(source: Seen, target: Seen) -> str:
    if source.etag == target.etag:
        return ""
    checksums = _whole_checksums(source.answer), _whole_checksums(target.answer)
    common = checksums[0].keys() & checksums[1].keys()
    if common:
        same = all(checksums[0][name] == checksums[1][name] for name in common)
        return "" if same else "the checksum"
    replaced = (source.bucket, source.key) == (target.bucket, target.key)
    if replaced and source.store is target.store and source.version_id is None:
        return ""  # the source is gone; S3 says that it copied `size` bytes of it onto itself
    return "" if _sha256(source) == _sha256(target) else "the content"


def _whole_checksums(answer: Mapping[str, Any]) -> dict[str, str]:
    """Checksums of the whole object; those made of its parts' (with "-n") tell nothing here."""
    return {
        name: value
        for name, value in answer.items()
        if name.startswith("Checksum") and name != "ChecksumType" and "-" not in value
    }


def _sha256(seen: Seen) -> bytes:
    digest = hashlib.sha256()
    for piece in stream_object(
        seen.store, seen.bucket, seen.key, if_match=seen.etag, version_id=seen.version_id
    ):
        digest.update(piece)
    return digest.digest()
