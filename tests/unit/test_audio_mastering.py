"""Levelled MP3s, canonical WAVs and mends: what comes out is what was promised, by measuring it."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from storage.audio.analyse import measure
from storage.audio.decode import decode
from storage.audio.limiter import Source
from storage.audio.mend import mend_level, mend_silence
from storage.audio.pcm import Pcm
from storage.audio.shape import find_silence
from storage.audio.transcode import to_mp3, to_wav, wav_of
from storage.errors import InvalidInput, VerifyFailed
from tests import sounds


def _lufs(data: bytes) -> float:
    lufs = measure(data).loudness.integrated_lufs
    assert lufs is not None
    return lufs


@pytest.mark.parametrize("kind", sounds.TO_PUBLISH)
def test_an_mp3_is_at_its_level(kind: str) -> None:
    """-16 LUFS and at most -1.5 dBTP, as long as the recording, whatever that was like."""
    pcm = sounds.TO_PUBLISH[kind]()
    made = to_mp3(pcm)
    heard = measure(made.data, "a.mp3")
    assert heard.loudness == made.after
    assert heard.loudness.integrated_lufs == pytest.approx(-16.0, abs=0.25)
    assert heard.loudness.true_peak_dbtp is not None
    assert heard.loudness.true_peak_dbtp <= -1.5
    assert heard.duration_s == made.duration_s == pytest.approx(pcm.duration_s, abs=0.001)
    assert heard.facts.container == "MP3"
    assert heard.facts.channels == min(2, pcm.channels)
    assert not {"truncated", "damaged", "level", "peak", "clipped"} & {
        f.code for f in heard.findings
    }


@pytest.mark.parametrize(
    ("rate_hz", "kept_hz"),
    [
        (6_000, 8_000),
        (8_000, 8_000),
        (22_050, 22_050),
        (48_000, 48_000),
        (50_000, 48_000),
        (88_200, 44_100),
        (96_000, 48_000),
    ],
)
def test_sampling_rates_are_kept_where_sensible(rate_hz: int, kept_hz: int) -> None:
    """What MP3 has is kept; more comes down to a rate that divides it, less goes up."""
    pcm = sounds.speech(1.0, rate_hz)
    assert decode(to_mp3(pcm).data).sample_rate_hz == kept_hz
    kept_in_wav = decode(to_wav(sounds.wav(pcm))).sample_rate_hz
    assert kept_in_wav == (kept_hz if rate_hz > 48_000 else rate_hz)


def test_only_what_needs_it_is_limited() -> None:
    """Gain alone where it suffices: the sound is the same, louder. A limiter else, and it says."""
    calm = to_mp3(sounds.tone(2.0, hz=1_000))
    assert not calm.limited
    assert calm.gain_db == pytest.approx(-16.0 - calm.before.integrated_lufs, abs=0.7)
    assert to_mp3(sounds.TO_PUBLISH["high crest"]()).limited


def test_the_limiter_touches_peaks_and_little_else() -> None:
    """Far from a peak the gain is the same for all; at it the ceiling holds."""
    pcm = sounds.tone(4.0, level=0.05)
    pcm.samples[88_200] = 0.9
    made = Source.of(pcm).at_level(-16.0, -1.5)
    assert made.limited
    factor = made.pcm.samples[:40_000].std() / pcm.samples[:40_000].std()
    after = made.pcm.samples[130_000:].std() / pcm.samples[130_000:].std()
    assert after == pytest.approx(factor, rel=1e-3)
    assert np.abs(made.pcm.samples).max() <= 10 ** (-1.5 / 20) + 1e-4


def test_another_target() -> None:
    """A layout with other figures."""
    made = to_mp3(sounds.speech(), target_lufs=-23.0, max_dbtp=-6.0)
    assert made.after.integrated_lufs == pytest.approx(-23.0, abs=0.25)
    assert made.after.true_peak_dbtp is not None
    assert made.after.true_peak_dbtp <= -6.0


def test_silence_and_clicks_are_not_published() -> None:
    """Nothing to hear is refused; so is what cannot be as loud as it must be."""
    for make in (to_mp3, mend_level):
        with pytest.raises(InvalidInput, match="Nothing can be heard"):
            make(sounds.silence(2.0))
        click = sounds.silence(2.0)
        click.samples[44_100] = 1.0
        with pytest.raises(VerifyFailed, match="cannot be brought to its level") as refused:
            make(click)
        assert refused.value.remedy


def test_the_same_recording_gives_the_same_mp3() -> None:
    """Byte for byte: publishing again changes nothing."""
    assert to_mp3(sounds.speech()).data == to_mp3(sounds.speech()).data


# -- WAV ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sounds.FORMS)
def test_any_recording_becomes_a_wav(form: str) -> None:
    """16 bits, the rate it had, as long and as loud as it was."""
    data = sounds.packed(sounds.spread(sounds.speech(), 1.0, 0.8), form, kbps=128)
    made = to_wav(data)
    with wave.open(io.BytesIO(made)) as file:
        assert (file.getsampwidth(), file.getnchannels()) == (2, 2)
        assert file.getframerate() in (44_100, sounds.OPUS_HZ)
        assert file.getnframes() == len(decode(data).samples)
    assert _lufs(made) == pytest.approx(_lufs(data), abs=0.05)
    assert measure(made, "a.wav").facts.codec == "pcm_s16le"


def test_a_canonical_wav_stays_as_it_is() -> None:
    """Byte for byte, its own chunks too; a lying header is set right."""
    note = b"LIST\x04\0\0\0INFO"
    data = sounds.wav(sounds.speech(), after=note)
    assert to_wav(data) is data
    lying = sounds.wav(sounds.speech(), declared=2**31)
    assert to_wav(lying) == sounds.wav(sounds.speech())
    assert to_wav(sounds.wav(sounds.speech(), "s24"))[:44] == sounds.wav(sounds.speech())[:44]


def test_surround_is_mixed_down() -> None:
    """Left stays left, the centre is in both, no channel is lost but the bass one."""
    mono = sounds.tone(1.0, level=0.1)
    for place, (left, right) in enumerate(
        [(1, 0), (0, 1), (0.7, 0.7), (0, 0), (0.7, 0), (0, 0.7), (0.7, 0), (0, 0.7)]
    ):
        levels = [1.0 if place == channel else 0.0 for channel in range(8)]
        stereo = decode(to_wav(sounds.wav(sounds.spread(mono, *levels)))).samples
        assert stereo.shape[1] == 2
        assert np.abs(stereo).max(axis=0) == pytest.approx([0.1 * left, 0.1 * right], abs=0.002)
    for channels in range(3, 8):
        made = to_wav(sounds.wav(sounds.spread(mono, *[1.0] * channels)))
        assert decode(made).channels == 2


def test_what_is_beyond_full_scale_is_turned_down() -> None:
    """Not cut off: a float recording that is too loud keeps its shape."""
    loud = sounds.tone(1.0, level=2.5)
    made = decode(to_wav(sounds.wav(loud, "f32"))).samples
    assert np.abs(made).max() <= 1.0
    assert np.corrcoef(made[:, 0], loud.samples[:, 0])[0, 1] > 0.9999
    assert decode(wav_of(sounds.tone(1.0))).samples == pytest.approx(
        sounds.tone(1.0).samples, abs=1 / 32_768
    )


# -- mending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sounds.TO_PUBLISH)
def test_level_is_mended(kind: str) -> None:
    """Before and after are measured; rate, channels and length stay; the finding is gone."""
    pcm = sounds.TO_PUBLISH[kind]()
    mended = mend_level(pcm)
    assert mended.before.loudness.integrated_lufs is not None
    assert abs(mended.before.loudness.integrated_lufs + 16) > 1
    assert mended.after.loudness.integrated_lufs == pytest.approx(-16, abs=0.25)
    assert mended.after.loudness.true_peak_dbtp is not None
    assert mended.after.loudness.true_peak_dbtp <= -1.5
    assert mended.pcm.samples.shape == pcm.samples.shape
    found = {finding.code for finding in measure(wav_of(mended.pcm)).findings}
    assert not found & {"level", "peak", "clipped"}


def test_silence_is_mended() -> None:
    """A tenth of a second stays in front, three behind; what lies between is untouched."""
    pcm = sounds.joined(sounds.silence(1.5), sounds.speech(2.0), sounds.silence(2.5))
    mended = mend_silence(pcm)
    assert mended.before.lead_silence_s == pytest.approx(1.5, abs=0.03)
    assert mended.after.lead_silence_s == pytest.approx(0.1, abs=0.02)
    assert mended.after.trail_silence_s == pytest.approx(0.3, abs=0.02)
    assert mended.after.duration_s == pytest.approx(2.4, abs=0.05)
    cut = round((mended.before.lead_silence_s - 0.1) * 44_100)
    inside = slice(round(0.2 * 44_100), round(1.5 * 44_100))
    assert np.array_equal(mended.pcm.samples[inside], pcm.samples[cut:][inside])


def test_little_silence_is_left_alone() -> None:
    """Nothing is added, nothing faded; all silence stays silence."""
    pcm = sounds.tone(1.0)
    assert np.array_equal(mend_silence(pcm).pcm.samples, pcm.samples)
    nothing = sounds.silence(1.0)
    assert mend_silence(nothing).pcm is nothing
    click = sounds.silence(1.0)
    click.samples[22_050:22_100] = 0.5
    short = mend_silence(click, lead_s=0.0, trail_s=0.0)
    assert 0 < short.after.duration_s <= 0.02
    assert find_silence(short.pcm).inner_s == 0.0


def test_cuts_do_not_click() -> None:
    """Where noise is cut, it is faded over five milliseconds."""
    random = np.random.default_rng(2)
    hiss = Pcm((0.001 * random.standard_normal((88_200, 1))).astype(np.float32), 44_100)
    made = mend_silence(sounds.joined(hiss, sounds.speech(1.0), hiss)).pcm.samples
    assert abs(made[0, 0]) < 1e-6
    assert abs(made[-1, 0]) < 1e-6
