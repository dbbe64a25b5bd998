"""What a file is, told from its first bytes, and whether its stored content type says the same.

Own signatures, no library: of the kinds the console meets, puremagic 1.30 misses MPEG-2 frames,
plain text and `<HTML>`, calls m4a "video/mp4" and every ZIP a Word document. Pure; 4 KB suffice.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from storage.audio.frames import frame_at, frames_agree

HEAD_BYTES = 4096  # two MPEG frames are at most 2,882 bytes; every other mark lies before that


@dataclass(frozen=True, slots=True)
class Sniffed:
    """`content_type` as registered, "" where it cannot be told; `label` fits "the bytes are …"."""

    content_type: str
    label: str


EMPTY = Sniffed("", "empty file")
UNKNOWN = Sniffed("", "of an unknown kind")
_MP3 = Sniffed("audio/mpeg", "MP3")
_AAC = Sniffed("audio/aac", "AAC")
_FLAC = Sniffed("audio/flac", "FLAC")
_HTML = Sniffed("text/html", "an HTML page")
_TEXT = Sniffed("text/plain", "plain text")
_OLD_TEXT = Sniffed("text/plain", "plain text in an old encoding")
_JSON = Sniffed("application/json", "JSON")

_MARKS: tuple[tuple[int, bytes, Sniffed], ...] = (
    (8, b"WAVE", Sniffed("audio/wav", "WAV")),  # behind RIFF or RF64, see _marked
    (8, b"WEBP", Sniffed("image/webp", "a WebP picture")),
    (8, b"AIFF", Sniffed("audio/aiff", "AIFF")),
    (8, b"AIFC", Sniffed("audio/aiff", "AIFF")),
    (0, b"fLaC", _FLAC),
    (0, b"caff", Sniffed("audio/x-caf", "Core Audio")),
    (0, b"#!AMR", Sniffed("audio/amr", "AMR")),
    (0, b"MThd", Sniffed("audio/midi", "MIDI")),
    (0, b"\x1aE\xdf\xa3", Sniffed("video/webm", "WebM or Matroska")),
    (0, b"\x89PNG\r\n\x1a\n", Sniffed("image/png", "a PNG picture")),
    (0, b"\xff\xd8\xff", Sniffed("image/jpeg", "a JPEG picture")),
    (0, b"GIF87a", Sniffed("image/gif", "a GIF picture")),
    (0, b"GIF89a", Sniffed("image/gif", "a GIF picture")),
    (0, b"%PDF-", Sniffed("application/pdf", "a PDF document")),
    (0, b"PK\x03\x04", Sniffed("application/zip", "a ZIP archive")),
    (0, b"PK\x05\x06", Sniffed("application/zip", "a ZIP archive")),
    (0, b"\x1f\x8b\x08", Sniffed("application/gzip", "gzip data")),
)
_CHUNKED = (b"RIFF", b"RF64", b"FORM")  # what stands at 0 when the mark stands at 8
_OGG: tuple[tuple[bytes, Sniffed], ...] = (
    (b"OpusHead", Sniffed("audio/ogg", "Ogg Opus")),
    (b"\x01vorbis", Sniffed("audio/ogg", "Ogg Vorbis")),
    (b"\x7fFLAC", Sniffed("audio/ogg", "Ogg FLAC")),
    (b"\x80theora", Sniffed("video/ogg", "an Ogg video")),
)
_BRANDS: dict[bytes, Sniffed] = {
    b"M4A ": Sniffed("audio/mp4", "M4A"),
    b"M4B ": Sniffed("audio/mp4", "M4A"),
    b"qt  ": Sniffed("video/quicktime", "a QuickTime film"),
    b"heic": Sniffed("image/heic", "a HEIC picture"),
    b"avif": Sniffed("image/avif", "an AVIF picture"),
}
# The opening tags by which browsers take a file for HTML (WHATWG MIME sniffing, section 7.1).
_HTML_START = re.compile(
    rb"<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>]"
    rb"|<!--",
    re.IGNORECASE,
)
_JSON_START = re.compile(rb'\{\s*("|\}|$)|\[\s*(["\[\]{0-9tfn-]|$)')
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")  # bytes no text holds

_SAME: dict[str, str] = {
    "audio/mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/mp4a-latm": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "audio/x-flac": "audio/flac",
    "audio/x-aiff": "audio/aiff",
    "audio/aacp": "audio/aac",
    "audio/x-aac": "audio/aac",
    "audio/webm": "video/webm",
    "image/jpg": "image/jpeg",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
    "text/json": "application/json",
    "text/xml": "application/xml",
    "application/xhtml+xml": "text/html",
}
_NOT_STATED = ("", "application/octet-stream", "binary/octet-stream")  # the last is S3's default
_SUFFIXES: dict[str, str] = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".aac": "audio/aac",
    ".aiff": "audio/aiff",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".zip": "application/zip",
}


def sniff(head: bytes, size: int) -> Sniffed:
    """The kind of a file of `size` bytes that begins with `head` (4 KB; all of it, if shorter)."""
    if size == 0:
        return EMPTY
    return (
        _id3(head, size)
        or _container(head)
        or _marked(head)
        or _mpeg(head, size)
        or (_written(head, size) or UNKNOWN)
    )


def _marked(head: bytes) -> Sniffed | None:
    chunked = head[:4] in _CHUNKED
    for offset, mark, kind in _MARKS:
        if head.startswith(mark, offset) and (offset == 0 or chunked):
            return kind
    return None


def _container(head: bytes) -> Sniffed | None:
    if head.startswith(b"OggS"):
        found = [kind for mark, kind in _OGG if mark in head[:128]]
        return found[0] if found else Sniffed("audio/ogg", "Ogg")
    if head[4:8] != b"ftyp":
        return None
    known = _BRANDS.get(head[8:12])
    if known:
        return known
    # Neutral brands (isom, mp42 …): a video track's handler tells, where the index comes first.
    video = re.search(rb"hdlr.{8}vide", head, re.DOTALL)
    return Sniffed("video/mp4", "an MP4 video") if video else Sniffed("audio/mp4", "MP4")


def _id3(head: bytes, size: int) -> Sniffed | None:
    if not head.startswith(b"ID3") or len(head) < 10:
        return None
    length = 0
    for byte in head[6:10]:  # "syncsafe": seven bits a byte
        length = length << 7 | byte & 0x7F
    end = 10 + length + (10 if head[5] & 0x10 else 0)  # flag 0x10: a footer repeats the header
    if end >= size:
        return Sniffed("", "an ID3 tag without sound")
    behind = head[end:]
    if behind.startswith(b"fLaC"):
        return _FLAC
    return (_mpeg(behind, size - end) if behind else None) or _MP3


def _mpeg(head: bytes, size: int) -> Sniffed | None:
    """MP3, MP2 or AAC by two consecutive frame headers, or one frame that is the whole file."""
    start = len(head) - len(head.lstrip(b"\0"))  # some encoders pad the front with zeros
    first = frame_at(head, start)
    if first is None:
        return None
    after = start + first.length
    second = frame_at(head, after)
    if not (frames_agree(first, second) if second else after == size):
        return None
    return {"aac": _AAC, "mp3": _MP3}.get(first.codec, Sniffed("audio/mpeg", "MPEG audio"))


def _written(head: bytes, size: int) -> Sniffed | None:
    """HTML, XML, JSON or plain text; None for bytes that no text holds."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _TEXT  # UTF-16 with its byte order mark
    if _CONTROL.search(head):
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _HTML_START.match(text):
        return _HTML
    if text.startswith((b"<?xml", b"<svg")):
        return _xml(text.lower())
    if _JSON_START.match(text) and (size > len(head) or _parses(head)):
        return _JSON
    return _TEXT if _is_utf8(head, cut=size > len(head)) else _OLD_TEXT


