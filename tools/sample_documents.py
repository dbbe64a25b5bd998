"""Pictures, PDFs and JSON of the sample content: invented, harmless, the same on every run."""

from __future__ import annotations

import io
import json
import random
from math import sin
from typing import Any

from PIL import Image, ImageDraw

_SKIES = (
    ((250, 214, 165), (108, 122, 180)),
    ((255, 236, 210), (246, 160, 140)),
    ((190, 227, 219), (70, 120, 150)),
    ((40, 44, 88), (130, 96, 150)),
)


def picture(seed: int, side: int = 256) -> bytes:
    """A small landscape, hills under a sun, as PNG of 32 colours."""
    chance = random.Random(seed)
    top, low = _SKIES[seed % len(_SKIES)]
    canvas = Image.new("RGB", (side * 2, side * 2))
    draw = ImageDraw.Draw(canvas)
    for y in range(side * 2):
        share = y / (side * 2)
        mixed = tuple(round(a + (b - a) * share) for a, b in zip(top, low, strict=True))
        draw.line([(0, y), (side * 2, y)], fill=mixed)
    x, y = chance.randint(120, 390), chance.randint(90, 180)
    draw.ellipse([x - 52, y - 52, x + 52, y + 52], fill=(255, 246, 214))
    for layer in range(4):
        base, swing = 260 + layer * 60, chance.randint(18, 46)
        phase, length = chance.uniform(0, 6), chance.uniform(50, 120)
        shade = tuple(max(0, value - 26 * (layer + 1)) for value in low)
        edge = [(x, base + swing * sin(x / length + phase)) for x in range(0, side * 2 + 8, 8)]
        draw.polygon([(0, side * 2), *edge, (side * 2, side * 2)], fill=shade)
    small = canvas.resize((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.quantize(32, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def pdf(title: str, lines: tuple[str, ...]) -> bytes:
    """A valid one-page PDF 1.4 with `title` and `lines` in Helvetica."""
    words = ["BT /F1 20 Tf 60 770 Td", f"({_escaped(title)}) Tj", "/F1 12 Tf 0 -36 Td 18 TL"]
    words += [f"({_escaped(line)}) Tj T*" for line in lines]
    stream = "\n".join([*words, "ET"]).encode("ascii")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 6\n0000000000 65535 f \n" + table
    return body + head + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def pretty_json(value: Any) -> bytes:
    """UTF-8, two-space indent, a line break at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
