"""How a recording sounds: figures that can be calculated, and the words for them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from storage.audio.analyse import measure
from storage.audio.loudness import integrated_loudness, measure_loudness, true_peak
from storage.audio.pcm import Pcm
from storage.audio.shape import clipped_runs, find_silence, sound_of
from storage.model.audio import AudioLimits
from tests import sounds


def _found(data: bytes, name: str = "", **limits: float) -> dict[str, str]:
    measured = measure(data, name, limits=AudioLimits(**limits))
    return {finding.code: finding.text for finding in measured.findings}


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("level_dbfs", [-23.0, -33.0])
def test_loudness_of_the_standards_own_signals(rate_hz: int, level_dbfs: float) -> None:
    """EBU Tech 3341, cases 1 and 2: a stereo sine of 1 kHz at -23 (-33) dBFS has as many LUFS."""
    mono = sounds.tone(20.0, rate_hz, level=10 ** (level_dbfs / 20), hz=1_000)
    lufs, estimated = integrated_loudness(sounds.spread(mono, 1.0, 1.0))
    assert lufs == pytest.approx(level_dbfs, abs=0.1)
    assert not estimated


def test_silence_around_does_not_count() -> None:
    """EBU Tech 3341, case 3: what is far quieter than the rest is left out of the loudness."""
    quiet, loud = (
        sounds.tone(seconds, level=10 ** (db / 20), hz=1_000)
        for seconds, db in ((10, -36), (60, -23))
    )
    both = sounds.spread(sounds.joined(quiet, loud, quiet), 1.0, 1.0)
    assert integrated_loudness(both)[0] == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(("part", "degrees"), [(4, 0), (4, 45), (4, 67.5), (6, 60), (8, 0)])
def test_true_peak_between_samples(rate_hz: int, part: int, degrees: float) -> None:
    """EBU Tech 3341, cases 15 to 19: sines at a part of the rate, whose samples miss their tops."""
    at = np.arange(rate_hz) * 2 * np.pi / part + math.radians(degrees)
    fades = np.hanning(rate_hz)
    pcm = Pcm((0.5 * np.sin(at) * fades).astype(np.float32)[:, None], rate_hz)
    assert true_peak(pcm) == pytest.approx(-6.02, abs=0.15)


def test_a_short_sound_is_estimated() -> None:
    """Under 0.4 s the standard has no answer: a tone's estimate is that of a longer one."""
    longer = integrated_loudness(sounds.tone(4.0, hz=1_000))
    short = integrated_loudness(sounds.tone(0.3, hz=1_000))
    assert not longer[1]
    assert short[1]
    assert short[0] == pytest.approx(longer[0], abs=0.1)
    assert "estimated" in _found(sounds.wav(sounds.tone(0.3)))


def test_silence_has_no_level() -> None:
    """Digital silence has neither loudness nor peak, and is an error."""
    loudness = measure_loudness(sounds.silence(1.0))
    assert (loudness.integrated_lufs, loudness.true_peak_dbtp) == (None, None)
    assert _found(sounds.wav(sounds.silence(1.0))) == {"silent": "Nothing can be heard in it"}
    assert "silent" in _found(sounds.wav(sounds.tone(1.0, level=0.0001)))


def test_silence_at_both_ends_and_between() -> None:
    """To 10 ms; a channel with sound is sound."""
    parts = (0.7, 1.0, 2.5, 1.0, 1.3)
    pcm = sounds.joined(
        *(sounds.silence(s) if n % 2 == 0 else sounds.tone(s) for n, s in enumerate(parts))
    )
    for heard in (pcm, sounds.spread(pcm, 0.0, 1.0)):
        silence = find_silence(heard)
        assert silence.lead_s == pytest.approx(0.7, abs=0.011)
        assert silence.inner_s == pytest.approx(2.5, abs=0.021)
        assert silence.trail_s == pytest.approx(1.3, abs=0.011)
    nothing = find_silence(sounds.silence(1.5))
    assert (nothing.lead_s, nothing.trail_s, nothing.inner_s) == (1.5, 0.0, 0.0)


@pytest.mark.parametrize("kind", ["u8", "s16", "s24", "f32"])
def test_clipping_is_runs_at_full_scale(kind: str) -> None:
    """Three samples in a row at the format's highest value, in every depth; two are none."""
    pcm = sounds.tone(1.0, level=0.2)
    pcm.samples[1_000:1_003] = 1.0
    pcm.samples[2_000:2_010] = -1.0
    pcm.samples[3_000:3_002] = 1.0
    assert measure(sounds.wav(pcm, kind)).clipped_runs == 2
    assert clipped_runs(sounds.tone(1.0, level=0.99), lossy=False) == 0


