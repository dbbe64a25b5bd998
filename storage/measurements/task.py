"""What a worker does with one clip: bytes in, everything known of them out."""

from __future__ import annotations

from dataclasses import dataclass, field

from storage.audio.analyse import examine
from storage.audio.waveform import peaks
from storage.errors import InvalidInput
from storage.model.audio import AudioFacts, AudioFinding, Sound
from storage.model.measuring import ClipState

MODULES = ("storage.measurements.task", "av", "loudness")
"""Loaded by a worker before its memory is counted."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The measure taken of a clip, without what only the console knows. `peaks` are 800 pairs of
    int8, fewer for a very short one.
    """

    state: ClipState
    facts: AudioFacts | None = None
    sound: Sound | None = None
    digest: str = ""
    damage: tuple[AudioFinding, ...] = ()
    peaks: bytes = field(default=b"", repr=False)


def take(data: bytes) -> Taken:
    """Measures a file; one that is no sound or too broken to hear is refused in its own words."""
    try:
        found = examine(data)
    except InvalidInput as error:
        return refused("unreadable", error.what)
    drawn = peaks(found.pcm).tobytes()
    return Taken("measured", found.facts, found.sound, found.digest, found.damage, drawn)


def refused(code: str, text: str, state: ClipState = "refused") -> Taken:
    """A clip of which nothing could be measured, and why."""
    return Taken(state, damage=(AudioFinding(code, "error", text.rstrip(".")),))
