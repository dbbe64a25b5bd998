"""Broken files of every kind that happens, made from sound ones: `python -m tests.broken DIR` writes
them there, to try other programs on.

Each kind has the name it comes under and the findings that would be right: at least one of them must
be there.
"""

from __future__ import annotations

import base64
import gzip
import io
import random
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from storage.audio.limiter import Source
from storage.audio.pcm import Pcm
from tests import sounds

HZ = 24_000
NO_SOUND = frozenset({"unreadable"})
CUT = frozenset({"truncated"})
ROT = frozenset({"damaged", "truncated", "unreadable"})
HEARD = ROT | {
    "silent",
    "level",
    "clipped",
    "peak",
}  # noise in the place of speech is heard as such


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken file, as it would lie in a bucket, and the findings one of which is right."""

    name: str
    data: bytes
    right: frozenset[str]


@cache
def base() -> Pcm:
    """Two seconds that are fine in every way."""
    return Source.of(sounds.speech(2.0, HZ)).at_level(-16.0, -2.0).pcm


@cache
def whole() -> dict[str, bytes]:
    """Fine files, by the ending of their name."""
    forms = {
        "mp3": "mp3",
        "table.mp3": "mp3 without table",
        "m4a": "m4a",
        "aac": "aac",
        "flac": "flac",
        "opus": "opus",
        "webm": "webm",
        "aiff": "aiff",
    }
    made = {ending: sounds.packed(base(), form) for ending, form in forms.items()}
    made["first.m4a"] = sounds.packed(base(), "m4a", index_first=True)
    made["vbr.mp3"] = sounds.packed(base(), "mp3", vbr=True)
    made["wav"] = sounds.wav(base())
    return made


def kinds() -> Iterator[tuple[str, Broken]]:
    """Every kind by name."""
    for group in (_truncated, _lying_wavs, _lying_others, _disguised, _rotten, _mangled, _bombs):
        yield from group()


def _truncated() -> Iterator[tuple[str, Broken]]:
    for ending, data in whole().items():
        for share in (0.9, 0.5, 0.1):
            part = data[: int(len(data) * share)]
            yield f"{share:.0%} of a {ending}", Broken(f"a.{ending}", part, CUT | ROT)
    for ending in ("mp3", "wav", "m4a", "flac", "opus"):
        yield f"12 bytes of a {ending}", Broken(f"a.{ending}", whole()[ending][:12], NO_SOUND)
    yield "a WAV without its last moment", Broken("a.wav", whole()["wav"][:-601], CUT)
    yield "a WAV without its beginning", Broken("a.wav", whole()["wav"][5_000:], NO_SOUND)
    yield "an M4A without its beginning", Broken("a.m4a", whole()["m4a"][2_000:], ROT)
    yield "a FLAC without its beginning", Broken("a.flac", whole()["flac"][2_000:], ROT)
    yield "an Opus without its beginning", Broken("a.opus", whole()["opus"][2_000:], ROT)


def _wav(at: int, form: str, value: int) -> bytes:
    data = bytearray(whole()["wav"])
    struct.pack_into(form, data, at, value)
    return bytes(data)


def _lying_wavs() -> Iterator[tuple[str, Broken]]:
    yield "a length of 2 GB", Broken("a.wav", _wav(40, "<I", 2**31), CUT)
    yield "a length of half", Broken("a.wav", _wav(40, "<I", 48_000), frozenset({"extra"}))
    for told, at, form, values in (
        ("channels", 22, "<H", (0, 64, 65_535)),
        ("samples a second", 24, "<I", (0, 1, 2**32 - 1)),
    ):
        for value in values:
            yield f"{value} {told}", Broken("a.wav", _wav(at, form, value), NO_SOUND)
    yield "an unknown form", Broken("a.wav", _wav(20, "<H", 0x1234), NO_SOUND)
    yield "blocks of no bytes", Broken("a.wav", _wav(32, "<H", 0), frozenset({"header"}))
    yield "samples of no bits", Broken("a.wav", _wav(34, "<H", 0), HEARD)
    yield "no samples", Broken("a.wav", sounds.wav(sounds.silence(0)), NO_SOUND)
    yield "no format", Broken("a.wav", whole()["wav"].replace(b"fmt ", b"junk", 1), NO_SOUND)
    yield "no data", Broken("a.wav", whole()["wav"].replace(b"data", b"junk", 1), NO_SOUND)
    yield "only nulls", Broken("a.wav", whole()["wav"][:44] + bytes(96_000), frozenset({"silent"}))
    yield "swapped bytes", Broken("a.wav", _swapped(whole()["wav"]), HEARD)
    nothing = np.full((HZ, 1), np.nan, np.float32)
    data = sounds.wav(Pcm(nothing, HZ), "f32")
    yield "only NaN", Broken("a.wav", data, frozenset({"silent"}))


def _swapped(data: bytes) -> bytes:
    return data[:44] + np.frombuffer(data[44:], "<i2").byteswap().tobytes()


def _lying_others() -> Iterator[tuple[str, Broken]]:
    mp3 = bytearray(whole()["mp3"])
    at = max(mp3.find(b"Info"), mp3.find(b"Xing"))
    struct.pack_into(">I", mp3, at + 8, 99_999)
    yield "a table of 99,999 frames", Broken("a.mp3", bytes(mp3), CUT)
    m4a = bytearray(whole()["m4a"])
    for box, place in ((b"mdhd", 20), (b"mvhd", 20), (b"tkhd", 24)):
        struct.pack_into(">I", m4a, m4a.find(box) + place, 2**31)
    yield "an M4A of days", Broken("a.m4a", bytes(m4a), CUT)
    flac = bytearray(whole()["flac"])
    flac[21] |= 0x0F  # the number of samples: 36 bits from here
    flac[22:26] = b"\xff\xff\xff\xff"
    yield "a FLAC of weeks", Broken("a.flac", bytes(flac), CUT)
    aiff = bytearray(whole()["aiff"])
    struct.pack_into(">I", aiff, aiff.find(b"COMM") + 10, 2**30)
    struct.pack_into(">I", aiff, aiff.find(b"SSND") + 4, 2**30)
    yield "an AIFF of hours", Broken("a.aiff", bytes(aiff), CUT)
    tag = b"ID3\4\0\0\x7f\x7f\x7f\x7f"
    yield "a tag of 256 MB", Broken("a.mp3", tag + whole()["mp3"], NO_SOUND)
    yield "a tag and nothing", Broken("a.mp3", b"ID3\4\0\0\0\0\x10\0" + bytes(2_048), NO_SOUND)


_ERROR = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>gone</Message></Error>'


def _disguised() -> Iterator[tuple[str, Broken]]:
    wrong = frozenset({"wrong-name"})
    for ending, named in (("wav", "mp3"), ("mp3", "wav"), ("m4a", "mp3"), ("opus", "mp3")):
        data = whole()[ending]
        yield f"{ending} called {named}", Broken(f"a.{named}", data, wrong)
    texts = {
        "an error page": b"<!doctype html><title>404</title><p>Not found",
        "an error of S3": _ERROR,
        "an error in JSON": b'{"error": {"code": 429, "message": "quota exceeded"}}',
        "a large file's pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "a playlist": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
        "a concat script": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        "nothing": b"",
        "one byte": b"\xff",
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "a PDF": b"%PDF-1.7\n" + b"x" * 500,
        "a program": b"\x7fELF\x02\x01\x01" + bytes(500),
        "nulls": bytes(50_000),
        "ones": b"\xff" * 50_000,
        "random bytes": random.Random(1).randbytes(50_000),
        "random bytes behind a frame's head": b"\xff\xfb\x90\x64"
        + random.Random(2).randbytes(50_000),
        "a film without sound": sounds.film(),
        "a packed file": gzip.compress(whole()["mp3"]),
        "a ZIP": _zipped(whole()["mp3"]),
        "base64": base64.b64encode(whole()["mp3"]),
    }
    for told, data in texts.items():
        yield f"{told} called mp3", Broken("a.mp3", data, NO_SOUND | {"damaged"})


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.mp3", data)
    return out.getvalue()


def _rotten() -> Iterator[tuple[str, Broken]]:
    for ending in ("mp3", "vbr.mp3", "m4a", "aac", "flac", "opus", "webm"):
        # single bits in the frames of these are sound like any other: nobody could tell
        little = () if ending in ("mp3", "vbr.mp3", "webm") else (("a little", 0.002),)
        for told, share in (*little, ("much", 0.05)):
            data = _rot(whole()[ending], share)
            yield f"{told} rot in {ending}", Broken(f"a.{ending}", data, HEARD)
        yield f"a hole in {ending}", Broken(f"a.{ending}", _hole(whole()[ending]), HEARD)
        yield f"a piece lost from {ending}", Broken(f"a.{ending}", _lost(whole()[ending]), HEARD)


def _rot(data: bytes, share: float) -> bytes:
    chance, made = random.Random(3), bytearray(data)
    for _ in range(max(3, int(len(data) * share))):
        made[chance.randrange(1_000, len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def _hole(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(2_000) + data[middle + 2_000 :]


def _lost(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + data[middle + 1_500 :]


def _mangled() -> Iterator[tuple[str, Broken]]:
    mp3 = whole()["mp3"]
    ways: dict[str, Callable[[bytes], bytes]] = {
        "sent as text, with line ends changed": lambda data: data.replace(b"\n", b"\r\n"),
        "sent with seven bits": lambda data: bytes(byte & 0x7F for byte in data),
        "turned into UTF-8": lambda data: data.decode("latin-1").encode(),
        "read as UTF-8": lambda data: data.decode(errors="replace").encode(),
        "without nulls": lambda data: data.replace(b"\0", b""),
        "backwards": lambda data: data[::-1],
    }
    for told, mangle in ways.items():
        for ending in ("mp3", "flac"):
            yield f"{ending} {told}", Broken(f"a.{ending}", mangle(whole()[ending]), HEARD)
    other = sounds.packed(sounds.speech(2.0, 44_100), "mp3")
    yield "two rates joined", Broken("a.mp3", mp3 + other, ROT)
    yield (
        "sound within random bytes",
        Broken("a.mp3", mp3[:8_000] + random.Random(4).randbytes(8_000) + mp3[8_000:], ROT),
    )
    yield "random frames", Broken("a.mp3", _random_frames(mp3), HEARD)


def _random_frames(data: bytes) -> bytes:
    """Every frame's head is as it was, and nothing else."""
    chance, made = random.Random(5), bytearray(data)
    heads = [at for at in range(len(data) - 4) if data[at : at + 2] == data[:2]]
    for start, end in zip(heads, [*heads[1:], len(data)], strict=True):
        made[start + 4 : end] = chance.randbytes(max(0, end - start - 4))
    return bytes(made)


