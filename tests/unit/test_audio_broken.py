"""Broken and lying files: each has its finding or its message, none ends anything else."""

from __future__ import annotations

import struct
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.audio.analyse import measure
from storage.audio.decode import decode
from storage.audio.limits import MAX_INPUT_BYTES
from storage.audio.probe import PROBE_BYTES, probe
from storage.audio.transcode import to_wav
from storage.errors import InvalidInput
from tests import sounds

PCM = sounds.speech(2.0)
WHOLE = {form: sounds.packed(PCM, form) for form in sounds.FORMS} | {
    "wav": sounds.wav(PCM),
    "wav float": sounds.wav(PCM, "f32"),
    "wav 24 bit": sounds.wav(PCM, "s24", extensible=True),
}
LENGTHS = len(PCM.samples) * 2


def _codes(data: bytes, name: str = "") -> set[str]:
    return {finding.code for finding in measure(data, name).findings}


def _refused(data: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        measure(data, "a.wav")
    assert refused.value.remedy
    with pytest.raises(InvalidInput):
        to_wav(data)
    return refused.value


@pytest.mark.parametrize("declared", [2**31 - 1, 2**32 - 2, LENGTHS + 100_000])
def test_a_header_that_promises_more_than_there_is(declared: int) -> None:
    """2 GB declared, 176 KB there: what is there is read, quickly, and the rest is missed."""
    data = sounds.wav(PCM, declared=declared)
    assert probe(data[:PROBE_BYTES], b"", len(data)).duration_s == pytest.approx(2.0)
    tracemalloc.start()
    measured = measure(data)
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert measured.duration_s == pytest.approx(2.0)
    (found,) = [one for one in measured.findings if one.code == "truncated"]
    assert found.severity == "error"
    assert found.text.endswith(" s, 2.0 s are there")


def test_a_header_that_tells_of_less_than_there_is() -> None:
    """10 bytes declared, two seconds there: what the header tells is read, and it is an error; a
    chunk that is rightly behind the sound, or a little padding, is none."""
    found = measure(sounds.wav(PCM, declared=10))
    assert [one.code for one in found.findings if one.severity == "error"] == ["wrong-length"]
    note = b"LIST" + (20_000).to_bytes(4, "little") + bytes(20_000)
    for after in (note, note + b"\0\xff" * 40, b"\0" * 100):
        assert "wrong-length" not in {
            one.code for one in measure(sounds.wav(PCM, after=after)).findings
        }


@pytest.mark.parametrize(("declared", "riff_length"), [(0xFFFFFFFF, 0xFFFFFFFF), (0, 0), (0, 36)])
def test_a_recorder_that_was_stopped_early(declared: int, riff_length: int) -> None:
    """Lengths were never filled in: all that is there is the recording."""
    data = sounds.wav(PCM, declared=declared, riff_length=riff_length)
    measured = measure(data)
    assert measured.duration_s == pytest.approx(2.0)
    assert "unfinished" in {finding.code for finding in measured.findings}
    assert "truncated" not in {finding.code for finding in measured.findings}
    assert len(to_wav(data)) == 44 + LENGTHS


def test_rf64() -> None:
    """The 64-bit form: lengths are in a chunk of their own."""
    lengths = b"ds64" + struct.pack("<IQQQI", 28, 4_000 + LENGTHS, LENGTHS, len(PCM.samples), 0)
    data = sounds.wav(
        PCM, riff=b"RF64", declared=0xFFFFFFFF, riff_length=0xFFFFFFFF, before=lengths
    )
    assert measure(data).duration_s == pytest.approx(2.0)
    assert not _codes(data) & {"truncated", "unfinished"}
    assert "truncated" in _codes(data[:-50_000])
    assert to_wav(data)[:4] == b"RIFF"


@pytest.mark.parametrize("kind", ["u8", "s16", "s24", "f32"])
def test_no_samples(kind: str) -> None:
    """A header and nothing behind it, with other chunks after it or not."""
    empty = sounds.silence(0)
    for after in (b"", b"LIST" + struct.pack("<I", 200) + bytes(200)):
        assert "is empty" in _refused(sounds.wav(empty, kind, after=after)).what


@pytest.mark.parametrize(
    ("at", "form", "value", "words"),
    [
        (22, "<H", 0, "0 channels"),
        (22, "<H", 64, "64 channels"),
        (22, "<H", 65_535, "65,535 channels"),
        (24, "<I", 0, "0 samples a second"),
        (24, "<I", 1, "1 samples a second"),
        (24, "<I", 2**32 - 1, "4,294,967,295 samples a second"),
    ],
)
def test_impossible_formats(at: int, form: str, value: int, words: str) -> None:
    """What no recording has is refused before anything is made of that size."""
    data = bytearray(WHOLE["wav"])
    struct.pack_into(form, data, at, value)
    assert words in _refused(bytes(data)).what
    with pytest.raises(InvalidInput):
        probe(bytes(data[:PROBE_BYTES]), b"", len(data))


@pytest.mark.parametrize("field", [20, 32, 34])
def test_fields_that_contradict_each_other(field: int) -> None:
    """An unknown form of sound, a block of no bytes, samples of no bits: refused or decoded."""
    for value in (0, 1, 5, 255, 0xFFFF):
        data = bytearray(WHOLE["wav"])
        struct.pack_into("<H", data, field, value)
        try:
            measure(bytes(data))
        except InvalidInput as error:
            assert error.remedy  # noqa: PT017  either way is fine


def test_a_wav_without_its_format() -> None:
    """Only a name, only a head, a chunk that goes on for ever."""
    for data in (
        b"RIFF\x24\0\0\0WAVE",
        WHOLE["wav"][:30],
        b"RIFF\x24\0\0\0WAVEjunk" + struct.pack("<I", 2**32 - 1) + bytes(100),
        b"RIFF\x24\0\0\0WAVEdata" + struct.pack("<I", 100) + bytes(100),
    ):
        assert "does not say" in _refused(data).what


@pytest.mark.parametrize("values", [np.nan, np.inf, -np.inf, 1e30])
def test_floats_that_are_no_sound(values: float) -> None:
    """NaN and infinity count as silence; far beyond full scale is measured, and clipped."""
    pcm = sounds.speech(1.0)
    pcm.samples[100:200] = values
    measured = measure(sounds.wav(pcm, "f32"))
    assert measured.loudness.integrated_lufs is not None
    assert np.isfinite(measured.loudness.integrated_lufs)
    assert len(to_wav(sounds.wav(pcm, "f64"))) == 44 + 2 * 44_100


@pytest.mark.parametrize("form", [form for form in WHOLE if form != "webm"])  # it has no length
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_half_a_file_is_never_fine(form: str, share: float) -> None:
    """Cut off anywhere: the end is missing, or it cannot be opened at all, as M4A."""
    data = WHOLE[form][: int(len(WHOLE[form]) * share)]
    try:
        found = _codes(data)
    except InvalidInput as error:
        assert error.remedy  # noqa: PT017  either way is fine
        return
    assert found & {"truncated", "damaged"}


def test_an_index_in_front_tells_what_is_missing() -> None:
    """An M4A whose index comes first can be opened when its end is missing."""
    data = sounds.packed(sounds.speech(4.0), "m4a", index_first=True)
    assert not _codes(data) & {"truncated", "damaged"}
    assert "truncated" in _codes(data[: len(data) // 2])


@pytest.mark.parametrize("form", WHOLE)
def test_every_short_beginning(form: str) -> None:
    """The first 1 to 300 bytes of anything: refused in words, or measured."""
    data = WHOLE[form]
    for end in (*range(1, 64), 100, 128, 200, 300):
        try:
            measure(data[:end])
        except InvalidInput as error:
            assert error.what  # noqa: PT017  either way is fine


@given(st.sampled_from(sorted(WHOLE)), st.randoms(use_true_random=False), st.booleans())
def test_bit_rot(form: str, random: object, in_head: bool) -> None:
    """Bytes changed anywhere: findings or a message, within seconds; never another error."""
    data = bytearray(WHOLE[form])
    reach = min(300, len(data)) if in_head else len(data)
    for _ in range(random.randint(1, 30)):  # type: ignore[attr-defined]
        data[random.randrange(reach)] = random.randrange(256)  # type: ignore[attr-defined]
    began = time.monotonic()
    try:
        assert measure(bytes(data)).duration_s > 0
    except InvalidInput as error:
        assert error.remedy  # noqa: PT017  either way is fine
    assert time.monotonic() - began < 20


@given(
    st.binary(max_size=2_000),
    st.sampled_from(
        [
            b"",
            b"RIFF\0\0\0\0WAVE",
            b"OggS",
            b"fLaC",
            b"ID3\4\0\0\0\0\0\0",
            b"\xff\xfb\x90\0",
            b"\0\0\0\x18ftypM4A ",
        ]
    ),
)
def test_random_bytes(data: bytes, start: bytes) -> None:
    """Anything at all, behind the first bytes of anything."""
    try:
        measure(start + data)
    except InvalidInput as error:
        assert error.what  # noqa: PT017  either way is fine


def test_small_files_that_unpack_into_much_are_cut() -> None:
    """Two minutes of silence in a small FLAC: decoding stops at the limit."""
    data = sounds.packed(sounds.silence(120.0, 8_000), "flac")
    assert len(data) < 30_000
    assert decode(data, max_seconds=60).duration_s == 60.0
    with pytest.raises(InvalidInput, match="longer than 1 minute"):
        to_wav(data, max_seconds=60)


def test_larger_than_the_limit_is_refused_by_its_size() -> None:
    """Before a byte of it is looked into."""
    with pytest.raises(InvalidInput, match="larger than 200 MiB"):
        probe(WHOLE["wav"][:PROBE_BYTES], b"", MAX_INPUT_BYTES + 1)


def test_a_film_without_sound() -> None:
    """A file that could hold sound and holds none."""
    assert _refused(sounds.film()).what == "There is no sound in this file."
