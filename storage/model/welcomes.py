"""Welcomes as they travel between the library and a page: what there is, and what needs doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from storage.model.findings import Severity

State = Literal["missing", "recorded", "testing", "live"]
STATE_WORDS: Mapping[State, str] = {
    "missing": "Not recorded",
    "recorded": "Recorded",
    "testing": "In testing",
    "live": "Live",
}
Field = Literal["text", "id", "generated_date", "voice", "duration"]
FIELDS: tuple[Field, ...] = ("text", "id", "generated_date", "voice", "duration")


@dataclass(frozen=True, slots=True)
class RegistryFinding:
    """One thing that is wrong in the registry. `course` is "" where it concerns the whole file;
    where it `blocks`, nothing can be written there before somebody mended it by hand.
    """

    code: str
    severity: Severity
    text: str
    remedy: str
    course: str = ""
    blocks: bool = False

    def as_json(self) -> dict[str, str]:
        """The form of `--json`."""
        return {
            "code": self.code,
            "severity": self.severity,
            "course": self.course,
            "text": self.text,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class StoredSound:
    """An object that holds a welcome's sound: where, and which bytes. `modified` is UTC."""

    role: str
    bucket: str
    key: str
    etag: str
    size: int
    modified: datetime
    version_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "bucket": self.bucket,
            "key": self.key,
            "etag": self.etag,
            "size": self.size,
            "modified": self.modified.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """Somebody asks for a welcome to go live, for the operators' Home. `etag` is of the MP3 in
    testing that is meant."""

    layout: str
    course: str
    id: str
    etag: str
    note: str
    at: str  # ISO-8601 UTC
    by_id: str
    by_name: str

    def as_json(self) -> dict[str, str]:
        """The form of `--json`."""
        return {"course": self.course, "id": self.id, "note": self.note, "at": self.at}


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that needs doing, in words for the editor. Codes: "broken-entry", "gap",
    "other-pairs", "no-text", "not-recorded", "text-changed", "not-in-testing", "origin-unknown",
    "not-live", "asked", "shared"; the severity says how much it matters.
    """

    code: str
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class Base:
    """What an editor saw before changing it: the registry's fields as they were, and the ETag of
    the recording ("" for none). A save compares with it, field by field.
    """

    fields: Mapping[str, Any]  # {} for a course that was not in the registry
    recording_etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """One course's welcome: the row of the page, and `welcomes show --json`.

    The state goes by content: `testing` when stage holds an MP3 made from this recording, `live`
    when prod holds the same bytes. Where nobody knows what an MP3 was made from, `certain` is False
    and a todo says so.
    """

    layout: str
    course: str
    target: str  # ISO 639-3
    known: str
    suffix: str  # "10seeds", "" for the whole course
    language: str  # "Italian for English speakers"; the code where nobody has that language
    text: str
    id: str | None  # as it stands in the registry; None until there is one
    voice: str | None
    generated_date: str
    duration_s: float  # 0: not measured
    state: State
    certain: bool
    recording: StoredSound | None
    testing: StoredSound | None  # the MP3 in stage, whatever it was made from
    live: StoredSound | None  # the MP3 in prod, whatever it is
    shared_with: tuple[str, ...]  # other courses of the pair: the same recording
    other_pairs: tuple[str, ...]  # courses of other pairs whose recording this is by mistake
    todos: tuple[Todo, ...]
    findings: tuple[RegistryFinding, ...]
    base: Base = field(repr=False)
    changed_at: datetime | None = None
    changed_by: str = ""
    asked: LiveRequest | None = None

    @property
    def attention(self) -> int:
        """2 with a todo that is an error, 1 with a warning, else 0: to sort by, highest first."""
        rank = {"error": 2, "warning": 1, "info": 0}
        return max((rank[todo.severity] for todo in self.todos), default=0)

    def as_json(self) -> dict[str, Any]:
        """The row of `welcomes list --json` and the document of `welcomes show --json`."""
        return {
            "course": self.course,
            "language": self.language,
            "text": self.text,
            "id": self.id,
            "voice": self.voice,
            "generated_date": self.generated_date,
            "duration": self.duration_s,
            "state": STATE_WORDS[self.state],
            "certain": self.certain,
            "recording": self.recording.as_json() if self.recording else None,
            "testing": self.testing.as_json() if self.testing else None,
            "live": self.live.as_json() if self.live else None,
            "shared_with": list(self.shared_with),
            "other_pairs": list(self.other_pairs),
            "todo": [{"code": todo.code, "text": todo.text} for todo in self.todos],
            "findings": [finding.as_json() for finding in self.findings],
            "changed_at": self.changed_at.isoformat() if self.changed_at else None,
            "changed_by": self.changed_by,
            "asked": self.asked.as_json() if self.asked else None,
        }


@dataclass(frozen=True, slots=True)
class WelcomeList:
    """All welcomes of a project in the registry's own order, and what is wrong with the registry.

    `exists` is False where there is no registry yet: the first save makes one.
    """

    layout: str
    bucket: str
    key: str
    etag: str
    exists: bool
    welcomes: tuple[Welcome, ...]
    findings: tuple[RegistryFinding, ...]  # of the whole file and of every entry

    def get(self, course: str) -> Welcome | None:
        """The row of `course`, None where the registry has none."""
        return next((one for one in self.welcomes if one.course == course), None)
