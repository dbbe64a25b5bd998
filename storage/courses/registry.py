"""The welcome registry: what a course's welcome says, in a JSON file that people edit too.

Reading is strict: what others could read in two ways is refused, what is merely wrong is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeGuard

from storage.courses.codes import parse_course, unknown_languages
from storage.courses.jsontext import Member, check, members, skip, twice
from storage.errors import InvalidInput
from storage.model.welcomes import RegistryFinding
from storage.units import human_bytes

MAX_BYTES = 5 * 1024 * 1024  # a thousand welcomes have 0.5 MB
EMPTY = b'{\n  "welcomes": {}\n}\n'
_BOM = "\ufeff"
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_BY_HAND = "Mend the file by hand: download it, correct it, and store it again in Browse."


@dataclass(frozen=True, slots=True)
class Entry:
    """One course's entry: all its fields as they stand, known and unknown, right or wrong."""

    course: str
    fields: Mapping[str, Any]

    @property
    def text(self) -> str:
        """What is spoken, "" without."""
        return self._str("text")

    @property
    def id(self) -> str | None:
        """The UUID as written; None without one, or where it is none."""
        found = self._str("id")
        return found if is_uuid(found) else None

    @property
    def voice(self) -> str | None:
        """Who speaks, None where it is not known."""
        return self._str("voice") or None

    @property
    def generated_date(self) -> str:
        """When the recording was made, as written; "" without."""
        return self._str("generated_date")

    @property
    def duration_s(self) -> float:
        """Seconds, 0 where it was not measured."""
        found = self.fields.get("duration")
        return float(found) if _is_duration(found) else 0.0

    def _str(self, name: str) -> str:
        found = self.fields.get(name)
        return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class Registry:
    """The file, its entries by course in their order, and what is wrong with it. `text` is the file
    without a byte order mark; `members` are those of its object "welcomes", at `opened`.
    """

    raw: bytes
    text: str
    opened: int
    members: tuple[Member, ...]
    entries: Mapping[str, Entry]
    findings: tuple[RegistryFinding, ...]

    def blocked(self, course: str) -> RegistryFinding | None:
        """Why nothing can be written to the entry of `course`, None where it can."""
        return next(
            (one for one in self.findings if one.blocks and one.course in ("", course)), None
        )


def is_uuid(text: str) -> bool:
    """Whether it is a UUID in either case."""
    return _UUID.fullmatch(text) is not None


@lru_cache(maxsize=4)  # 8 ms for 200 entries, of bytes that seldom change
def parse_registry(raw: bytes) -> Registry:
    """The registry in `raw`. Raises InvalidInput, saying where, for what is no such file at all: no
    UTF-8, no JSON, no object "welcomes", over 5 MiB.
    """
    if len(raw) > MAX_BYTES:
        raise too_large(len(raw))
    text = _decoded(raw)
    try:
        document = check(text)
    except ValueError as error:
        raise InvalidInput(f"The welcome registry is not JSON: {error}.", _BY_HAND) from error
    if not isinstance(document, dict) or not isinstance(document.get("welcomes"), dict):
        raise InvalidInput(
            'The welcome registry is no object with an object "welcomes" in it.', _BY_HAND
        )
    top = members(text, skip(text, 0))
    opened = next(one for one in reversed(top) if one.key == "welcomes").value_start
    inside = members(text, opened)
    entries = {
        one.key: Entry(one.key, MappingProxyType(one.value) if _is_object(one.value) else {})
        for one in inside
        if not one.key.startswith("_")
    }
    findings = (*_of_file(raw, text, top), *_of_entries(inside), *_of_ids(entries))
    return Registry(raw, text, opened, inside, MappingProxyType(entries), findings)


def too_large(size: int) -> InvalidInput:
    """What to say of a registry of `size` bytes."""
    return InvalidInput(
        f"The welcome registry has {human_bytes(size)}; at most {human_bytes(MAX_BYTES)} are read.",
        "Check that it is the right file; an earlier version can be restored in Browse.",
    )


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"The welcome registry is not UTF-8 text (line {line}).",
            "Save it as UTF-8 in your editor, and store it again in Browse.",
        ) from error


# -- what is wrong --------------------------------------------------------------------------------