def test_clipping_of_a_lossy_file_is_beyond_full_scale() -> None:
    """Encoding leaves no flat runs: what was cut off before overshoots after."""
    noise = np.random.default_rng(1).standard_normal((44_100, 1))
    flat = Pcm(np.clip(noise, -1, 1).astype(np.float32), 44_100)
    assert measure(sounds.packed(flat, "mp3", kbps=128)).clipped_runs > 10
    assert measure(sounds.packed(sounds.speech(1.0), "mp3")).clipped_runs == 0


def test_offset() -> None:
    """The mean of the channel that is furthest off."""
    pcm = sounds.spread(sounds.tone(1.0), 1.0, 1.0)
    pcm.samples[:, 1] += 0.05
    assert sound_of(pcm).dc_offset == pytest.approx(0.05, abs=0.001)
    assert "offset" in _found(sounds.wav(pcm))


def test_findings_in_plain_words() -> None:
    """What an editor reads: how much, where, what follows; no unit but dB and seconds."""
    loud = sounds.tone(3.0, level=0.98, hz=1_000)
    found = _found(sounds.wav(sounds.joined(sounds.silence(1.2), loud, sounds.silence(2.0))))
    assert found["level"] == "12.4 dB too loud"
    assert found["lead-silence"] == "Starts with 1.2 s of silence"
    assert found["trail-silence"] == "Ends with 2.0 s of silence"
    assert found["peak"] == "Its loudest moments are 0.8 dB too high and may crackle"
    quiet = _found(sounds.wav(sounds.tone(3.0, level=0.05, hz=1_000)))
    assert quiet == {"level": "13.1 dB too quiet"}
    pause = sounds.joined(sounds.tone(1.0), sounds.silence(4.0), sounds.tone(1.0))
    assert _found(sounds.wav(pause))["inner-silence"] == "Has a pause of 4.0 s"
    clipped = sounds.tone(1.0)
    clipped.samples[500:510] = 1.0
    assert (
        _found(sounds.wav(clipped))["clipped"] == "Distorted in 1 place: it was recorded too loud"
    )


def test_a_good_recording_has_no_findings() -> None:
    """At the target, without long silence: nothing to say."""
    good = sounds.tone(3.0, level=10 ** (-13.0 / 20), hz=1_000)
    assert _found(sounds.wav(good), "benvenuti.wav") == {}


def test_limits_are_the_callers() -> None:
    """Another layout's target, peak and silence."""
    data = sounds.wav(sounds.joined(sounds.silence(0.4), sounds.tone(3.0, hz=1_000)))
    assert _found(data) == {}
    strict = _found(data, target_lufs=-23.0, tolerance_lu=1.0, max_dbtp=-20.0, lead_s=0.1)
    assert set(strict) == {"level", "peak", "lead-silence"}


@pytest.mark.parametrize(
    ("data", "name", "code", "words"),
    [
        (
            sounds.packed(sounds.speech(), "mp3"),
            "a.wav",
            "wrong-name",
            "The name ends in .wav, but it is MP3",
        ),
        (
            sounds.wav(sounds.speech(rate_hz=8_000)),
            "a.wav",
            "telephone",
            "Telephone quality (8 kHz): it sounds dull",
        ),
        (
            sounds.wav(sounds.spread(sounds.speech(), *[1.0] * 8)),
            "a.wav",
            "channels",
            "Has 8 channels: they will be mixed down to stereo",
        ),
        (
            sounds.packed(sounds.speech(), "µ-law"),
            "a.wav",
            "coarse",
            "Stored in a coarse format (µ-law): it may hiss",
        ),
        (
            sounds.packed(sounds.speech(), "adpcm"),
            "a.wav",
            "coarse",
            "Stored in a coarse format (ADPCM): it may hiss",
        ),
        (
            sounds.wav(sounds.speech(), "s24"),
            "a.wav",
            "depth",
            "Finer than needed (24-bit): it will be kept as 16-bit",
        ),
        (
            sounds.wav(sounds.speech(), "f32"),
            "a.wav",
            "depth",
            "Finer than needed (32-bit float): it will be kept as 16-bit",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_what_the_format_takes_away(data: bytes, name: str, code: str, words: str) -> None:
    """Odd formats are measured all the same, and named."""
    assert _found(data, name)[code] == words


def test_json_has_the_fields_of_the_design() -> None:
    """What `probe --json` promises, in types that JSON has."""
    document = measure(sounds.wav(sounds.speech()), "a.wav").as_json()
    assert set(document) >= {
        *("container", "codec", "sample_rate_hz", "channels", "bitrate_bps", "bitrate_mode"),
        *("duration_s", "loudness_lufs", "loudness_estimated", "true_peak_dbtp"),
        *("lead_silence_s", "trail_silence_s", "digest", "findings"),
    }
    assert set(document["findings"][0]) == {"code", "severity", "text"}
    assert len(document["digest"]) == 64
    silent = measure(sounds.wav(sounds.silence(1.0))).as_json()
    assert silent["loudness_lufs"] is None
    assert silent["true_peak_dbtp"] is None
