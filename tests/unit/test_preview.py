"""Previews: by the bytes alone, never executed or rendered as a page, and safe from hostile files."""

from __future__ import annotations

import io
import json
import os
import struct
import time
import zlib

import pypdfium2
import pytest
from PIL import Image

from storage.errors import InvalidInput
from storage.objects.drawing import INPUT_MAX_BYTES, render_png
from storage.objects.preview import JSON_MAX_BYTES, TEXT_MAX_BYTES, make_preview, plan_preview
from storage.objects.preview import Preview as Shown


def _preview(data: bytes) -> Shown:
    wanted = plan_preview(data[:4096], len(data))
    return make_preview(wanted, data[: wanted.bytes], len(data))


def _png(width: int, height: int, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "PNG")
    return out.getvalue()


def _png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header claims a huge picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def _pdf(width: float = 300, height: float = 400) -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(width, height)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "1", "LA"])
def test_pictures_become_small_pngs(mode: str) -> None:
    """Whatever the pixel format, a PNG of at most 900 px an edge, in the same shape."""
    shown = _preview(_png(1800, 600, mode))
    assert shown.form == "picture"
    with Image.open(io.BytesIO(shown.png)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (900, 300))


def test_photographs_are_turned_as_the_camera_was_held_and_lose_their_metadata() -> None:
    """The EXIF orientation is applied; the place where a picture was taken is not passed on."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "secret place"
    out = io.BytesIO()
    Image.new("RGB", (400, 200)).save(out, "JPEG", exif=exif)
    shown = _preview(out.getvalue())
    with Image.open(io.BytesIO(shown.png)) as drawn:
        assert drawn.size == (200, 400)
    assert b"secret place" not in shown.png


def test_the_first_page_of_a_pdf_is_drawn() -> None:
    """A PDF is shown as a picture of its first page, and says that it is only that."""
    shown = _preview(_pdf())
    with Image.open(io.BytesIO(shown.png)) as drawn:
        assert drawn.size == (675, 900)
    assert "first page" in shown.note


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (_png_claiming(60_000, 60_000), "million pixels"),
        (_png_claiming(7_000, 7_000), "damaged"),
        (_png(300, 300)[:80], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 500, "damaged"),
        (b"GIF89a" + b"\xff" * 100, "damaged"),
        (b"\xff\xd8\xff" + os.urandom(500), "damaged"),
        (b"%PDF-1.7\n" + b"garbage " * 500, "damaged"),
        (_pdf()[:200], "damaged"),
    ],
    ids=["bomb", "no pixels", "cut off", "garbage", "gif", "jpeg", "pdf garbage", "pdf cut off"],
)
def test_hostile_and_damaged_files_are_refused_with_a_reason(data: bytes, says: str) -> None:
    """A bomb, a cut-off file or garbage shows nothing but why, quickly, and ends nothing else."""
    began = time.monotonic()
    shown = _preview(data)
    assert time.monotonic() - began < 8
    assert shown.form == "nothing"
    assert says in shown.note
    assert not shown.png


def test_a_huge_pdf_page_is_drawn_small() -> None:
    """A page of 200 inches a side costs no more memory than any other."""
    with Image.open(io.BytesIO(_preview(_pdf(14_400, 14_400)).png)) as drawn:
        assert drawn.size == (900, 900)


def test_drawing_that_takes_too_long_is_ended() -> None:
    """The child is killed when its time is up, and the person is told so."""
    with pytest.raises(InvalidInput, match="longer than"):
        render_png("picture", _png(2000, 2000), timeout_s=0.001)


def test_a_picture_of_2_gb_is_not_even_read() -> None:
    """Size decides before any byte is fetched or handed to a decoder."""
    wanted = plan_preview(_png(10, 10), 2 * 1024**3)
    assert (wanted.form, wanted.bytes) == ("nothing", 0)
    assert "2.0 GiB" in wanted.note
    with pytest.raises(InvalidInput, match="too large"):
        render_png("picture", bytes(INPUT_MAX_BYTES + 1))


def test_the_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of the console are not in the environment of the process that decodes."""
    seen: dict[str, str] = {}

    def run(*_args: object, env: dict[str, str], **_kwargs: object) -> object:
        seen.update(env)
        raise InvalidInput("stop here")

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setattr("storage.objects.drawing.subprocess.run", run)
    with pytest.raises(InvalidInput, match="stop here"):
        render_png("picture", b"")
    assert "s3cret" not in seen.values()


@pytest.mark.parametrize(
    "data",
    [
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"plain words, \xc3\xa9",
    ],
)
def test_web_pages_and_svg_are_shown_as_their_text(data: bytes) -> None:
    """What a browser would execute arrives as text, unchanged."""
    shown = _preview(data)
    assert (shown.form, shown.text, shown.note) == ("text", data.decode(), "")


def test_long_text_is_cut_and_says_so() -> None:
    """The first 64 KiB, without half a character at the cut."""
    shown = _preview(("x" + "é" * TEXT_MAX_BYTES).encode())
    assert shown.form == "text"
    assert shown.text == "x" + "é" * ((TEXT_MAX_BYTES - 1) // 2)
    assert shown.note == "Only the first 64.0 KiB of 128 KiB."


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    """An old encoding is shown with marks, not refused."""
    assert _preview(b"caf\xe9 au lait, d\xe9j\xe0 vu, words enough").text.startswith("caf\ufffd au")


def test_json_is_indented_and_keeps_order_and_letters() -> None:
    """Names in the file's order, accents as letters."""
    shown = _preview('{"b": 1, "a": ["é"]}'.encode())
    assert (shown.form, shown.text) == ("json", '{\n  "b": 1,\n  "a": [\n    "é"\n  ]\n}')


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": 1,}' + b" " * 5000, "line 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number is too long"),
        (b'{"a": 1, "a": 2}', "'a' appears twice"),
        (b"[" * 900 + b"1," * 200_000 + b"1" + b"]" * 900, "Nested too deeply"),
    ],
    ids=["comma", "deep", "number", "twice", "grows"],
)
def test_json_that_cannot_be_shown_as_json_is_text_with_the_reason(
    data: bytes, reason: str
) -> None:
    """Errors are named, and nothing is dropped silently: not even a name that stands twice."""
    shown = _preview(data)
    assert shown.form == "text"
    assert shown.text == data[:TEXT_MAX_BYTES].decode()
    assert reason in shown.note


def test_large_json_is_shown_as_the_start_of_its_text() -> None:
    """Over 1 MiB nothing is parsed."""
    data = json.dumps(["x" * 100] * (JSON_MAX_BYTES // 100)).encode()
    shown = _preview(data)
    assert (shown.form, len(shown.text)) == ("text", TEXT_MAX_BYTES)
    assert "Only the first" in shown.note


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "empty"), (b"ID3\x03" + b"\0" * 40, "audio"), (b"\0\1\2\3" * 9, "unknown")],
)
def test_where_there_is_nothing_to_show_it_says_why(data: bytes, says: str) -> None:
    """Never an empty box: the reason stands in its place."""
    shown = _preview(data)
    assert shown.form == "nothing"
    assert says in shown.note
