"""What of an object can be shown without opening it: by its bytes, not by what it is called."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from storage.audio.sniff import sniff
from storage.errors import InvalidInput
from storage.objects.drawing import INPUT_MAX_BYTES, Kind, render_png
from storage.units import human_bytes

TEXT_MAX_BYTES = 64 * 1024  # more is nothing to read in a panel, and goes through the websocket
JSON_MAX_BYTES = 1024 * 1024  # a registry or a transcript; parsing it takes a tenth of a second
_PRETTY_MAX_CHARACTERS = 4 * 1024 * 1024  # deep nesting grows when it is indented

_PICTURES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff"}
)
# Beside text/*, and JSON too large to parse. SVG and HTML are shown as text, never rendered.
_TEXTS = frozenset({"application/xml", "image/svg+xml", "application/json"})


@dataclass(frozen=True, slots=True)
class Preview:
    """`text` for forms "text" and "json", `png` for "picture"; `note` says what was cut or why
    there is nothing. Both are untrusted: show `text` as text only.
    """

    form: Literal["picture", "text", "json", "nothing"]
    text: str = ""
    png: bytes = field(default=b"", repr=False)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an object is to be shown, and how many of its first bytes that takes."""

    form: Literal["picture", "pdf", "text", "json", "nothing"]
    bytes: int
    note: str = ""


def plan_preview(head: bytes, size: int) -> Wanted:
    """What to do with an object of `size` bytes that begins with `head` (4 KB). Pure."""
    detected = sniff(head, size)
    kind = detected.content_type
    if kind in _PICTURES or kind == "application/pdf":
        if size > INPUT_MAX_BYTES:
            note = f"Too large for a preview ({human_bytes(size)}; at most 25 MiB). Download it."
            return Wanted("nothing", 0, note)
        return Wanted("picture" if kind in _PICTURES else "pdf", size)
    if kind == "application/json" and size <= JSON_MAX_BYTES:
        return Wanted("json", size)
    if kind.startswith("text/") or kind in _TEXTS:
        return Wanted("text", min(size, TEXT_MAX_BYTES))
    if kind.startswith("audio/"):
        return Wanted("nothing", 0, "This is audio: play it.")
    what = "the file is empty" if size == 0 else f"the bytes are {detected.label}"
    return Wanted("nothing", 0, f"There is no preview: {what}.")


def make_preview(wanted: Wanted, data: bytes, size: int) -> Preview:
    """The preview from the first `wanted.bytes` bytes of an object of `size` bytes."""
    if wanted.form == "json":
        return _json(data)
    if wanted.form == "text":
        return _text(data, size)
    if wanted.form == "nothing":
        return Preview("nothing", note=wanted.note)
    return _picture(wanted.form, data)


def _picture(kind: Kind, data: bytes) -> Preview:
    note = "The first page." if kind == "pdf" else ""
    try:
        return Preview("picture", png=render_png(kind, data), note=note)
    except InvalidInput as error:
        return Preview("nothing", note=f"{error.what} {error.remedy}".strip())


def _text(data: bytes, size: int) -> Preview:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = data.decode(encoding, "replace")
    if len(data) < size:
        text = text.removesuffix("\ufffd")  # the cut may have split one character
        shown = f"Only the first {human_bytes(len(data))} of {human_bytes(size)}."
        return Preview("text", text, note=shown)
    return Preview("text", text)


def _json(data: bytes) -> Preview:
    twice: list[str] = []

    def remember(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        unique: dict[str, Any] = {}
        for name, item in pairs:
            if name in unique:
                twice.append(name)
            unique[name] = item
        return unique

    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=remember)
    except (ValueError, RecursionError) as error:
        plain = _text(data[:TEXT_MAX_BYTES], len(data))
        note = f"This is not valid JSON ({_reason(error)}), so it is shown as text. {plain.note}"
        return Preview("text", plain.text, note=note.strip())
    if twice:
        plain = _text(data[:TEXT_MAX_BYTES], len(data))
        note = f"The name {twice[0]!r} appears twice in one object, so the text is shown as it is."
        return Preview("text", plain.text, note=f"{note} {plain.note}".strip())
    return _pretty(value, data)


def _reason(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, line {error.lineno} column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return (
        "it is nested too deeply" if isinstance(error, RecursionError) else "a number is too long"
    )


def _pretty(value: Any, data: bytes) -> Preview:
    parts: list[str] = []
    length = 0
    pieces = json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value)
    while length <= _PRETTY_MAX_CHARACTERS:
        some = "".join(islice(pieces, 4096))
        if not some:
            return Preview("json", "".join(parts))
        parts.append(some)
        length += len(some)
    plain = _text(data[:TEXT_MAX_BYTES], len(data))
    note = f"Nested too deeply to be indented, so it is shown as it is. {plain.note}"
    return Preview("text", plain.text, note=note.strip())
