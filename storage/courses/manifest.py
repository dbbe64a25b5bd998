"""A course manifest's bytes -> the clips it refers to. Pure.

Strict where a mistake would hide a clip or make one up, and it says where; odd but harmless things
are findings. Only samples and the introduction refer to audio: seeds, nodes, introduction
items and encouragements have ids too, and those are no clips.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pyarrow as pa

from storage.courses import jsontext
from storage.errors import InvalidInput
from storage.model.courses import CLIP_SCHEMA, Manifest

MAX_BYTES = 200 * 1024 * 1024  # as the layout allows for the kind; the largest known has 60 MB
ROLES = frozenset({"target1", "target2", "source", "presentation"})
CADENCES = frozenset({"natural", "slow", "fast"})
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HALF = re.compile("[\ud800-\udfff]")
_REMEDY = "Compile the course again, or take the manifest as the compiler wrote it."
_SHOWN = 60  # characters of a value in a message
_TOLD = 5  # ids in a finding
_Twice = dict[int, tuple[dict[str, Any], str]]  # by identity, which holds while they are kept


def parse(data: bytes) -> Manifest:
    """The manifest in `data`, UTF-8 JSON. 60 MB take some 2 s and 250 MB.

    Raises InvalidInput naming the place: `slices[0].samples["Voglio"][1].id`.
    """
    value, twice = _read(data)
    if not isinstance(value, dict):
        raise _wrong("", f"is {_kind(value)}", "an object is expected")
    reader = _Reader(twice)
    reader.introduction(value)
    for number, piece in enumerate(reader.member(value, "", "slices", list)):
        reader.piece(number, piece)
    facts = {
        name: reader.text(value, "", name)
        for name in ("id", "version", "target", "known", "status")
    }
    return Manifest(
        **facts,
        digest=hashlib.sha256(data).hexdigest(),
        clips=pa.Table.from_pydict(reader.columns, schema=CLIP_SCHEMA),
        findings=tuple(reader.findings()),
    )


def _read(data: bytes) -> tuple[Any, _Twice]:
    """The document, and the objects in it in which a key stands twice."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"The manifest is larger than {MAX_BYTES // 2**20} MiB.", "That is no course manifest."
        )
    twice: _Twice = {}

    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            twice[id(made)] = made, jsontext.twice(key for key, _ in pairs)[0]
        return made

    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=hook, parse_constant=_no_number), twice
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The manifest is no UTF-8 text: byte {error.start:,} is none.", "Save it as UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"The manifest is no JSON: {error.msg} in line {error.lineno:,}, column "
            f"{error.colno:,}.",
            "Perhaps the end of it is missing. " + _REMEDY,
        ) from error
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InvalidInput(f"The manifest is no JSON: {why}.", _REMEDY) from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _columns() -> dict[str, list[Any]]:
    return {name: [] for name in CLIP_SCHEMA.names}


