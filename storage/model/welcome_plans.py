"""What changing welcomes would do (plans), what it did, and what there was before.

A plan is data: what was read, what would be written where, and what that means in sentences. The
service takes a plan and refuses what is no longer as the plan says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from storage.errors import Conflict
from storage.model.audio import Measured
from storage.model.objects import Written
from storage.model.welcomes import Base, RegistryFinding, StoredSound

# -- saving ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one entry, before and after. `before` is None where it was not there."""

    course: str
    field: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """A line of the JSON diff."""
        return {
            "course": self.course,
            "field": self.field,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class NewRecording:
    """A recording as it would be stored: WAV, `converted_from` another format ("" when not), where
    `over_etag` still is ("" for nothing).
    """

    key: str
    over_etag: str
    data: bytes = field(repr=False)
    measured: Measured
    converted_from: str
    replaces: StoredSound | None


@dataclass(frozen=True, slots=True)
class SavePlan:
    """What a save would do. `sentences` for the editor, `json_diff` and `files` for whoever wants
    the technical details. Nothing is written by it.
    """

    layout: str
    course: str
    base: Base
    registry_etag: str  # as it was planned over, "" for no registry
    new: bool  # the registry has no entry of this course yet
    changes: tuple[FieldChange, ...]  # of the course, and of those that share its recording
    recording: NewRecording | None
    sentences: tuple[str, ...]
    json_diff: tuple[str, ...]  # lines that begin with "+ ", "- " or two spaces
    files: tuple[str, ...]  # "bucket/key", in the order of writing
    shared_with: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to save."""
        return not self.changes and self.recording is None

    def as_json(self) -> dict[str, Any]:
        """The document of `welcomes set --dry-run --json`."""
        return {
            "course": self.course,
            "new": self.new,
            "text": list(self.sentences),
            "changes": [change.as_json() for change in self.changes],
            "files": list(self.files),
            "recording": self.recording.measured.as_json() if self.recording else None,
        }


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did. `merged`: somebody else had saved other entries or fields meanwhile."""

    course: str
    id: str | None
    registry: Written | None  # None where its fields were already as wanted
    recording: Written | None
    merged: bool
    shared_with: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The document of `welcomes set --json`."""
        return {
            "course": self.course,
            "id": self.id,
            "merged": self.merged,
            "registry": self.registry.as_json() if self.registry else None,
            "recording": self.recording.as_json() if self.recording else None,
            "shared_with": list(self.shared_with),
        }


class SaveConflict(Conflict):
    """Somebody else changed the same welcome meanwhile: both versions, for a choice side by side.

    `fields` maps a field to (what was seen, what is wanted, what is there now); with
    `recording` the sound itself was replaced by somebody else. `wrote_recording` says that the new
    recording is stored already and only the registry's entry is not.
    """

    def __init__(
        self,
        what: str,
        remedy: str,
        *,
        bucket: str,
        key: str,
        course: str,
        fields: Mapping[str, tuple[Any, Any, Any]],
        recording: bool = False,
        wrote_recording: bool = False,
    ) -> None:
        super().__init__(what, remedy, bucket=bucket, key=key)
        self.course = course
        self.fields = fields
        self.recording = recording
        self.wrote_recording = wrote_recording


# -- history --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier (or the present) recording or text. `sound` of recordings, `fields` of texts."""

    kind: Literal["recording", "text"]
    version_id: str
    at: datetime
    by: str  # "" where it was stored past the console
    current: bool
    sound: StoredSound | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """A row of `welcomes history --json`."""
        return {
            "kind": self.kind,
            "version": self.version_id,
            "at": self.at.isoformat(),
            "by": self.by,
            "current": self.current,
            "sound": self.sound.as_json() if self.sound else None,
            "fields": dict(self.fields),
        }


@dataclass(frozen=True, slots=True)
class History:
    """Newest first. `notes` say what is not kept: a bucket without versions, or more than shown."""

    course: str
    rows: tuple[Past, ...]
    notes: tuple[str, ...] = ()


# -- publishing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublishStep:
    """One MP3 in stage, made from one recording, for all `courses` that have this id."""

    id: str
    key: str
    courses: tuple[str, ...]
    source: StoredSound
    replaces: StoredSound | None
    needed: bool  # False: what is there was made from this recording already


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """What sending to testing would do; `refused` names what cannot be published, and why."""

    layout: str
    bucket: str
    steps: tuple[PublishStep, ...]
    refused: tuple[RegistryFinding, ...]
    sentences: tuple[str, ...]

    @property
    def todo(self) -> tuple[PublishStep, ...]:
        """The steps that write something."""
        return tuple(step for step in self.steps if step.needed)

    def as_json(self) -> dict[str, Any]:
        """The document of `welcomes publish --dry-run --json`."""
        return {
            "text": list(self.sentences),
            "steps": [
                {"id": one.id, "key": one.key, "courses": list(one.courses), "needed": one.needed}
                for one in self.steps
            ],
            "refused": [one.as_json() for one in self.refused],
        }
