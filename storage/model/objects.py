"""Objects as they travel from the store to a page: heads, versions, links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket by its role in a layout, and a key or prefix in it ("" is the bucket itself)."""

    layout: str
    role: str
    bucket: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version or delete marker of a key, newest first in lists."""

    version_id: str
    size: int
    etag: str
    modified: datetime
    is_latest: bool
    is_delete_marker: bool = False


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What HeadObject says of one object (or version). `modified` is UTC."""

    bucket: str
    key: str
    size: int
    etag: str
    modified: datetime
    content_type: str
    storage_class: str = "STANDARD"
    version_id: str | None = None
    cache_control: str = ""
    content_encoding: str = ""
    content_disposition: str = ""
    encryption: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)  # algorithm -> base64 value


@dataclass(frozen=True, slots=True)
class PresignedUrl:
    """A link and when it ends. `shortened` says why it ends earlier than asked, "" if it does not.

    `end_is_certain` is False where the credentials' own end is unknown to us.
    """

    url: str = field(repr=False)
    expires_at: datetime
    shortened: str = ""
    end_is_certain: bool = True


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form that uploads one object: its address, its fields in the order to send them (the file
    comes last, as `file`), and when it ends. `shortened` as in PresignedUrl.
    """

    url: str
    fields: Mapping[str, str] = field(repr=False)
    expires_at: datetime
    shortened: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What now lies under a key. `version_id` is None where the bucket keeps no versions."""

    etag: str
    version_id: str | None
    size: int
    checksums: Mapping[str, str] = field(default_factory=dict)  # algorithm -> base64, where known

    def as_json(self) -> dict[str, Any]:
        """The form of `--json` and of a job's result."""
        return {"etag": self.etag, "version_id": self.version_id, "size": self.size}


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a delete left: with `is_marker` the version `version_id` hides what was there, and
    removing it undoes the delete. None and False where the bucket keeps no versions.
    """

    version_id: str | None
    is_marker: bool


@dataclass(frozen=True, slots=True)
class ObjectDetail:
    """Everything the panel and `stat` show of one object."""

    head: ObjectHead
    kind: str  # "" where no template of the layout fits
    kind_title: str
    fields: Mapping[str, str]
    detected_type: str  # from the bytes, "" if unknown
    type_agrees: bool
    type_verdict: str  # a sentence for people
    tags: Mapping[str, str] | None  # None: could not be read, see `notes`
    versions: tuple[VersionRow, ...]
    notes: tuple[str, ...] = ()  # what could not be read, and why

    def as_json(self) -> dict[str, Any]:
        """The `stat --json` document."""
        head = self.head
        return {
            "bucket": head.bucket,
            "key": head.key,
            "kind": self.kind,
            "fields": dict(self.fields),
            "size": head.size,
            "etag": head.etag,
            "version_id": head.version_id,
            "modified": head.modified.isoformat(),
            "storage_class": head.storage_class,
            "content_type": head.content_type,
            "detected_type": self.detected_type,
            "content_type_verdict": self.type_verdict,
            "cache_control": head.cache_control,
            "metadata": dict(head.metadata),
            "checksums": dict(head.checksums),
            "tags": None if self.tags is None else dict(self.tags),
            "versions": [
                {
                    "version_id": version.version_id,
                    "size": version.size,
                    "etag": version.etag,
                    "modified": version.modified.isoformat(),
                    "is_latest": version.is_latest,
                    "is_delete_marker": version.is_delete_marker,
                }
                for version in self.versions
            ],
            "notes": list(self.notes),
        }
