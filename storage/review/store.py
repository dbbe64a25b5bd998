"""What review asks the store: what lies under a key now, and a URL to play exactly that."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from storage.gate import Passage
from storage.model.content import Content
from storage.model.objects import ObjectHead, PresignedUrl
from storage.s3.objects import head_object
from storage.s3.presign import presign_get

CLIP_LIFE_S = 900  # as the player's other links
PRIVATE_LIFE_S = 300  # personal data: nothing lives longer


def head_of(where: Passage, key: str, version_id: str = "") -> ObjectHead:
    """The object, or that version of it. Raises NotFound, and what the store does."""
    return head_object(where.store, where.bucket.bucket, key, version_id or None)


def content_of(head: ObjectHead) -> Content:
    """Its bytes; with the SHA-256 where the store keeps one of the whole object."""
    told = head.checksums.get("SHA256", "")
    try:
        sha256 = base64.b64decode(told, validate=True).hex()  # "…-3": of parts, not of the whole
    except binascii.Error:
        sha256 = ""
    return Content(head.etag, head.size, sha256 if len(sha256) == 64 else "")


def version_of(head: ObjectHead) -> str:
    """The version to pin a URL to, "" where the bucket keeps none: "null" is replaced in place."""
    return "" if head.version_id in (None, "null") else str(head.version_id)


def url_of(where: Passage, head: ObjectHead, now: datetime) -> PresignedUrl:
    """A URL that plays the version that `head` is of, where there are versions."""
    life_s = PRIVATE_LIFE_S if where.layout.personal_data else CLIP_LIFE_S
    return presign_get(
        where.store,
        where.bucket.bucket,
        head.key,
        expires_s=life_s,
        now=now,
        version_id=version_of(head) or None,
    )