def _is_utf8(head: bytes, *, cut: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=not cut)
    except UnicodeDecodeError:
        return False
    return True


def _xml(text: bytes) -> Sniffed:
    if b"<html" in text:
        return _HTML
    if b"<svg" in text:
        return Sniffed("image/svg+xml", "an SVG picture")
    return Sniffed("application/xml", "an XML document")


def _parses(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):  # deeply nested input must not end the page
        return False
    return True


def _plain(declared: str) -> str:
    bare = declared.partition(";")[0].strip().lower()
    return _SAME.get(bare, bare)


def stated(declared: str) -> bool:
    """Whether the stored content type says anything (`application/octet-stream` does not)."""
    return _plain(declared) not in _NOT_STATED


def agrees(declared: str, detected: Sniffed) -> bool:
    """Whether a stored content type names what the bytes are; False where either is not known."""
    said = _plain(declared)
    if said in _NOT_STATED or not detected.content_type:
        return False
    if detected.content_type == "text/plain":  # csv, markdown, subtitles … are all plain text
        return said.startswith("text/") and said != "text/html"
    return said == detected.content_type


def verdict(declared: str, detected: Sniffed, key: str) -> str:
    """One plain sentence on stored type, bytes and the name's ending, and what follows."""
    shown = "".join(letter for letter in declared if letter.isprintable())[:100]
    start = f"Stored as {shown}" if stated(declared) else "Stored without a content type"
    if detected == EMPTY:
        return f"{start}, but the file is empty{_consequence(declared, detected, key)}."
    if not detected.content_type:
        return f"{start}; the bytes are {detected.label}."
    if not stated(declared):
        return f"{start}; the bytes are {detected.label}{_consequence(declared, detected, key)}."
    if not agrees(declared, detected):
        tail = _consequence(declared, detected, key)
        return f"{start}, but the bytes are {detected.label}{tail}."
    suffix = PurePosixPath(key).suffix.lower()
    if suffix in _SUFFIXES and _SUFFIXES[suffix] != detected.content_type:
        tail = _consequence(_SUFFIXES[suffix], detected, key)
        return f"{start}, and the bytes are {detected.label}, but the name ends in {suffix}{tail}."
    return f"{start}, and the bytes are {detected.label}."


def _consequence(declared: str, detected: Sniffed, key: str) -> str:
    named = _SUFFIXES.get(PurePosixPath(key).suffix.lower(), "")
    meant_as_audio = _plain(declared).startswith("audio/") or named.startswith("audio/")
    is_audio = detected.content_type.startswith("audio/")
    if meant_as_audio and not is_audio:
        return ": it will not play"
    if is_audio and not _plain(declared).startswith("audio/"):
        return ": browsers may download it instead of playing it"
    if is_audio:
        return ": some players will refuse it"
    return ": it may not open as expected"
