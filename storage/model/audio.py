"""What is known of one recording: its format, how it sounds in numbers, what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from storage.model.findings import Severity

_DIGITS = 4  # of figures in JSON: finer than they are measured

BitrateMode = Literal["CBR", "VBR", ""]


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The format. `bitrate_mode` is "" where it cannot be told; `duration_s` is what a header or
    the frames say, in `Measured` what was decoded.
    """

    container: str  # "WAV", "MP3", "M4A", "FLAC", "Ogg" …, as people say it
    codec: str  # as FFmpeg calls it: "pcm_s16le", "mp3", "aac" …
    sample_rate_hz: int
    channels: int
    bitrate_bps: int
    bitrate_mode: BitrateMode
    duration_s: float
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness (ITU-R BS.1770) and true peak; None where there is no sound to measure.

    `estimated`: under 0.4 s the standard has no answer, the sound was repeated to 0.8 s.
    """

    integrated_lufs: float | None
    estimated: bool
    true_peak_dbtp: float | None


@dataclass(frozen=True, slots=True)
class AudioFinding:
    """One thing that is wrong or worth knowing, in words for people."""

    code: str
    severity: Severity
    text: str

    def as_json(self) -> dict[str, str]:
        """The form of `probe --json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """What a recording is held to. The defaults are those of course audio; a layout may differ."""

    target_lufs: float = -16.0
    tolerance_lu: float = 2.0
    max_dbtp: float = -1.0
    lead_s: float = 0.5
    trail_s: float = 1.0
    inner_s: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """How decoded samples sound, in numbers. Without any sound, all of it is leading silence."""

    duration_s: float
    loudness: Loudness
    lead_silence_s: float
    trail_silence_s: float
    inner_silence_s: float  # the longest pause between sounds
    clipped_runs: int  # places where the wave is cut off flat
    dc_offset: float  # mean of the channel that is furthest off, 1.0 = full scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Sound):
    """Everything measured of one file. `digest` (SHA-256) is of the audio alone: files that differ
    only in tags have the same one.
    """

    facts: AudioFacts
    digest: str
    findings: tuple[AudioFinding, ...]

    def as_json(self) -> dict[str, Any]:
        """The `probe --json` document."""
        figures = {
            **asdict(self.facts),
            "loudness_lufs": self.loudness.integrated_lufs,
            "loudness_estimated": self.loudness.estimated,
            "true_peak_dbtp": self.loudness.true_peak_dbtp,
            "lead_silence_s": self.lead_silence_s,
            "trail_silence_s": self.trail_silence_s,
            "inner_silence_s": self.inner_silence_s,
            "clipped_runs": self.clipped_runs,
            "dc_offset": self.dc_offset,
        }
        rounded = {
            name: round(figure, _DIGITS) if isinstance(figure, float) else figure
            for name, figure in figures.items()
        }
        return {
            **rounded,
            "digest": self.digest,
            "findings": [finding.as_json() for finding in self.findings],
        }
