"""What a recording is: told from its first and last bytes, and from all of them."""

from __future__ import annotations

import struct
import subprocess
import sys

import numpy as np
import pytest

from storage.audio.analyse import measure
from storage.audio.decode import decode
from storage.audio.mpeg import find_stream, walk
from storage.audio.probe import PROBE_BYTES, head_needed, probe
from storage.audio.waveform import peaks
from storage.errors import InvalidInput
from tests import sounds

EXPECTED = {
    "mp3": ("MP3", "mp3", 0.0),
    "mp3 without table": ("MP3", "mp3", 0.06),  # nothing says what the encoder added
    "m4a": ("M4A", "aac", 0.05),
    "aac": ("AAC", "aac", 0.08),
    "flac": ("FLAC", "flac", 0.0),
    "opus": ("Ogg", "opus", 0.02),
    "webm": ("WebM", "opus", 0.02),
    "aiff": ("AIFF", "pcm_s16be", 0.0),
    "µ-law": ("WAV", "pcm_mulaw", 0.0),
    "a-law": ("WAV", "pcm_alaw", 0.0),
    "adpcm": ("WAV", "adpcm_ms", 0.05),
}


def _ends(data: bytes) -> tuple[bytes, bytes, int]:
    return data[:PROBE_BYTES], data[-PROBE_BYTES:], len(data)


@pytest.mark.parametrize("form", sounds.FORMS)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_form_is_known_decoded_and_as_loud_as_it_was(form: str, channels: int) -> None:
    """Container, codec, rate, channels and length are right, and the sound is the one put in."""
    pcm = sounds.spread(sounds.speech(2.0), *[1.0] * channels)
    data = sounds.packed(pcm, form, kbps=96)
    container, codec, longer_s = EXPECTED[form]
    rate_hz = sounds.OPUS_HZ if codec == "opus" else pcm.sample_rate_hz
    for facts in (probe(*_ends(data)), measure(data).facts):
        assert (facts.container, facts.codec) == (container, codec)
        assert (facts.sample_rate_hz, facts.channels) == (rate_hz, channels)
        assert facts.size_bytes == len(data)
        assert 2.0 - 0.001 <= facts.duration_s <= 2.0 + longer_s + 0.001
    heard = decode(data)
    assert heard.channels == channels
    assert heard.faults == 0
    before, after = measure(sounds.wav(pcm)), measure(data)
    assert before.loudness.integrated_lufs is not None
    assert after.loudness.integrated_lufs == pytest.approx(before.loudness.integrated_lufs, abs=1.0)


@pytest.mark.parametrize("kind", ["u8", "s16", "s24", "s32", "f32", "f64"])
@pytest.mark.parametrize("extensible", [False, True])
def test_wav_of_every_depth_has_the_same_samples(kind: str, extensible: bool) -> None:
    """8 to 64 bits, whole numbers and floats, in the plain and the extensible header."""
    pcm = sounds.spread(sounds.tone(0.5), 1.0, 0.5)
    heard = decode(sounds.wav(pcm, kind, extensible=extensible))
    assert heard.samples.shape == pcm.samples.shape
    assert np.abs(heard.samples - pcm.samples).max() <= (1 / 128 if kind == "u8" else 1 / 32_768)


@pytest.mark.parametrize("form", ["mp3", "m4a", "flac", "opus", "aiff"])
def test_the_ends_of_a_long_file_are_enough(form: str) -> None:
    """Of a file far longer than what is read, format and length are right."""
    pcm = sounds.speech(40.0)
    data = sounds.packed(pcm, form, kbps=128)
    assert len(data) > 2 * PROBE_BYTES
    assert probe(*_ends(data)).duration_s == pytest.approx(40.0, abs=0.05)


@pytest.mark.parametrize("form", ["mp3", "mp3 without table"])
def test_bitrate_and_its_mode(form: str) -> None:
    """Constant and variable are told apart, by the table or by walking the frames."""
    constant = measure(sounds.packed(sounds.speech(), form, kbps=64)).facts
    assert (constant.bitrate_bps, constant.bitrate_mode) == (64_000, "CBR")
    variable = measure(sounds.packed(sounds.speech(), form, vbr=True)).facts
    assert variable.bitrate_mode == "VBR"
    assert 16_000 < variable.bitrate_bps < 64_000


def test_a_variable_mp3_without_a_table_is_walked() -> None:
    """Its length is exact where every header-reading library is wrong."""
    pcm = sounds.joined(sounds.silence(20.0), sounds.speech(5.0))
    data = sounds.packed(pcm, "mp3 without table", vbr=True)
    assert measure(data).duration_s == pytest.approx(25.0, abs=0.06)
    assert probe(data, b"", len(data)).duration_s == pytest.approx(25.0, abs=0.06)


