"""Encouragements as they travel between the library and a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from storage.errors import Conflict
from storage.model.welcomes import RegistryFinding

Kind = Literal["pooled", "ordered"]
KINDS: tuple[Kind, ...] = ("pooled", "ordered")


@dataclass(frozen=True, slots=True)
class Line:
    """One encouragement: `id` is "" for one that has none yet."""

    id: str
    text: str


Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class EncouragementList:
    """One file: its encouragements of both kinds in their order, and what is wrong with it.

    `language` is the English name of the file's language, "" where nobody knows it.
    """

    layout: str
    key: str
    etag: str
    code: str  # ISO 639-3
    language: str
    lines: Mapping[Kind, Lines]
    findings: tuple[RegistryFinding, ...]

    def blocked(self, kind: Kind) -> RegistryFinding | None:
        """Why nothing can be written to the list of that kind, None where it can."""
        return next((one for one in self.findings if one.blocks and one.course in ("", kind)), None)


@dataclass(frozen=True, slots=True)
class LinesPlan:
    """What saving one list would do: `sentences` for the editor, the rest for a look behind."""

    layout: str
    key: str
    kind: Kind
    base: Lines  # as they were seen
    wanted: Lines  # each with its id
    sentences: tuple[str, ...]
    diff: tuple[str, ...]  # lines that begin with "+ ", "- " or two spaces

    @property
    def empty(self) -> bool:
        """Whether there is nothing to save."""
        return self.base == self.wanted


class LinesConflict(Conflict):
    """Somebody else changed the same encouragements meanwhile: `theirs` are there now."""

    def __init__(self, what: str, remedy: str, *, bucket: str, key: str, theirs: Lines) -> None:
        super().__init__(what, remedy, bucket=bucket, key=key)
        self.theirs = theirs


@dataclass(frozen=True, slots=True)
class LinesSaved:
    """What a save did. `merged`: somebody else had saved other encouragements meanwhile."""

    key: str
    etag: str
    merged: bool
