"""What the objects say about themselves, in their user metadata: what an MP3 was made from, what a
recording says and since when (docs/decisions/0014-welcomes.md).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Literal

from storage.courses.registry import parse_date
from storage.model.objects import ObjectHead

PAIR, TEXT, DATE, SHA256 = "welcome-pair", "welcome-text", "welcome-date", "welcome-sha256"
SOURCE_SHA256, SOURCE_ETAG = "welcome-source-sha256", "welcome-source-etag"
_PLAIN_MD5 = re.compile("[0-9a-f]{32}")

Origin = Literal["same", "other", "unknown"]


def sha256_of(data: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def text_mark(text: str) -> str:
    """By what to see that a text changed since it was recorded."""
    return sha256_of(text.strip().encode("utf-8", "surrogatepass"))


def recording_marks(pair: str, text: str, date: str, sha256: str) -> dict[str, str]:
    """What a recording is stored with."""
    return {PAIR: pair, TEXT: text_mark(text), DATE: date, SHA256: sha256}


def published_marks(data: bytes, source: bytes, source_etag: str) -> dict[str, str]:
    """What the MP3 `data` is stored with, made from the recording `source`."""
    return {
        SHA256: sha256_of(data),
        SOURCE_SHA256: sha256_of(source),
        SOURCE_ETAG: source_etag,
    }


def origin(mp3: ObjectHead, recording: ObjectHead) -> Origin:
    """Whether the MP3 was made from exactly this recording. One that does not say was not, where it
    is older than the recording."""
    marks = mp3.metadata
    if not marks.get(SOURCE_SHA256):
        recorded = parse_date(recording.metadata.get(DATE, ""))
        return "other" if recorded is not None and recorded > mp3.modified else "unknown"
    if marks.get(SOURCE_ETAG) == recording.etag:
        return "same"
    known = recording.metadata.get(SHA256)
    if known:
        return "same" if known == marks[SOURCE_SHA256] else "other"
    plain = _PLAIN_MD5.fullmatch(recording.etag) and not recording.encryption
    # stored past the console, in parts or encrypted: its ETag says nothing about its bytes
    return "other" if plain else "unknown"


def same_bytes(one: ObjectHead, other: ObjectHead) -> bool:
    """Whether two objects hold the same bytes: by ETag, or where that cannot tell by what they were
    stored with. A promotion carries both.
    """
    if one.size != other.size:
        return False
    return one.etag == other.etag or _same_mark(one.metadata, other.metadata)


def _same_mark(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return bool(one.get(SHA256)) and one.get(SHA256) == other.get(SHA256)