def test_a_picture_in_front_asks_for_more() -> None:
    """An ID3 tag longer than what is read at first: `head_needed` says how much will do."""
    length = 200_000
    picture = b"ID3\x04\0\0" + bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    data = picture + bytes(length) + sounds.packed(sounds.speech(), "mp3")
    needed = head_needed(data[:PROBE_BYTES])
    assert length < needed <= length + PROBE_BYTES + 10
    assert probe(data[:needed], data[-PROBE_BYTES:], len(data)).duration_s == pytest.approx(3.0)
    assert measure(data).duration_s == pytest.approx(3.0)


def test_a_table_that_lies_is_not_believed() -> None:
    """A Xing frame that announces four thousand million frames changes nothing in `probe`."""
    data = bytearray(sounds.packed(sounds.speech(12.0), "mp3", kbps=128))
    at = data.index(b"Info")
    struct.pack_into(">I", data, at + 8, 0xFFFF_FF00)
    facts = probe(bytes(data[:PROBE_BYTES]), b"", len(data))
    assert facts.duration_s == pytest.approx(12.0, abs=0.1)


def test_tags_do_not_change_the_digest() -> None:
    """The same sound under other tags has the same digest, other sound another one."""
    for form in ("mp3", "m4a", "flac", "opus"):
        pcm, other = sounds.speech(1.0), sounds.speech(1.0, seed=2)
        plain = measure(sounds.packed(pcm, form)).digest
        tagged = sounds.packed(pcm, form, title="Benvenuti", artist="Somebody")
        assert measure(tagged).digest == plain
        assert measure(sounds.packed(other, form)).digest != plain
    note = b"LIST" + struct.pack("<I", 4) + b"INFO"
    pcm = sounds.speech(1.0)
    assert measure(sounds.wav(pcm, after=note)).digest == measure(sounds.wav(pcm)).digest
    tail = b"TAG" + bytes(125)
    mp3 = sounds.packed(pcm, "mp3")
    assert measure(mp3 + tail).digest == measure(mp3).digest


def test_junk_between_frames_is_stepped_over() -> None:
    """A damaged stretch is counted, and the frames behind it too."""
    data = sounds.packed(sounds.speech(), "mp3 without table")
    stream = find_stream(data)
    assert stream is not None
    assert walk(data, stream).skipped == 0
    walked = walk(data[:2_000] + b"\xff" * 300 + data[2_000:], stream)
    assert walked.skipped > 0
    assert walked.frames >= walk(data, stream).frames - 2


def test_longer_than_the_limit_is_cut_and_said() -> None:
    """Decoding stops at the limit; `measure` says so, and keeps the length the header gives."""
    for data in (sounds.wav(sounds.speech(5.0)), sounds.packed(sounds.speech(5.0), "mp3")):
        heard = decode(data, max_seconds=2)
        assert heard.cut
        assert heard.duration_s == pytest.approx(2.0)
        measured = measure(data, max_seconds=2)
        assert "long" in {finding.code for finding in measured.findings}
        assert "truncated" not in {finding.code for finding in measured.findings}
        assert measured.facts.duration_s == pytest.approx(5.0)
        assert not decode(data, max_seconds=5).cut


def test_the_drawing_has_the_extremes() -> None:
    """Peaks are lows and highs of each stretch, full scale 127, never more rows than frames."""
    drawn = peaks(sounds.joined(sounds.tone(1.0, level=1.0), sounds.silence(1.0)), 100)
    assert drawn.shape == (100, 2)
    assert drawn.dtype == np.int8
    assert drawn[:49].tolist() == [[-127, 127]] * 49
    assert not drawn[51:].any()
    assert peaks(sounds.tone(0.001, 8_000), 100).shape == (8, 2)
    assert peaks(sounds.silence(0)).shape == (0, 2)
    loud = sounds.spread(sounds.tone(0.1, level=1.0), 3.0)  # beyond full scale: no overflow
    assert peaks(loud, 4).tolist() == [[-127, 127]] * 4


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"<!doctype html><title>404</title>", "This is no recording: it is an HTML page."),
        (b'{"error": "not found"}', "This is no recording: it is JSON."),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "This is no recording: it is a PNG picture."),
        (b"#!AMR\n" + bytes(50), "AMR files cannot be read here."),
        (bytes(range(256)) * 9, "This is no recording: the file is of an unknown kind."),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "This is no recording: it is plain text."),
        (b"#EXTM3U\nfile:///etc/passwd\n", "This is no recording: it is plain text."),
    ],
)
def test_what_is_no_recording_is_named(data: bytes, words: str) -> None:
    """By its bytes, whatever its name: HTML called .wav is an HTML page; playlists open nothing."""
    for look in (lambda: probe(data, data, len(data)), lambda: measure(data, "x.wav")):
        with pytest.raises(InvalidInput) as refused:
            look()
        assert refused.value.what == words
        assert refused.value.remedy


def test_pages_do_not_pay_for_it() -> None:
    """Importing the whole engine loads neither FFmpeg nor the loudness library."""
    code = (
        "import sys, storage.audio.analyse, storage.audio.mend, storage.audio.waveform;"
        "print([name for name in ('av', 'loudness', 'scipy', 'soundfile') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
