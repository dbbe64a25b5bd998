"""Course manifests as data: which clips a course is made of, and what is said in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pyarrow as pa

CLIP_SCHEMA = pa.schema(
    [
        ("id", pa.string()),  # UUID in upper case, as keys have it
        ("phrase", pa.string()),  # "" for the introduction
        ("role", pa.string()),  # target1, target2, source, presentation
        ("cadence", pa.string()),  # natural, slow, fast
        ("duration_s", pa.float64()),  # as the manifest says; 0 is a placeholder
        ("slice", pa.int32()),  # -1 for the introduction
        ("is_encouragement", pa.bool_()),
        ("kind", pa.string()),  # sample, introduction
    ]
)

Source = Literal["store", "file"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One course's manifest. `clips` (`CLIP_SCHEMA`) has a row for each reference to audio: the
    same id may come more than once. `findings` are what is odd in it and no reason to refuse it.
    """

    id: str
    version: str
    target: str
    known: str
    status: str
    digest: str  # SHA-256 of the file
    clips: pa.Table
    findings: tuple[str, ...] = ()

    def about(self) -> dict[str, Any]:
        """All but the clips, for keeping."""
        names = ("id", "version", "target", "known", "status", "digest")
        facts: dict[str, Any] = {name: getattr(self, name) for name in names}
        return {**facts, "findings": list(self.findings)}

    @classmethod
    def of(cls, about: Mapping[str, Any], clips: pa.Table) -> Manifest:
        """What `about` told, with its clips again."""
        return cls(**{**about, "findings": tuple(about["findings"])}, clips=clips)


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """One course that has a manifest. `at` is when it was written or given, ISO-8601 UTC.

    Not `read`: it lies in the store and was not looked into yet, or is another by now; then
    `digest` is "" and `clips` 0.
    """

    course: str
    title: str
    source: Source
    at: str
    read: bool
    digest: str = ""
    clips: int = 0
    version: str = ""
    findings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The form of `courses list --json`."""
        return {**asdict(self), "findings": list(self.findings)}


@dataclass(frozen=True, slots=True)
class PhraseHit:
    """A phrase of a course in which the words were found, and its clips."""

    course: str
    phrase: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What a search found: the best hits, how many there are in all, and the courses that were not
    searched because their manifest was not read yet.
    """

    hits: tuple[PhraseHit, ...]
    total: int
    unread: tuple[str, ...] = ()
