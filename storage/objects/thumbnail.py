"""The child of `drawing`: `python -m storage.objects.thumbnail picture|pdf`.

Bytes on stdin, PNG on stdout; a reason on stderr with status 2 for what must not be drawn. Any
other failure of a decoder simply ends the process: the parent reads the status.
"""

from __future__ import annotations

import io
import sys

import pypdfium2
from PIL import Image, ImageOps

from storage.errors import InvalidInput
from storage.objects.drawing import INPUT_MAX_BYTES, MEMORY_MAX_BYTES, REFUSED, TIMEOUT_S

if sys.platform != "win32":
    import resource

EDGE_MAX_PX = 900  # what the panel can show on a dense screen
PIXELS_MAX = 50_000_000  # 200 MB as RGBA: with the copy while converting well inside the memory
# No EPS (runs Ghostscript) and nothing exotic: what browsers call pictures, plus TIFF.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")


def _limit_self() -> None:
    if sys.platform != "win32":  # no such limits there; the parent's time limit holds
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes to a pipe, never to a file
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _draw_picture(data: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX // 2  # Pillow refuses at twice this, and only warns here
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise InvalidInput(
            f"The picture claims to have more than {PIXELS_MAX // 10**6} million pixels."
        ) from error
    with picture:
        picture.draft("RGB", (EDGE_MAX_PX, EDGE_MAX_PX))  # JPEG: decode at a fraction of the size
        has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        drawn = ImageOps.exif_transpose(picture).convert("RGBA" if has_alpha else "RGB")
    drawn.thumbnail((EDGE_MAX_PX, EDGE_MAX_PX))
    return drawn


def _draw_pdf(data: bytes) -> Image.Image:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise InvalidInput(
            "The PDF is locked with a password." if locked else "The PDF is damaged."
        ) from error
    page = document[0]
    scale = EDGE_MAX_PX / max(*page.get_size(), 1.0)
    drawn: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
    return drawn


def main(kind: str) -> int:
    """Reads stdin, writes the PNG; returns the exit status."""
    _limit_self()
    data = sys.stdin.buffer.read(INPUT_MAX_BYTES + 1)
    try:
        drawn = _draw_pdf(data) if kind == "pdf" else _draw_picture(data)
    except InvalidInput as error:
        sys.stderr.write(error.what)
        return REFUSED
    drawn.info.clear()  # colour profiles and comments are not ours to pass on
    drawn.save(sys.stdout.buffer, "PNG")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
