"""Whether a file may lie under a key: rules, kinds and what its bytes are."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.audio.cut import missing_bytes
from storage.changes.judging import Judged, judge, judge_type
from storage.config import Config
from storage.layout.load import load_layouts
from storage.settings import Settings

LAYOUTS = load_layouts(Settings(), Config(), {})
CLIP = "mastered/11111111-2222-4333-8444-55555555555A.mp3"
FRAME = b"\xff\xfb\x90\x00" + b"\0" * 413  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes
MP3 = FRAME * 10
TAG = b"ID3\x03" + b"\0" * 6
HTML = b"<!doctype html><script>alert(1)</script>"


def wav(count: int, said: int | None = None) -> bytes:
    """`count` bytes of 8-bit mono silence, 8 kHz."""
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8_000, 8_000, 1, 8)
    body = b"WAVEfmt " + form + b"data" + struct.pack("<I", count) + b"\x80" * count
    return b"RIFF" + struct.pack("<I", len(body) if said is None else said) + body


def judged(layout: str, role: str, key: str, body: bytes, declared: str = "") -> Judged:
    return judge(LAYOUTS[layout], role, key, len(body), body, declared=declared)


def codes(found: Judged, severity: str) -> set[str]:
    return {finding.rule for finding in found.findings if finding.severity == severity}


def test_a_right_file_has_its_kind_and_type_and_nothing_against_it() -> None:
    """The content type is the one the kind prefers, told from the bytes."""
    found = judged("ssi", "stage", CLIP, MP3)
    assert (found.kind, found.content_type, found.findings) == ("clip", "audio/mpeg", ())


@pytest.mark.parametrize(
    ("role", "key"),
    [
        ("canonical", CLIP),
        ("canonical", "somewhere/11111111-2222-4333-8444-55555555555A.mp3"),
        ("stage", "canonical/welcomes/ita.wav"),
        ("stage", CLIP.lower()),
    ],
)
def test_the_rule_refuses_whatever_the_bytes_are(role: str, key: str) -> None:
    """Course audio in canonical, canonical files outside, a UUID in the other case."""
    assert "rule" in codes(judged("ssi", role, key, MP3), "error")


@pytest.mark.parametrize(
    "body", [HTML, b"", b"{}", b"ID3\x03\0\0\0\0\x7f\x7f" + b"\0" * 9, b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_clip_is_refused_under_a_clips_name(body: bytes) -> None:
    """HTML named .mp3, nothing at all, JSON, a tag without sound, a picture."""
    assert codes(judged("ssi", "stage", CLIP, body), "error") == {"content-type"}


@pytest.mark.parametrize(
    ("role", "key", "body"),
    [
        ("stage", CLIP, TAG + HTML),
        ("stage", CLIP, TAG + b"\0" * 5_000),
        ("stage", CLIP, TAG + HTML + b"\0" * 100_000),
        ("canonical", "drafts/x.mp3", TAG + HTML),
        ("canonical", "canonical/welcomes/ita.wav", b"RIFF\x2c\0\0\0WAVE" + HTML),
        ("canonical", "canonical/welcomes/ita.wav", b"RIFF\x1e\x10\0\0WAVEjunk" + b"\0" * 4_000),
    ],
)
def test_a_beginning_of_sound_is_no_sound(role: str, key: str, body: bytes) -> None:
    """A tag or a header with a page, or nothing, behind it: probed, not believed."""
    judged = judge(LAYOUTS["ssi"], role, key, len(body), body[:65_536])
    assert codes(judged, "error") == {"no-sound"}


def test_sound_further_on_than_was_read_is_believed() -> None:
    """A cover in front of an MP3, notes before a WAV's sound, an index at an M4A's end."""
    cover = b"ID3\x03\0\0\0\x06\0\0" + b"\0" * 98_304 + MP3
    notes = wav(100).replace(
        b"data", b"LIST" + struct.pack("<I", 70_000) + b"\0" * 70_000 + b"data"
    )
    late = b"\0\0\0\x18ftypM4A " + b"\0" * 12 + b"\xff\xff\xff\xffmdat" + b"\0" * 100_000
    for body in (cover, notes, late):
        found = judge(LAYOUTS["yoto"], "dev", "story.mp3", len(body), body[:65_536])
        assert "no-sound" not in {finding.rule for finding in found.findings}


def test_sound_under_a_name_that_promises_none_is_only_warned_of() -> None:
    """Nobody is told what a .bin must be."""
    found = judged("ssi", "canonical", "drafts/x.bin", TAG + HTML)
    assert codes(found, "error") == set()
    assert "no-sound" in codes(found, "warning")


def test_a_name_that_promises_audio_is_held_to_it_where_the_layout_says_nothing() -> None:
    """Also outside every kind, HTML is not stored as music."""
    found = judged("ssi", "canonical", "drafts/x.mp3", HTML)
    assert codes(found, "error") == {"lies"}
    assert {"unknown-kind", "opens-as-page"} <= codes(found, "warning")


def test_too_large_for_its_kind_is_refused_by_the_size_alone() -> None:
    """The limit is the kind's; no byte past the head is needed."""
    found = judge(LAYOUTS["ssi"], "stage", CLIP, 11 * 1024 * 1024, MP3)
    assert codes(found, "error") == {"too-large"}


