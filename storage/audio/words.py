"""Findings on a recording, in words for people who do not know what a decibel is made of."""

from __future__ import annotations

from collections.abc import Iterator

from storage.model.audio import AudioFacts, AudioFinding, AudioLimits, Sound

OFFSET = 0.02  # of full scale; less is not heard
FULL_HZ = 16_000  # speech below this sampling rate sounds like a telephone
_COARSE = {"pcm_u8": "8-bit", "pcm_mulaw": "µ-law", "pcm_alaw": "A-law"}
_FINE = {
    "pcm_s24le": "24-bit",
    "pcm_s32le": "32-bit",
    "pcm_f32le": "32-bit float",
    "pcm_f64le": "64-bit float",
}


def sound_findings(sound: Sound, limits: AudioLimits) -> Iterator[AudioFinding]:
    """What can be heard: level, peaks, clipping, silence."""
    lufs = sound.loudness.integrated_lufs
    if lufs is None:
        yield AudioFinding("silent", "error", "Nothing can be heard in it")
        return
    yield from _level(lufs, sound, limits)
    if sound.clipped_runs:
        places = "1 place" if sound.clipped_runs == 1 else f"{sound.clipped_runs:,} places"
        text = f"Distorted in {places}: it was recorded too loud"
        yield AudioFinding("clipped", "warning", text)
    if sound.dc_offset > OFFSET:
        text = "The recording device added an offset: it may click at the start and the end"
        yield AudioFinding("offset", "warning", text)
    yield from _silence(sound, limits)


def _level(lufs: float, sound: Sound, limits: AudioLimits) -> Iterator[AudioFinding]:
    off = lufs - limits.target_lufs
    if abs(off) > limits.tolerance_lu:
        about = "About " if sound.loudness.estimated else ""
        text = f"{about}{abs(off):.1f} dB too {'loud' if off > 0 else 'quiet'}"
        yield AudioFinding("level", "warning", text)
    peak = sound.loudness.true_peak_dbtp
    if peak is not None and peak > limits.max_dbtp:
        over = max(0.1, peak - limits.max_dbtp)
        text = f"Its loudest moments are {over:.1f} dB too high and may crackle"
        yield AudioFinding("peak", "warning", text)
    if sound.loudness.estimated:
        text = "Too short to measure its level exactly: it is an estimate"
        yield AudioFinding("estimated", "info", text)


def _silence(sound: Sound, limits: AudioLimits) -> Iterator[AudioFinding]:
    if sound.lead_silence_s > limits.lead_s:
        text = f"Starts with {sound.lead_silence_s:.1f} s of silence"
        yield AudioFinding("lead-silence", "warning", text)
    if sound.trail_silence_s > limits.trail_s:
        text = f"Ends with {sound.trail_silence_s:.1f} s of silence"
        yield AudioFinding("trail-silence", "warning", text)
    if sound.inner_silence_s > limits.inner_s:
        text = f"Has a pause of {sound.inner_silence_s:.1f} s"
        yield AudioFinding("inner-silence", "warning", text)


def format_findings(facts: AudioFacts) -> Iterator[AudioFinding]:
    """What the format itself takes away, or what changes when it is made into a WAV or an MP3."""
    if facts.sample_rate_hz < FULL_HZ:
        text = f"Telephone quality ({facts.sample_rate_hz / 1000:g} kHz): it sounds dull"
        yield AudioFinding("telephone", "warning", text)
    if facts.channels > 2:
        text = f"Has {facts.channels} channels: they will be mixed down to stereo"
        yield AudioFinding("channels", "warning", text)
    if is_coarse(facts.codec):
        coarse = _COARSE.get(facts.codec, "ADPCM")
        text = f"Stored in a coarse format ({coarse}): it may hiss"
        yield AudioFinding("coarse", "warning", text)
    if is_fine(facts.codec):
        text = f"Finer than needed ({_FINE[facts.codec]}): it will be kept as 16-bit"
        yield AudioFinding("depth", "info", text)


def is_coarse(codec: str) -> bool:
    """Whether a codec keeps less than is heard."""
    return codec in _COARSE or codec.startswith("adpcm")


def is_fine(codec: str) -> bool:
    """Whether a codec keeps more than 16 bits."""
    return codec in _FINE
