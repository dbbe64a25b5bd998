"""What a recording is like, in plain words: a verdict for each thing one hears. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from storage.model.audio import Loudness, Measured
from ui.facts.facts import Fact, Section, Tone

_ABOUT = {
    "Level": ("level", "peak", "estimated"),
    "Distortion": ("clipped", "offset"),
    "Silence": ("lead-silence", "trail-silence", "inner-silence"),
}
_SPOKEN_FOR = frozenset(code for codes in _ABOUT.values() for code in codes)
_WEIGHT: dict[str, Tone] = {"info": "", "warning": "warning", "error": "error"}
_FAR_OFF = 0.3  # of the other one's length: perhaps another text was read


def verdicts(measured: Measured, before_s: float) -> Section:
    """A row for each: the file, level, distortion, silence, and the length beside that of the
    recording it would replace (0 for none).
    """
    others = [one.code for one in measured.findings if one.code not in _SPOKEN_FOR]
    channels = {1: "mono", 2: "stereo"}.get(measured.facts.channels, "more than two channels")
    return Section(
        "",
        [
            _row("Sound", measured, others, f"Good: {measured.facts.container}, {channels}"),
            _row("Level", measured, _ABOUT["Level"], "Good: as loud as it should be"),
            _row("Distortion", measured, _ABOUT["Distortion"], "None"),
            _row("Silence", measured, _ABOUT["Silence"], _silence(measured)),
            _length(measured.duration_s, before_s),
        ],
    )


def details(measured: Measured) -> Section:
    """The figures behind the verdicts, with their units."""
    facts = measured.facts
    return Section(
        "",
        [
            Fact("Format", f"{facts.container} ({facts.codec})"),
            Fact("Sampling rate", f"{facts.sample_rate_hz:,} Hz"),
            Fact("Channels", str(facts.channels)),
            Fact(
                "Bit rate", f"{facts.bitrate_bps / 1000:,.0f} kbit/s {facts.bitrate_mode}".strip()
            ),
            Fact("Integrated loudness", _lufs(measured.loudness)),
            Fact("True peak", _number(measured.loudness.true_peak_dbtp, "dBTP")),
            Fact("Leading silence", f"{measured.lead_silence_s:.2f} s"),
            Fact("Trailing silence", f"{measured.trail_silence_s:.2f} s"),
            Fact("Longest pause", f"{measured.inner_silence_s:.2f} s"),
            Fact("Clipped places", f"{measured.clipped_runs:,}"),
            Fact("DC offset", f"{measured.dc_offset:.4f}"),
            Fact("SHA-256 of the sound", measured.digest, mono=True, copy=True),
        ],
    )


def clock(seconds: float) -> str:
    """`0:41`, and `3.9 s` where a minute's clock would hide the difference."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def _row(label: str, measured: Measured, codes: Iterable[str], good: str) -> Fact:
    wanted = set(codes)
    found = [one for one in measured.findings if one.code in wanted]
    if not found:
        return Fact(label, good, tone="ok")
    worst = max(found, key=lambda one: ("info", "warning", "error").index(one.severity))
    return Fact(label, ". ".join(one.text for one in found), tone=_WEIGHT[worst.severity] or "ok")


def _silence(measured: Measured) -> str:
    return (
        f"Good: {measured.lead_silence_s:.1f} s before the first word, "
        f"{measured.trail_silence_s:.1f} s after the last"
    )


def _length(seconds: float, before_s: float) -> Fact:
    if not before_s:
        return Fact("Length", clock(seconds), tone="ok")
    off = seconds - before_s
    if abs(off) < 0.05:
        return Fact("Length", f"{clock(seconds)}, as before", tone="ok")
    words = f"{clock(seconds)}, {abs(off):.1f} s {'longer' if off > 0 else 'shorter'} than before"
    if abs(off) > _FAR_OFF * before_s:
        return Fact("Length", f"{words}: is it the right text?", tone="warning")
    return Fact("Length", words, tone="ok")


def _lufs(loudness: Loudness) -> str:
    return _number(loudness.integrated_lufs, "LUFS") + (
        " (estimated)" if loudness.estimated else ""
    )


def _number(value: float | None, unit: str) -> str:
    return "no sound" if value is None else f"{value:.1f} {unit}"
