"""What is known of clips by their bytes, and which clips are to be measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from storage.errors import InvalidInput
from storage.model.audio import AudioFacts, AudioFinding, Sound
from storage.model.content import Content

ScopeKind = Literal["course", "prefix", "keys"]
ClipState = Literal["measured", "refused", "failed"]
"""Refused: no sound, or too broken to hear any. Failed: measuring it hung, crashed or took too much
memory, twice."""


@dataclass(frozen=True, slots=True)
class MeasureScope:
    """Which clips of a bucket: all of a course, all below a prefix ("" is the whole bucket), or
    these keys.
    """

    kind: ScopeKind
    course: str = ""
    prefix: str = ""
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> MeasureScope:
        """From `as_json`. Raises InvalidInput."""
        kinds: Sequence[ScopeKind] = ("course", "prefix", "keys")
        kind = value.get("kind")
        for known in kinds:
            if kind == known:
                keys = tuple(map(str, value.get("keys", ())))
                return cls(known, str(value.get("course", "")), str(value.get("prefix", "")), keys)
        raise InvalidInput(f"{kind!r} is no choice of clips.", "Choose a course, prefix or keys.")

    def as_json(self) -> dict[str, Any]:
        """For a job's params and for HTTP."""
        return {**asdict(self), "keys": list(self.keys)}

    @property
    def title(self) -> str:
        """For people."""
        if self.kind == "course":
            return f"the course {self.course}"
        if self.kind == "keys":
            return f"{len(self.keys):,} clip{'' if len(self.keys) == 1 else 's'}"
        return f"everything below {self.prefix}" if self.prefix else "everything"


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What was measured of some bytes, whatever they are held to. `facts` and `sound` are None
    unless measured; `damage` is what is wrong with the bytes themselves; `at` is ISO-8601 UTC.
    """

    content: Content
    state: ClipState
    at: str
    facts: AudioFacts | None
    sound: Sound | None
    digest: str
    damage: tuple[AudioFinding, ...]