def _of_file(raw: bytes, text: str, top: tuple[Member, ...]) -> Iterator[RegistryFinding]:
    for key in twice(one.key for one in top):
        yield RegistryFinding(
            "duplicate-key",
            "error",
            f"{key!r} stands twice in the registry, so readers may see either.",
            _BY_HAND,
            blocks=True,
        )
    if raw.startswith(_BOM.encode()):
        yield RegistryFinding(
            "bom",
            "warning",
            "The registry begins with a byte order mark, which strict readers refuse.",
            "Save it as UTF-8 without BOM; the console keeps it as it is.",
        )
    if "\r\n" in text:
        yield RegistryFinding(
            "crlf",
            "info",
            "Lines of the registry end as on Windows (CR LF).",
            "Nothing has to be done; the console keeps them.",
        )


def _of_entries(inside: tuple[Member, ...]) -> Iterator[RegistryFinding]:
    for course in twice(one.key for one in inside):
        yield RegistryFinding(
            "duplicate-key",
            "error",
            f"{course!r} stands twice in the registry, so readers may see either.",
            _BY_HAND,
            course,
            blocks=True,
        )
    for one in inside:
        if not one.key.startswith("_"):
            yield from _of_code(one.key)
            yield from _of_entry(one)


def _of_code(course: str) -> Iterator[RegistryFinding]:
    try:
        parsed = parse_course(course)
    except InvalidInput as error:
        yield RegistryFinding("course-code", "error", error.what, error.remedy, course, blocks=True)
        return
    for code in unknown_languages(parsed):
        yield RegistryFinding(
            "language",
            "warning",
            f"No language has the code {code!r} (ISO 639-3).",
            "Check the course's name: codes have three letters, such as ita, cym, cmn.",
            course,
        )


def _of_entry(one: Member) -> Iterator[RegistryFinding]:
    def finding(code: str, text: str, remedy: str, *, blocks: bool = False) -> RegistryFinding:
        return RegistryFinding(code, "error", text, remedy, one.key, blocks)

    if not _is_object(one.value):
        yield finding("wrong-type", "The entry is no object.", _BY_HAND, blocks=True)
        return
    for name in dict.fromkeys(one.doubles):
        text = f"{name!r} stands twice in the entry, so readers may see either."
        yield finding("duplicate-key", text, _BY_HAND, blocks=True)
    for name, (is_right, words) in _FIELDS.items():
        value = one.value.get(name)
        if name in one.value and not is_right(value):
            text = f"The {_WORDS.get(name, name)} is {_short(value)}: it must be {words}."
            yield finding("wrong-type", text, "Save this welcome again with the right one.")
    found = one.value.get("id")
    if isinstance(found, str) and not is_uuid(found):
        text = f"The id {_short(found)} is no UUID, so no course can play it."
        yield finding("id", text, "Save this welcome again: it gets a new id.")
    date = one.value.get("generated_date")
    if isinstance(date, str) and date and parse_date(date) is None:
        text = f"The generated_date {_short(date)} is no ISO-8601 date."
        yield finding("date", text, "The next recording sets it.")


def _of_ids(entries: Mapping[str, Entry]) -> Iterator[RegistryFinding]:
    """An id stands for a sound, and courses of two pairs never have the same one."""
    owners: dict[str, str] = {}
    for course, entry in entries.items():
        if entry.id is None:
            continue
        owner = owners.setdefault(entry.id.upper(), course)
        if _pair(owner) != _pair(course):
            yield RegistryFinding(
                "id-twice",
                "error",
                f"It has the same id as {owner}, so one of them would play the other's welcome.",
                "Ask an operator which of the two the id belongs to, and remove it from the other.",
                course,
            )


def _pair(course: str) -> str:
    try:
        return parse_course(course).pair
    except InvalidInput:
        return course


def parse_date(text: str) -> datetime | None:
    """The time of an ISO-8601 date, None where it is none; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_duration(value: Any) -> TypeGuard[int | float]:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value < 86_400  # inf and nan fail
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


_FIELDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "text": (_is_text, "text"),
    "id": (_is_text_or_null, "text or null"),
    "generated_date": (_is_text_or_null, "text"),
    "voice": (_is_text_or_null, "text or null"),
    "duration": (_is_duration, "a number of seconds"),
}
_WORDS = {"generated_date": "date of the recording"}


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"
