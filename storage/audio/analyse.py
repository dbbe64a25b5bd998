"""Everything measured of one file, and what is wrong with it in words for content editors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import PurePosixPath

from storage.audio.decode import decode
from storage.audio.libav import digest_packets
from storage.audio.limits import MAX_SECONDS
from storage.audio.mp4 import announced_s
from storage.audio.mpeg import samples_of, walk
from storage.audio.ogg import ends_well
from storage.audio.pcm import Pcm
from storage.audio.probe import Kind, kind_of, probe, stream_of
from storage.audio.shape import FULL_SCALE_16_BIT, sound_of
from storage.audio.wav import WavHeader, contradicts_itself, left_over, read_header
from storage.audio.words import format_findings, sound_findings
from storage.model.audio import AudioFacts, AudioFinding, AudioLimits, Measured, Sound

ANALYSIS = 1
"""Raised when figures change, so that what was measured before is measured again."""
_MISSING_S = 0.15  # less than this between header and sound is encoders' rounding
_LOST_S = 0.01  # where nothing is rounded
_LOSSLESS = ("pcm_", "flac", "alac")
_ENDINGS = {
    "WAV": (".wav", ".wave"),
    "MP3": (".mp3",),
    "M4A": (".m4a", ".mp4", ".m4b", ".aac"),
    "MP4": (".mp4", ".m4v", ".mov"),
    "FLAC": (".flac",),
    "Ogg": (".ogg", ".oga", ".opus"),
    "AIFF": (".aif", ".aiff", ".aifc"),
    "AAC": (".aac",),
    "WebM": (".webm", ".mka", ".mkv", ".weba"),
}
_AUDIO_ENDINGS = frozenset(ending for endings in _ENDINGS.values() for ending in endings)


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the bytes themselves tell beside the sound."""

    digest: str
    announced_s: float = 0.0  # by a header or table, 0 where it says nothing
    share: float = 1.0  # of the announced bytes, so many are there
    skipped: int = 0  # bytes amid the sound that belong to none
    beyond_s: float = 0.0  # perhaps, behind where the header lets it end
    unfinished: bool = False  # the header leaves the length open
    broken_off: bool = False  # in the middle of a frame or page
    contradicts: bool = False  # the header says two things


@dataclass(frozen=True, slots=True)
class Examined:
    """Everything that a file's bytes tell, whatever it is held to. `damage` is what is wrong with
    the file itself.
    """

    facts: AudioFacts
    sound: Sound
    digest: str
    damage: tuple[AudioFinding, ...]
    pcm: Pcm = field(repr=False)


def examine(data: bytes, *, max_seconds: float = MAX_SECONDS) -> Examined:
    """Facts, sound, digest and damage of a file; of a longer one the first `max_seconds`.

    Raises InvalidInput when it is no audio, or too broken to hear anything of.
    """
    kind = kind_of(data, len(data))
    facts = probe(data, b"", len(data))
    inside = _look_inside(data, kind, facts)
    pcm = decode(data, max_seconds=max_seconds)
    lossless = facts.codec.startswith(_LOSSLESS)
    coarse = facts.codec == "pcm_u8"
    full_scale = 127 / 128 if coarse else FULL_SCALE_16_BIT
    sound = sound_of(pcm, lossy=not lossless, full_scale=full_scale)
    if not pcm.cut:
        facts = replace(facts, duration_s=pcm.duration_s)
    facts = replace(facts, sample_rate_hz=pcm.sample_rate_hz, channels=pcm.channels)
    rounding_s = _LOST_S if lossless else _MISSING_S
    damage = tuple(_damage(inside, pcm, rounding_s))
    return Examined(facts, sound, inside.digest, damage, pcm)


def findings_on(
    facts: AudioFacts,
    sound: Sound,
    damage: Iterable[AudioFinding],
    limits: AudioLimits,
    name: str = "",
) -> tuple[AudioFinding, ...]:
    """All there is to say of a file called `name` ("" if unknown) that is held to `limits`."""
    return (
        *damage,
        *sound_findings(sound, limits),
        *format_findings(facts),
        *_name_finding(facts.container, name),
    )


