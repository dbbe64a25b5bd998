"""What bytes are, and what a person is told when the stored content type says otherwise."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from storage.audio.sniff import EMPTY, HEAD_BYTES, Sniffed, agrees, sniff, verdict


def _frames(header: str, length: int, count: int = 3) -> bytes:
    head = bytes.fromhex(header)
    return (head + b"\0" * (length - len(head))) * count


MP3 = _frames("fffb9064", 417)  # MPEG-1 layer III, 128 kbit/s at 44.1 kHz
MP3_24K = _frames("fff364c4", 144)  # MPEG-2 layer III, 48 kbit/s at 24 kHz
MP3_8K = _frames("ffe328c4", 144)  # MPEG-2.5 layer III, 16 kbit/s at 8 kHz
MP2 = _frames("fffda004", 626)  # MPEG-1 layer II, 192 kbit/s at 44.1 kHz
AAC = _frames("fff15080190020", 200)  # ADTS, 200 bytes a frame


def _id3(payload: bytes, padding: int = 100) -> bytes:
    size = bytes((padding >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + size + b"\0" * padding + payload


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(out, kind)
    return out.getvalue()


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "a")
    return out.getvalue()


def _mp4(brand: bytes, handler: bytes = b"") -> bytes:
    box = b"\0\0\0\x14ftyp" + brand + b"\0\0\0\0isom"
    return box + (b"\0\0\0\x20hdlr" + b"\0" * 8 + handler + b"\0" * 12 if handler else b"")


CASES: list[tuple[str, bytes, str, str]] = [
    ("mp3 without a tag", MP3, "audio/mpeg", "MP3"),
    ("mp3, MPEG-2", MP3_24K, "audio/mpeg", "MP3"),
    ("mp3, MPEG-2.5", MP3_8K, "audio/mpeg", "MP3"),
    ("mp3 of one frame", MP3[:417], "audio/mpeg", "MP3"),
    ("mp3 behind zeros", b"\0" * 200 + MP3, "audio/mpeg", "MP3"),
    ("mp3 behind ID3", _id3(MP3), "audio/mpeg", "MP3"),
    ("flac behind ID3", _id3(b"fLaC\0\0\0\x22"), "audio/flac", "FLAC"),
    ("aac behind ID3", _id3(AAC), "audio/aac", "AAC"),
    ("ID3 alone", _id3(b""), "", "an ID3 tag without sound"),
    ("mp2", MP2, "audio/mpeg", "MPEG audio"),
    ("aac", AAC, "audio/aac", "AAC"),
    ("one sync word in noise", MP3[:417] + b"\x01\x02\x03" * 90, "", "of an unknown kind"),
    ("two frames that differ", MP3[:417] + MP3_24K, "", "of an unknown kind"),
    ("wav", b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav", "WAV"),
    ("wav over 4 GB", b"RF64\xff\xff\xff\xffWAVEds64", "audio/wav", "WAV"),
    ("WAVE without RIFF", b"\0\1\2\3\x24\0\0\0WAVEfmt ", "", "of an unknown kind"),
    ("m4a", _mp4(b"M4A "), "audio/mp4", "M4A"),
    ("mp4 with sound", _mp4(b"isom", b"soun"), "audio/mp4", "MP4"),
    ("mp4 with pictures", _mp4(b"mp42", b"vide"), "video/mp4", "an MP4 video"),
    ("ogg opus", b"OggS\0\2" + b"\0" * 22 + b"OpusHead", "audio/ogg", "Ogg Opus"),
    ("ogg vorbis", b"OggS\0\2" + b"\0" * 22 + b"\x01vorbis", "audio/ogg", "Ogg Vorbis"),
    ("flac", b"fLaC\0\0\0\x22", "audio/flac", "FLAC"),
    ("aiff", b"FORM\0\0\0\x20AIFFCOMM", "audio/aiff", "AIFF"),
    ("png", _picture("PNG"), "image/png", "a PNG picture"),
    ("jpeg", _picture("JPEG"), "image/jpeg", "a JPEG picture"),
    ("gif", _picture("GIF"), "image/gif", "a GIF picture"),
    ("webp", _picture("WEBP"), "image/webp", "a WebP picture"),
    ("pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "application/pdf", "a PDF document"),
    ("zip", _zip(), "application/zip", "a ZIP archive"),
    ("json", b'\xef\xbb\xbf {"a": [1, "\xc3\xa9"]}', "application/json", "JSON"),
    ("json list", b"[1, 2]", "application/json", "JSON"),
    ("json cut short", b'{"a": 1', "text/plain", "plain text"),
    ("braces in prose", b"{well} then", "text/plain", "plain text"),
    ("html", b"\n <HTML lang=en><head>", "text/html", "an HTML page"),
    ("html by doctype", b"<!DocType html>\n<p>", "text/html", "an HTML page"),
    ("xhtml", b'<?xml version="1.0"?><html xmlns="">', "text/html", "an HTML page"),
    ("an S3 error", b"<?xml version='1.0'?><Error/>", "application/xml", "an XML document"),
    ("svg", b"<svg xmlns=''/>", "image/svg+xml", "an SVG picture"),
    ("text", "Grüße, 你好\n".encode(), "text/plain", "plain text"),
    ("text in UTF-16", "hé".encode("utf-16"), "text/plain", "plain text"),
    ("text in Latin-1", b"caf\xe9 noir", "text/plain", "plain text in an old encoding"),
    ("noise", bytes(range(256)), "", "of an unknown kind"),
    ("empty", b"", "", "empty file"),
]


@pytest.mark.parametrize(
    ("body", "content_type", "label"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_kind_is_told_from_the_bytes(body: bytes, content_type: str, label: str) -> None:
    """Each kind the console meets is named by its bytes, whatever its name or stored type."""
    assert sniff(body, len(body)) == Sniffed(content_type, label)


def test_the_head_suffices() -> None:
    """A long JSON or UTF-8 text is told from 4 KB, also where the cut splits a character."""
    listing = json.dumps({"welcomes": ["ciao"] * 5000}).encode()
    assert sniff(listing[:HEAD_BYTES], len(listing)).content_type == "application/json"
    story = ("a" + "é" * 5000).encode()
    assert sniff(story[:HEAD_BYTES], len(story)).label == "plain text"


@given(st.binary(max_size=200), st.integers(0, 10_000))
def test_no_bytes_break_it(head: bytes, more: int) -> None:
    """Any bytes at all get an answer, never an exception."""
    assert sniff(head, len(head) + more).label


def test_deep_json_gets_an_answer() -> None:
    """JSON nested far deeper than Python recurses is called something, and ends no page."""
    body = b"[" * 100_000 + b"]" * 100_000
    assert sniff(body, len(body)).content_type in {"application/json", "text/plain"}


@pytest.mark.parametrize(
    ("declared", "body", "same"),
    [
        ("audio/mpeg", MP3, True),
        ("Audio/MP3; charset=binary", MP3, True),
        ("audio/m4a", _mp4(b"M4A "), True),
        ("audio/x-m4a", _mp4(b"M4A "), True),
        ("audio/mp4", _mp4(b"M4A "), True),
        ("audio/x-wav", b"RIFF\x24\0\0\0WAVEfmt ", True),
        ("audio/wave", b"RIFF\x24\0\0\0WAVEfmt ", True),
        ("text/csv", b"a,b\n", True),
        ("text/html", b"a,b\n", False),
        ("audio/wav", MP3, False),
        ("application/octet-stream", MP3, False),
        ("binary/octet-stream", MP3, False),
        ("", MP3, False),
        ("audio/mpeg", b"", False),
    ],
)
def test_aliases_agree(declared: str, body: bytes, same: bool) -> None:
    """Old names of a type agree with the registered one; a type that says nothing never does."""
    assert agrees(declared, sniff(body, len(body))) is same


@pytest.mark.parametrize(
    ("declared", "body", "key", "sentence"),
    [
        ("audio/mpeg", MP3, "a.mp3", "Stored as audio/mpeg, and the bytes are MP3."),
        (
            "audio/mpeg",
            b"<html></html>",
            "a.mp3",
            "Stored as audio/mpeg, but the bytes are an HTML page: it will not play.",
        ),
        (
            "audio/mpeg",
            b"",
            "a.mp3",
            "Stored as audio/mpeg, but the file is empty: it will not play.",
        ),
        (
            "text/html",
            b"<html></html>",
            "a.mp3",
            "Stored as text/html, and the bytes are an HTML page, but the name ends in .mp3: it will not play.",
        ),
        (
            "audio/mpeg",
            b"RIFF\x24\0\0\0WAVEfmt ",
            "a.mp3",
            "Stored as audio/mpeg, but the bytes are WAV: some players will refuse it.",
        ),
        (
            "text/plain",
            MP3,
            "a.mp3",
            "Stored as text/plain, but the bytes are MP3: browsers may download it instead of playing it.",
        ),
        (
            "application/octet-stream",
            MP3,
            "a",
            "Stored without a content type; the bytes are MP3: browsers may download it instead of playing it.",
        ),
        (
            "application/json",
            b"oh no",
            "a.json",
            "Stored as application/json, but the bytes are plain text: it may not open as expected.",
        ),
        (
            "audio/mpeg",
            bytes(range(256)),
            "a.mp3",
            "Stored as audio/mpeg; the bytes are of an unknown kind.",
        ),
    ],
)
def test_verdict_is_one_plain_sentence(declared: str, body: bytes, key: str, sentence: str) -> None:
    """The person reads what is stored, what the bytes are, and what follows from it."""
    assert verdict(declared, sniff(body, len(body)), key) == sentence


def test_verdict_keeps_a_hostile_type_on_one_line() -> None:
    """A stored content type with line breaks or of any length stays one short sentence."""
    text = verdict("audio/mpeg\n# heading" + "x" * 5000, EMPTY, "a.mp3")
    assert "\n" not in text
    assert len(text) < 200


def test_sniffing_needs_no_library() -> None:
    """The detector loads nothing outside the standard library, so it is there on every install."""
    code = "import sys, storage.audio.sniff; print('puremagic' in sys.modules or 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
