"""What is kept with an object's bytes, and how S3 is told to keep it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from storage.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_PAST = "Thu, 01 Jan 1970 00:00:00 GMT"


@dataclass(frozen=True, slots=True)
class Facts:
    """Headers, metadata, tags, class and encryption of an object. "" and None: not said."""

    content_type: str
    cache_control: str = ""
    content_disposition: str = ""
    content_encoding: str = ""
    content_language: str = ""
    expires: str = ""
    redirect: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    storage_class: str = ""
    encryption: str = ""
    kms_key: str = ""
    bucket_key: bool = False

    def as_request(self) -> dict[str, Any]:
        """The parameters of PutObject, CreateMultipartUpload and a replacing CopyObject.

        Raises InvalidInput for what HTTP headers do not carry.
        """
        said = {
            "ContentType": self.content_type,
            "CacheControl": self.cache_control,
            "ContentDisposition": self.content_disposition,
            "ContentEncoding": self.content_encoding,
            "ContentLanguage": self.content_language,
            "Expires": http_date(self.expires),
            "Tagging": urlencode(self.tags or {}),
            **self.not_carried_by_copies(),
        }
        every: dict[str, Any] = {name: value for name, value in said.items() if value}
        for text in (*every.values(), *self.metadata.values()):
            _check_value(str(text))
        for name in self.metadata:
            _check_name(name)
        return {**every, "Metadata": dict(self.metadata)}

    def not_carried_by_copies(self) -> dict[str, Any]:
        """Of these, what CopyObject leaves behind unless it is said again."""
        said = {
            "StorageClass": self.storage_class,
            "WebsiteRedirectLocation": self.redirect,
            "ServerSideEncryption": self.encryption,
            "SSEKMSKeyId": self.kms_key,
            "BucketKeyEnabled": self.bucket_key,
        }
        return {name: value for name, value in said.items() if value}


def facts_of(answer: Mapping[str, Any]) -> Facts:
    """The facts in an answer to HeadObject; it does not tell tags."""
    return Facts(
        content_type=answer.get("ContentType", ""),
        cache_control=answer.get("CacheControl", ""),
        content_disposition=answer.get("ContentDisposition", ""),
        content_encoding=answer.get("ContentEncoding", ""),
        content_language=answer.get("ContentLanguage", ""),
        expires=answer.get("ExpiresString", ""),
        redirect=answer.get("WebsiteRedirectLocation", ""),
        metadata=dict(answer.get("Metadata", {})),
        storage_class=answer.get("StorageClass", "STANDARD"),
        encryption=answer.get("ServerSideEncryption", ""),
        kms_key=answer.get("SSEKMSKeyId", ""),
        bucket_key=bool(answer.get("BucketKeyEnabled", False)),
    )


def _check_value(text: str) -> None:
    if not (text.isascii() and text.isprintable()):
        raise InvalidInput(
            f"{text[:60]!r} cannot be kept with an object: it goes as a header.",
            "Use plain English letters, digits and signs, on one line.",
        )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name[:60]!r} is no name for metadata.",
            "Use English letters, digits, hyphens, dots and underscores.",
        )


def http_date(text: str) -> str:
    """`text` where it is a date; else one in the past, which is what such an Expires (0) means."""
    if not text:
        return ""
    try:
        parsedate_to_datetime(text)
    except ValueError:
        return _PAST
    return text
