"""Encouragements: short sentences between the lessons, in a JSON file for each language that people
edit too. Read strictly, changed in place: what is not touched stays byte for byte. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage.courses.jsontext import Element, Member, check, elements, members, skip, twice
from storage.courses.registry import MAX_BYTES
from storage.errors import InvalidInput
from storage.model.encouragements import KINDS, Kind, Line, Lines
from storage.model.welcomes import RegistryFinding
from storage.units import human_bytes

FIELDS: Mapping[Kind, str] = {"pooled": "pooledEncouragements", "ordered": "orderedEncouragements"}
_BOM = "\ufeff"
_BY_HAND = "Mend the file by hand: download it, correct it, and store it again in Browse."


@dataclass(frozen=True)
class Document:
    """The file. `text` is it without a byte order mark; `arrays` say where each list stands, and
    what is in it: a list that the file does not have is not there."""

    raw: bytes
    text: str
    code: str
    arrays: Mapping[Kind, tuple[Member, tuple[Element, ...]]]
    findings: tuple[RegistryFinding, ...]

    def lines(self, kind: Kind) -> Lines:
        """The encouragements of one kind; without what is none."""
        _, found = self.arrays.get(kind, (None, ()))
        return tuple(_line(one.value) for one in found if _is_line(one.value))

    def blocked(self, kind: Kind) -> RegistryFinding | None:
        """Why nothing can be written to that list, None where it can."""
        return next((one for one in self.findings if one.blocks and one.course in ("", kind)), None)


def parse_encouragements(raw: bytes) -> Document:
    """The file in `raw`. Raises InvalidInput, saying where, for what is no such file at all: no
    UTF-8, no JSON, no object, over 5 MiB.
    """
    if len(raw) > MAX_BYTES:
        raise too_large(len(raw))
    text = _decoded(raw)
    try:
        document = check(text)
    except ValueError as error:
        raise InvalidInput(f"The file of encouragements is not JSON: {error}.", _BY_HAND) from error
    if not isinstance(document, dict):
        raise InvalidInput("The file of encouragements is no JSON object.", _BY_HAND)
    top = members(text, skip(text, 0))
    arrays = {
        kind: (one, elements(text, one.value_start))
        for kind, name in FIELDS.items()
        for one in top
        if one.key == name and isinstance(one.value, list)
    }
    language = document.get("language")
    code = language if isinstance(language, str) else ""
    return Document(raw, text, code, arrays, tuple(_findings(top, arrays)))


def too_large(size: int) -> InvalidInput:
    """What to say of a file of `size` bytes."""
    return InvalidInput(
        f"The file of encouragements has {human_bytes(size)}; at most {human_bytes(MAX_BYTES)} "
        "are read.",
        "Check that it is the right file; an earlier version can be restored in Browse.",
    )


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"The file of encouragements is not UTF-8 text (line {line}).",
            "Save it as UTF-8 in your editor, and store it again in Browse.",
        ) from error


def _findings(
    top: Sequence[Member], arrays: Mapping[Kind, tuple[Member, tuple[Element, ...]]]
) -> Iterator[RegistryFinding]:
    def finding(code: str, text: str, kind: str = "") -> RegistryFinding:
        return RegistryFinding(code, "error", text, _BY_HAND, kind, blocks=True)

    for key in twice(one.key for one in top):
        yield finding("duplicate-key", f"{key!r} stands twice in the file.")
    there = {one.key for one in top}
    for kind in KINDS:
        if kind not in arrays:
            is_there = FIELDS[kind] in there
            words = "is no list" if is_there else "is missing"
            yield finding("wrong-type", f"{FIELDS[kind]!r} {words} in the file.", kind)
            continue
        found = arrays[kind][1]
        for number, one in enumerate(found, 1):
            if one.doubles or not _is_line(one.value):
                text = f"Number {number} of {FIELDS[kind]!r} has no text and id that can be read."
                yield finding("wrong-type", text, kind)
        for double in twice(_line(one.value).id for one in found if _is_line(one.value)):
            yield finding("id-twice", f"The id {double[:60]!r} stands twice in one list.", kind)


def _is_line(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("text"), str)
        and isinstance(value.get("id"), str)
        and bool(value["id"])
    )


def _line(value: Mapping[str, Any]) -> Line:
    return Line(value["id"], value["text"])


# -- changing -------------------------------------------------------------------------------------


def with_lines(document: Document, kind: Kind, wanted: Sequence[Line]) -> bytes:
    """The file with that list as `wanted`, each with its id: what stays keeps its other fields and
    its formatting, what is new is written like the last one. Raises InvalidInput where the list
    cannot be written.
    """
    finding = document.blocked(kind)
    if finding is not None:
        raise InvalidInput(finding.text, finding.remedy)
    if document.lines(kind) == tuple(wanted):
        return document.raw
    member, found = document.arrays[kind]
    text = document.text
    known = {_line(one.value).id: one for one in found}
    like = _Like.of(text, member, found)
    items = [
        like.changed(text[known[one.id].start : known[one.id].end], one)
        if one.id in known
        else like.new(one)
        for one in wanted
    ]
    inside = like.before + f",{like.before}".join(items) + like.after if items else ""
    changed = f"{text[: member.value_start]}[{inside}]{text[member.end :]}"
    bom = document.raw[: len(document.raw) - len(text.encode())]
    try:
        return bom + changed.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "A text holds half a character (a lone surrogate).", "Type that place again."
        ) from error


@dataclass(frozen=True, slots=True)
class _Like:
    """How the list is written: white space before each value and behind the last one, inside an
    object before each key and behind the last value, and whether letters are escaped."""

    before: str
    after: str
    inner: str
    closing: str
    ascii_only: bool

    @classmethod
    def of(cls, text: str, member: Member, found: Sequence[Element]) -> _Like:
        ascii_only = text.isascii() and "\\u" in text
        if found:
            first, last = found[0], found[-1]
            fields = members(text, last.start)
            return cls(
                before=text[member.value_start + 1 : first.start],
                after=text[last.end : member.end - 1],
                inner=text[last.start + 1 : fields[0].start],
                closing=text[fields[-1].end : last.end - 1],
                ascii_only=ascii_only,
            )
        at = text.rfind("\n", 0, member.start) + 1
        if not at:
            return cls("", "", "", "", ascii_only)
        line = ("\r\n" if "\r\n" in text else "\n") + text[at : skip(text, at)]
        step = text[at : skip(text, at)] or "  "
        return cls(line + step, line, line + step * 2, line + step, ascii_only)

    def changed(self, value: str, wanted: Line) -> str:
        """The value's own text with another sentence in it."""
        said = next(one for one in members(value, 0) if one.key == "text")
        if said.value == wanted.text:
            return value
        return value[: said.value_start] + self._dumped(wanted.text) + value[said.end :]

    def new(self, line: Line) -> str:
        """A value for an encouragement that was not there."""
        between = f",{self.inner}" if self.inner else ", "
        parts = (f'"text": {self._dumped(line.text)}', f'"id": {self._dumped(line.id)}')
        return "{" + self.inner + between.join(parts) + self.closing + "}"

    def _dumped(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=self.ascii_only)


# -- two people -----------------------------------------------------------------------------------


def merged(base: Lines, mine: Lines, theirs: Lines) -> Lines | None:
    """Both people's changes in one list, None where they cannot both be: each sentence by its id,
    and the order (with what was added and removed) of whoever changed it."""
    was, ours, now = ({one.id: one.text for one in lines} for lines in (base, mine, theirs))
    orders = [tuple(one.id for one in lines) for lines in (base, mine, theirs)]
    if orders[1] != orders[0] and orders[2] not in orders[:2]:
        return None
    order = orders[1] if orders[2] == orders[0] else orders[2]
    found = []
    for one in order:
        before, here, there = was.get(one), ours.get(one), now.get(one)
        text = here if there in (before, None) else there
        if here not in (before, None) and there not in (before, None) and here != there:
            return None
        found.append(Line(one, text if text is not None else str(before)))
    for gone in was.keys() - set(order):  # what one removed, the other must not have rewritten
        if any(some.get(gone, was[gone]) != was[gone] for some in (ours, now)):
            return None
    return tuple(found)