def test_an_unknown_kind_is_only_warned_of() -> None:
    """Whoever stores notes beside the audio may."""
    found = judged("ssi", "canonical", "notes/today.txt", b"hello")
    assert (codes(found, "error"), codes(found, "warning")) == (set(), {"unknown-kind"})
    assert found.content_type == "text/plain"


def test_a_file_that_ends_early_is_warned_of() -> None:
    """A WAV that says more than there is; one that says nothing is let pass."""
    key = "canonical/welcomes/ita.wav"
    assert "cut-off" in codes(judged("ssi", "canonical", key, wav(100, said=5_000)), "warning")
    assert not judged("ssi", "canonical", key, wav(100)).findings
    assert not judged("ssi", "canonical", key, wav(100, said=0xFFFFFFFF)).findings


def test_an_mp3_is_measured_by_its_xing_frame() -> None:
    """The frame's own count of bytes against the file's."""
    frame = FRAME[:36] + b"Xing" + struct.pack(">III", 3, 10, 4_170) + FRAME[52:]
    assert missing_bytes(frame + FRAME * 9, 4_170) == 0
    assert missing_bytes(frame + FRAME * 4, 2_085) == 2_085
    assert missing_bytes(FRAME[:36] + b"Info" + b"\xff" * 12 + FRAME, 10) == 0


@given(head=st.binary(max_size=200), size=st.integers(0, 10_000))
def test_no_bytes_upset_the_judge(head: bytes, size: int) -> None:
    """Whatever somebody drops, there is a judgement and not an exception."""
    found = judge(LAYOUTS["yoto"], "dev", "story.mp3", max(size, len(head)), head)
    assert found.content_type
    assert missing_bytes(b"RIFF" + head, size) >= 0
    assert missing_bytes(b"ID3" + head, size) >= 0


def test_a_declared_type_must_be_the_kinds_and_the_bytes() -> None:
    """`put` and links say a type: it is held to both."""
    assert codes(judged("ssi", "stage", CLIP, MP3, "text/plain"), "error") == {"content-type"}
    assert not judged("ssi", "stage", CLIP, MP3, "audio/mp3").findings
    assert judge_type(LAYOUTS["ssi"], "stage", CLIP, "audio/mpeg") is None
    refusal = judge_type(LAYOUTS["ssi"], "stage", CLIP, "text/html")
    assert refusal is not None
    assert "audio/mpeg" in refusal.remedy
    assert judge_type(LAYOUTS["ssi"], "stage", "notes.txt", "text/html") is None


def test_an_ending_that_says_another_kind_is_warned_of() -> None:
    """A WAV called .mp3 plays in some players and not in others."""
    found = judged("ssi", "canonical", "drafts/x.mp3", wav(100))
    assert "ending" in codes(found, "warning")
    assert found.content_type == "audio/wav"