def _bombs() -> Iterator[tuple[str, Broken]]:
    silent = frozenset({"silent"})
    hours = sounds.packed(sounds.silence(3_600.0, 8_000), "flac")
    yield "an hour of nothing", Broken("a.flac", hours, silent)
    wide = sounds.packed(sounds.silence(900.0, 48_000, 2), "flac")
    yield "a quarter of an hour of wide nothing", Broken("a.flac", wide, silent)
    tags = b"ID3\4\0\0\0\0\0\0" * 20_000
    yield "20,000 tags and no sound", Broken("a.mp3", tags, NO_SOUND)
    chunks = b"junk\0\0\0\0" * 200_000
    yield "200,000 chunks and no sound", Broken("a.wav", b"RIFF\0\0\0\0WAVE" + chunks, NO_SOUND)
    boxes = b"\0\0\0\x08free" * 200_000
    yield "200,000 boxes", Broken("a.m4a", b"\0\0\0\x18ftypM4A " + bytes(12) + boxes, NO_SOUND)
    deep = b"".join(struct.pack(">I", 2**31 - 1) + b"moov" for _ in range(50_000))
    yield (
        "50,000 boxes in boxes",
        Broken("a.m4a", b"\0\0\0\x18ftypM4A " + bytes(12) + deep, NO_SOUND),
    )
    m4a = bytearray(whole()["m4a"])
    struct.pack_into(">I", m4a, m4a.find(b"stsz") + 12, 2**31 - 1)
    yield "a table of two thousand million", Broken("a.m4a", bytes(m4a), ROT)
    yield "syncs alone", Broken("a.mp3", b"\xff\xfb" * 500_000, NO_SOUND)
    pages = b"OggS\0\2" + bytes(20) + b"\xff" + b"\xff" * 255 + bytes(65_025)
    yield "pages of nothing", Broken("a.opus", pages * 20, NO_SOUND)


def main(folder: Path) -> None:
    """Writes all of them, a name that tells what each is."""
    folder.mkdir(parents=True, exist_ok=True)
    for told, one in kinds():
        safe = "".join(sign if sign.isalnum() else "-" for sign in told)
        (folder / f"{safe}.{one.name.rpartition('.')[2]}").write_bytes(one.data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