def measure(
    data: bytes,
    name: str = "",
    *,
    limits: AudioLimits | None = None,
    max_seconds: float = MAX_SECONDS,
) -> Measured:
    """Facts, sound, digest and findings of a file called `name` ("" if unknown), by `limits` (those
    of course audio if None). Of a longer file the first `max_seconds` are measured, and it says so.

    Raises InvalidInput when it is no audio, or too broken to hear anything of.
    """
    found = examine(data, max_seconds=max_seconds)
    findings = findings_on(found.facts, found.sound, found.damage, limits or AudioLimits(), name)
    heard = {one.name: getattr(found.sound, one.name) for one in fields(Sound)}
    return Measured(facts=found.facts, digest=found.digest, findings=findings, **heard)


def _look_inside(data: bytes, kind: Kind, facts: AudioFacts) -> _Inside:
    if kind.demuxer == "wav":
        return _inside_wav(data, read_header(data, len(data)))
    if kind.demuxer in ("mp3", "aac"):
        return _inside_frames(data)
    broken_off = kind.demuxer == "ogg" and not ends_well(data)
    digest = digest_packets(data, kind.demuxer)
    # of a film the picture may be longer than the sound
    said_s = announced_s(data) if kind.name == "M4A" else 0.0
    return _Inside(digest, max(facts.duration_s, said_s), broken_off=broken_off)


def _inside_wav(data: bytes, header: WavHeader) -> _Inside:
    form = (header.form, header.channels, header.sample_rate_hz, header.bits)
    digest = hashlib.sha256(repr(form).encode())
    digest.update(memoryview(data)[header.start : header.end])
    beyond_s = left_over(data, header) / max(1, header.bytes_a_second)
    return _Inside(
        digest.hexdigest(),
        share=header.share,
        beyond_s=beyond_s,
        unfinished=header.declared is None,
        contradicts=contradicts_itself(header),
    )


def _inside_frames(data: bytes) -> _Inside:
    stream = stream_of(data)
    walked = walk(data, stream)
    digest = hashlib.sha256(memoryview(data)[stream.start : walked.end]).hexdigest()
    frames = (stream.xing.frames if stream.xing else None) or walked.frames
    announced_s = samples_of(frames, stream) / stream.first.sample_rate_hz
    return _Inside(digest, announced_s=announced_s, skipped=walked.skipped, broken_off=walked.cut)


def _damage(inside: _Inside, pcm: Pcm, rounding_s: float) -> Iterator[AudioFinding]:
    announced_s = max(inside.announced_s, pcm.duration_s / inside.share)
    missing_s = announced_s - pcm.duration_s
    if pcm.cut:
        text = f"Very long: only the first {pcm.duration_s / 60:.0f} minutes were measured"
        yield AudioFinding("long", "info", text)
    elif missing_s > rounding_s:
        text = (
            f"The end is missing: it should last {announced_s:.1f} s, "
            f"{pcm.duration_s:.1f} s are there"
        )
        yield AudioFinding("truncated", "error", text)
    elif inside.broken_off:
        yield AudioFinding("truncated", "error", "The end is missing: it breaks off")
    if inside.beyond_s > _MISSING_S:
        text = (
            f"The file says that it lasts {pcm.duration_s:.1f} s, "
            f"but there may be {inside.beyond_s:.1f} s more in it"
        )
        yield AudioFinding("wrong-length", "error", text)
    if pcm.faults or inside.skipped:
        yield AudioFinding("damaged", "error", "Damaged: there may be clicks or gaps")
    if inside.contradicts:
        text = "Its beginning contradicts itself: some players will refuse it"
        yield AudioFinding("header", "warning", text)
    if inside.unfinished:
        text = "The recorder was stopped before it noted the length; everything there was read"
        yield AudioFinding("unfinished", "info", text)


def _name_finding(container: str, name: str) -> Iterator[AudioFinding]:
    ending = PurePosixPath(name).suffix.lower()
    if ending in _AUDIO_ENDINGS and ending not in _ENDINGS.get(container, ()):
        text = f"The name ends in {ending}, but it is {container}"
        yield AudioFinding("wrong-name", "warning", text)
