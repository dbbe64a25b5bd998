"""Whether a file may lie under a key: the layout's rules, its kind's limits, what its bytes are.

Pure: over the key, the size and the first bytes. An error refuses the file, a warning is told.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from storage.audio.cut import missing_bytes
from storage.audio.probe import PROBE_BYTES, check_start
from storage.audio.sniff import EMPTY, Sniffed, agrees, sniff, stated
from storage.changes.naming import hard_on_windows
from storage.errors import InvalidInput, RuleViolation
from storage.layout.profile import KeyKind, Layout
from storage.layout.rules import check_write
from storage.model.findings import Finding, Severity
from storage.units import human_bytes

HEAD_BYTES = PROBE_BYTES  # what is read of a file to judge it
ANY_TYPE = "application/octet-stream"
_AUDIO_NAMES = frozenset(
    {".mp3", ".wav", ".m4a", ".ogg", ".opus", ".flac", ".aac", ".aif", ".aiff", ".amr"}
)
_RUNS_IN_BROWSERS = ("text/html", "image/svg+xml", "application/xml")


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file under a key would be."""

    kind: str
    kind_title: str
    content_type: str
    detected: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _At:
    """Makes findings about one key."""

    bucket: str
    key: str

    def finding(self, rule: str, severity: Severity, text: str, remedy: str) -> Finding:
        return Finding(rule, self.bucket, self.key, severity, text, remedy)


def judge(
    layout: Layout, bucket_role: str, key: str, size: int, head: bytes, *, declared: str = ""
) -> Judged:
    """What a file of `size` bytes that begins with `head` (HEAD_BYTES of it) would be under `key`.

    `declared` is a content type somebody asks for; without it the bytes and the kind decide.
    """
    found = sniff(head, size)
    kind = _kind(layout, bucket_role, key)
    at = _At(layout.bucket(bucket_role).bucket, key)
    content_type = declared or _content_type(kind, found, key)
    findings = (
        *judge_key(layout, bucket_role, key, size),
        *_of_bytes(at, kind, found, content_type, size),
        *_of_sound(at, kind, head, size),
        *_of_length(at, head, size),
    )
    return Judged(
        kind.kind if kind else "",
        kind.title if kind else "",
        content_type,
        found.label,
        findings,
    )


def judge_key(layout: Layout, bucket_role: str, key: str, size: int) -> tuple[Finding, ...]:
    """What speaks against `size` bytes under `key`, whatever they are."""
    at = _At(layout.bucket(bucket_role).bucket, key)
    return tuple(_of_key(at, layout, bucket_role, size))


def judge_type(layout: Layout, bucket_role: str, key: str, content_type: str) -> Finding | None:
    """An error where the key's kind does not allow that content type."""
    kind = _kind(layout, bucket_role, key)
    if kind is None or not kind.content_types or content_type in kind.content_types:
        return None
    return _At(layout.bucket(bucket_role).bucket, key).finding(
        "content-type",
        "error",
        f"A {kind.title} cannot have the content type {content_type}.",
        f"Use {' or '.join(kind.content_types)}.",
    )


def _kind(layout: Layout, bucket_role: str, key: str) -> KeyKind | None:
    name = layout.classify(bucket_role, key).kind
    return layout.kind(name) if name else None


def _of_key(at: _At, layout: Layout, bucket_role: str, size: int) -> Iterator[Finding]:
    kind = _kind(layout, bucket_role, at.key)
    try:
        check_write(layout, bucket_role, at.key)
    except RuleViolation as error:
        yield at.finding("rule", "error", error.what, error.remedy)
    else:
        if kind is None:
            yield at.finding(
                "unknown-kind",
                "warning",
                f"No kind of file in {layout.title} has such a name here.",
                "Check the folder and the name; what reads this project may not find it.",
            )
    if kind and kind.max_bytes is not None and size > kind.max_bytes:
        yield at.finding(
            "too-large",
            "error",
            f"It has {human_bytes(size)}; a {kind.title} has at most "
            f"{human_bytes(kind.max_bytes)}.",
            "Make it smaller, or check that it is the right file.",
        )
    if hard_on_windows(at.key):
        yield at.finding(
            "windows-name",
            "info",
            "Computers with Windows cannot keep a file of this name.",
            "It gets another name when it is downloaded there.",
        )


def _of_bytes(
    at: _At, kind: KeyKind | None, found: Sniffed, content_type: str, size: int
) -> Iterator[Finding]:
    if kind and kind.content_types:
        if content_type not in kind.content_types or not agrees(content_type, found):
            yield at.finding(
                "content-type",
                "error",
                f"A {kind.title} is {kind.content_types[0]}, but {_what_it_is(found)}.",
                "Choose the right file; nothing of this one is stored.",
            )
        return
    if _is_audio_name(at.key) and not found.content_type.startswith(("audio/", "video/")):
        yield at.finding(
            "lies",
            "error",
            f"The name promises audio, but {_what_it_is(found)}.",
            "Choose the right file; nothing of this one is stored.",
        )
    elif size == 0:
        yield at.finding("empty", "warning", "The file is empty.", "Check that it is complete.")
    elif stated(content_type) and found.content_type and not agrees(content_type, found):
        yield at.finding(
            "content-type",
            "warning",
            f"It would be stored as {content_type}, but {_what_it_is(found)}.",
            "Leave the content type to the console.",
        )
    elif _guessed(at.key) and found.content_type and not agrees(_guessed(at.key), found):
        yield at.finding(
            "ending",
            "warning",
            f"The name ends in {PurePosixPath(at.key).suffix}, but {_what_it_is(found)}.",
            "Rename it, or choose the right file.",
        )
    if found.content_type in _RUNS_IN_BROWSERS:
        yield at.finding(
            "opens-as-page",
            "warning",
            f"It is {found.label}: a browser that opens its link runs what is in it.",
            "Store it only when you know where it comes from.",
        )


def _of_sound(at: _At, kind: KeyKind | None, head: bytes, size: int) -> Iterator[Finding]:
    """A tag or a header alone makes no recording, and hides whatever stands behind it."""
    try:
        check_start(head, size)
    except InvalidInput as error:
        promised = (kind and kind.content_types) or _is_audio_name(at.key)
        yield at.finding("no-sound", "error" if promised else "warning", error.what, error.remedy)


def _is_audio_name(key: str) -> bool:
    return PurePosixPath(key).suffix.lower() in _AUDIO_NAMES


def _of_length(at: _At, head: bytes, size: int) -> Iterator[Finding]:
    missing = missing_bytes(head, size)
    if missing:
        yield at.finding(
            "cut-off",
            "warning",
            f"The file ends early: by its own account {human_bytes(missing)} are missing.",
            "Listen to its end, or export it again.",
        )


def _what_it_is(found: Sniffed) -> str:
    return "the file is empty" if found == EMPTY else f"the bytes are {found.label}"


def _content_type(kind: KeyKind | None, found: Sniffed, key: str) -> str:
    """By the bytes: the kind's own spelling of it, else the registered one; the name only decides
    which text or what unknown bytes are."""
    for allowed in kind.content_types if kind else ():
        if agrees(allowed, found):
            return allowed
    guessed = _guessed(key)
    if found.content_type == "text/plain" and agrees(guessed, found):
        return guessed
    return found.content_type or (guessed if not guessed.startswith("audio/") else "") or ANY_TYPE


def _guessed(key: str) -> str:
    """By the name's ending; from Python's own table, the same on every machine."""
    return _python_types().get(PurePosixPath(key).suffix.lower(), "")


@cache
def _python_types() -> dict[str, str]:
    return mimetypes.MimeTypes().types_map[True]