@dataclass(slots=True)
class _Reader:
    """Collects rows while it walks over a document."""

    twice: _Twice
    columns: dict[str, list[Any]] = field(default_factory=_columns)
    places: dict[str, str] = field(default_factory=dict)  # phrase by id
    shared: dict[str, None] = field(default_factory=dict)  # ids under more than one phrase
    lower: int = 0
    voiceless: dict[str, None] = field(default_factory=dict)  # encouragements without a sample
    odd: dict[str, None] = field(default_factory=dict)  # roles and cadences nobody knows

    # -- what refers to audio ---------------------------------------------------------------------

    def introduction(self, document: dict[str, Any]) -> None:
        """The welcome; its id may be "" while there is none."""
        if "introduction" not in document:
            return
        found = self.member(document, "", "introduction", dict)
        if found.get("id") in ("", None):
            return
        self._add("introduction", found, phrase="", piece=-1, kind="introduction")

    def piece(self, number: int, piece: Any) -> None:
        """One slice."""
        where = f"slices[{number}]"
        self._object(piece, where)
        samples = self.member(piece, where, "samples", dict)
        said = set(self._encouragements(piece, where))
        for phrase, rows in samples.items():
            self._phrase(number, phrase, rows, encourages=phrase in said)
        self.voiceless |= dict.fromkeys(sorted(text for text in said if not samples.get(text)))

    def _phrase(self, number: int, phrase: str, rows: Any, *, encourages: bool) -> None:
        _sound(phrase, f"slices[{number}]", "samples")
        if not isinstance(rows, list):
            raise _wrong(_phrase_place(number, phrase), f"is {_kind(rows)}", "a list is expected")
        for at, row in enumerate(rows):
            self._add((number, phrase, at), row, phrase=phrase, piece=number, kind="sample")
            if encourages or row.get("is_encouragement") is True:
                self.columns["is_encouragement"][-1] = True

    def _encouragements(self, piece: dict[str, Any], where: str) -> Iterator[str]:
        """Their texts: the clips of one are those under its text, its own id is of no clip."""
        for listed in ("pooledEncouragements", "orderedEncouragements"):
            rows = self.member(piece, where, listed, list) if listed in piece else []
            for at, row in enumerate(rows):
                place = f"{where}.{listed}[{at}]"
                self._object(row, place)
                yield self.text(row, place, "text", needed=True)

    def _add(self, place: Any, row: Any, *, phrase: str, piece: int, kind: str) -> None:
        """One reference. `place` is made into words only where something is wrong with it."""
        where = _Place(place)
        self._object(row, where)
        name = self._uuid(row, where)
        role, cadence = self.text(row, where, "role"), self.text(row, where, "cadence")
        for value, known in ((role, ROLES), (cadence, CADENCES)):
            if value and value not in known:
                self.odd[value] = None
        columns = self.columns
        columns["id"].append(name)
        columns["phrase"].append(phrase)
        columns["role"].append(role)
        columns["cadence"].append(cadence)
        columns["duration_s"].append(_seconds(row, where))
        columns["slice"].append(piece)
        columns["is_encouragement"].append(False)
        columns["kind"].append(kind)
        if self.places.setdefault(name, phrase) != phrase:
            self.shared[name] = None

    # -- values, checked --------------------------------------------------------------------------

    def member(self, value: dict[str, Any], where: str, name: str, wanted: type) -> Any:
        """A member that must be there."""
        self._object(value, where)
        place = f"{where}.{name}" if where else name
        if name not in value:
            raise _wrong(place, "is missing", f"{_TYPES[wanted]} is expected")
        found = value[name]
        if not isinstance(found, wanted):
            raise _wrong(place, f"is {_kind(found)}", f"{_TYPES[wanted]} is expected")
        if wanted is dict:
            self._object(found, place)
        return found

    def text(self, value: dict[str, Any], where: object, name: str, *, needed: bool = False) -> str:
        """A text, "" where it is left out."""
        found = value.get(name, None if needed else "")
        if isinstance(found, str):
            return _sound(found, where, name)
        told = f"is {_kind(found)}" if name in value else "is missing"
        raise _wrong(_inside(where, name), told, "a text is expected")

    def _object(self, value: Any, where: object) -> None:
        if not isinstance(value, dict):
            raise _wrong(str(where), f"is {_kind(value)}", "an object is expected")
        if self.twice and id(value) in self.twice:
            key = json.dumps(self.twice[id(value)][1][:_SHOWN], ensure_ascii=False)
            raise _wrong(f"{where}[{key}]", "stands there twice", "only one of them would count")

    def _uuid(self, row: dict[str, Any], where: object) -> str:
        found = row.get("id")
        if not isinstance(found, str) or not _UUID.fullmatch(found):
            told = "is missing" if "id" not in row else f"is {_kind(found)}"
            raise _wrong(_inside(where, "id"), told, "a UUID is expected")
        upper = found.upper()
        self.lower += upper != found
        return upper

    # -- what is odd ------------------------------------------------------------------------------

    def findings(self) -> Iterator[str]:
        """In words."""
        if self.shared:
            yield f"{_some(self.shared, 'id')} under more than one phrase: {_first(self.shared)}"
        if self.lower:
            yield f"{_some(range(self.lower), 'id')} not in upper case, as keys are"
        if self.voiceless:
            told = _first(self.voiceless)
            yield f"{_some(self.voiceless, 'encouragement')} without a sample of its text: {told}"
        if self.odd:
            yield f"Unknown roles or cadences: {_first(self.odd)}"


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the document, put into words when they are needed: 60,000 of them are not."""

    at: str | tuple[int, str, int]

    def __str__(self) -> str:
        if isinstance(self.at, str):
            return self.at
        number, phrase, row = self.at
        return f"{_phrase_place(number, phrase)}[{row}]"


def _phrase_place(number: int, phrase: str) -> str:
    return f"slices[{number}].samples[{json.dumps(phrase[:_SHOWN], ensure_ascii=False)}]"


def _inside(where: object, name: str) -> str:
    place = str(where)
    return f"{place}.{name}" if place else name


def _sound(text: str, where: object, name: str) -> str:
    """`text`, unless it holds half a character (JSON can write that, UTF-8 cannot)."""
    if not text.isascii() and _HALF.search(text):
        raise _wrong(_inside(where, name), f"holds {text[:_SHOWN]!a}", "text is expected")
    return text


def _seconds(row: dict[str, Any], where: object) -> float:
    found = row.get("duration", 0)
    if found is None:
        return 0.0
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < math.inf:
        raise _wrong(_inside(where, "duration"), f"is {_kind(found)}", "seconds are expected")
    return float(found)


_TYPES: Mapping[type, str] = {dict: "an object", list: "a list"}


def _kind(value: Any) -> str:
    if isinstance(value, dict | list):
        return _TYPES[type(value)]
    if value is None:
        return "null"
    told = json.dumps(value, ensure_ascii=False)
    return told if len(told) <= _SHOWN else told[:_SHOWN] + "…"


def _wrong(place: str, told: str, expected: str) -> InvalidInput:
    subject = place or "The manifest"
    return InvalidInput(f"{subject} {told}; {expected}.", _REMEDY)


def _some(things: Any, name: str) -> str:
    count = len(things)
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _first(names: Mapping[str, None]) -> str:
    told = ", ".join(name[:_SHOWN] for name in list(names)[:_TOLD])
    return told + (" …" if len(names) > _TOLD else "")
