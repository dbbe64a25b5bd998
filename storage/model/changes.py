"""What a change would do (plans) and what it did, as they travel between a page and the library.

A plan is data: what was read, what would be written where, and what speaks against it. Nothing in
it writes; the service takes a plan and a note and refuses what is no longer as the plan says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from storage.model.findings import Finding
from storage.model.objects import ObjectHead

Versioning = Literal["on", "suspended", "off", "unknown"]
"""Whether a bucket keeps old versions; "unknown" where that may not be asked."""


# -- upload -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file somebody wants to store: its name (a path relative to the dropped folder), its size
    in bytes, and its first 64 KB at most (`HEAD_BYTES` of `judging`). `content_type` is the one
    they ask for, "" to have it told from the bytes."""

    name: str
    size: int
    head: bytes = field(repr=False)
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class UploadItem:
    """What would become of one file. Blocked where a finding is an error: it is not stored."""

    name: str  # as given
    key: str  # "" where no key can be made of the name
    size: int
    kind: str  # "" where no template of the layout fits
    kind_title: str
    content_type: str
    detected: str  # what the bytes are, in words: "MP3"
    findings: tuple[Finding, ...] = ()
    existing: ObjectHead | None = None  # what lies under the key now

    @property
    def blocked(self) -> bool:
        """Whether it cannot be stored at all."""
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """What an upload would do, file by file in the order given."""

    layout: str
    role: str
    bucket: str
    prefix: str
    items: tuple[UploadItem, ...]

    @property
    def blocked(self) -> bool:
        """Whether nothing of it can be stored."""
        return all(item.blocked for item in self.items)

    @property
    def conflicts(self) -> tuple[UploadItem, ...]:
        """Files whose key is taken: they are stored only when replacing is asked for by key."""
        return tuple(item for item in self.items if item.existing and not item.blocked)

    @property
    def bytes(self) -> int:
        """Of all files that are not blocked."""
        return sum(item.size for item in self.items if not item.blocked)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one file: what was planned, and what lies there now. `job_id` stored it."""

    item: UploadItem
    etag: str
    version_id: str | None
    job_id: str


@dataclass(frozen=True, slots=True)
class UploadLink:
    """A presigned form for exactly one upload. The job `job_id` inspects what arrives."""

    url: str
    fields: Mapping[str, str] = field(repr=False)  # holds the signature
    expires_at: datetime
    curl: str = field(repr=False)
    key: str
    content_type: str
    max_bytes: int
    job_id: str

    def as_json(self) -> dict[str, Any]:
        """The document of `url --put --json`."""
        return {
            "url": self.url,
            "fields": dict(self.fields),
            "expires_at": self.expires_at.isoformat(),
            "curl": self.curl,
            "key": self.key,
            "content_type": self.content_type,
            "max_bytes": self.max_bytes,
            "job": self.job_id,
        }


# -- copy and move ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TransferStep:
    """One object on its way: exactly the bytes with `etag`, to `target_key`."""

    key: str
    target_key: str
    size: int
    etag: str
    kind: str  # by the target's layout
    findings: tuple[Finding, ...] = ()
    existing: ObjectHead | None = None  # what lies at the target now

    @property
    def blocked(self) -> bool:
        """Whether it cannot be copied there at all."""
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """What a copy, or with `move` a move, would do, object by object in the order given."""

    layout: str
    role: str
    bucket: str
    target_layout: str
    target_role: str
    target_bucket: str
    move: bool
    steps: tuple[TransferStep, ...]

    @property
    def blocked(self) -> bool:
        """Whether nothing of it can be done."""
        return all(step.blocked for step in self.steps)

    @property
    def conflicts(self) -> tuple[TransferStep, ...]:
        """Steps whose target is taken: done only when replacing is asked for by target key."""
        return tuple(step for step in self.steps if step.existing and not step.blocked)

    @property
    def bytes(self) -> int:
        """Of all steps that are not blocked."""
        return sum(step.size for step in self.steps if not step.blocked)


# -- delete -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """One object that would go. `gone` says that it is not there any more."""

    key: str
    size: int = 0
    etag: str = ""
    version_id: str | None = None
    modified: datetime | None = None
    kind: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """What a deletion would touch, and in `text` whether it can be undone, in words for people."""

    layout: str
    role: str
    bucket: str
    rows: tuple[DeleteRow, ...]
    versioning: Versioning
    text: str

    @property
    def count(self) -> int:
        """Objects that are there."""
        return sum(not row.gone for row in self.rows)

    @property
    def bytes(self) -> int:
        """Of all objects."""
        return sum(row.size for row in self.rows)

    @property
    def undoable(self) -> bool:
        """Whether `undo` can bring everything back."""
        return self.versioning == "on"


@dataclass(frozen=True, slots=True)
class DeletedRow:
    """What became of one object. `marker_id` is the delete marker that hides it, None where it is
    gone for good; `error` is a StorageError's `as_dict` where it could not be deleted."""

    key: str
    size: int
    etag: str
    version_id: str | None  # of what was deleted
    marker_id: str | None = None
    error: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """What `delete` did; what `undo` takes."""

    layout: str
    role: str
    bucket: str
    rows: tuple[DeletedRow, ...]

    @property
    def deleted(self) -> tuple[DeletedRow, ...]:
        """Those that went."""
        return tuple(row for row in self.rows if row.error is None)

    @property
    def failed(self) -> tuple[DeletedRow, ...]:
        """Those that did not, each with its error."""
        return tuple(row for row in self.rows if row.error is not None)

    @property
    def undoable(self) -> tuple[DeletedRow, ...]:
        """Those that `undo` can bring back."""
        return tuple(row for row in self.deleted if row.marker_id)


@dataclass(frozen=True, slots=True)
class Undone:
    """What `undo` did: keys that are back, and those that are not, with the error's `as_dict`."""

    restored: tuple[str, ...]
    failed: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class PrefixPlan:
    """What deleting everything below a prefix would touch, counted over all pages.

    Objects written at or after `cut_at` (the store's own clock) are left. `by_kind` counts by the
    layout's kinds ("" for none); `first` and `last` are keys.
    """

    layout: str
    role: str
    bucket: str
    prefix: str
    count: int
    bytes: int
    newest: datetime | None
    first: str
    last: str
    by_kind: Mapping[str, int]
    cut_at: datetime
    planned_at: datetime
    versioning: Versioning
    text: str

    @property
    def undoable(self) -> bool:
        """Whether every object can be restored afterwards."""
        return self.versioning == "on"
