"""A new recording with all that is known of it, and what can be mended in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from storage.audio.analyse import measure
from storage.audio.decode import decode
from storage.audio.mend import Mended, mend_level, mend_silence
from storage.audio.pcm import Pcm
from storage.audio.transcode import to_wav, wav_of
from storage.audio.waveform import peaks
from storage.model.audio import Measured

_GIVEN = "As it was given"


@dataclass(frozen=True, slots=True)
class Take:
    """A recording. `title` says in plain words what was done to it, `name` is the file's; `peaks`
    is its drawing, int8 pairs."""

    title: str
    name: str
    data: bytes = field(repr=False)
    measured: Measured
    peaks: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mend:
    """Something that one press makes better, offered where one of `codes` was found."""

    press: str
    done: str
    codes: frozenset[str]
    make: Callable[[Pcm], Mended]


MENDS: Mapping[str, Mend] = {
    "level": Mend(
        "Make it as loud as it should be",
        "Level mended",
        frozenset({"level", "peak"}),
        mend_level,
    ),
    "silence": Mend(
        "Cut the silence",
        "Silence cut",
        frozenset({"lead-silence", "trail-silence"}),
        mend_silence,
    ),
}


def given(name: str, data: bytes) -> Take:
    """The file as it was given, measured and drawn. Raises InvalidInput when it is no audio."""
    return _take(_GIVEN, name, data)


def possible(take: Take) -> dict[str, Mend]:
    """What can be mended in it."""
    found = {finding.code for finding in take.measured.findings}
    return {name: mend for name, mend in MENDS.items() if mend.codes & found}


def mended(take: Take, mend: Mend) -> Take:
    """A WAV of the take with one thing mended. Raises as `mend_level` does."""
    better = wav_of(mend.make(decode(to_wav(take.data))).pcm)
    title = mend.done if take.title == _GIVEN else f"{take.title}, {mend.done.lower()}"
    return _take(title, f"{PurePath(take.name).stem}.wav", better)


def _take(title: str, name: str, data: bytes) -> Take:
    return Take(title, name, data, measure(data, name), peaks(decode(data)).tobytes())
